"""Who may import whom, and what nobody may write: read from the source, and each rule shown to catch a planted fault."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kdcore.methods.registry import SHARED

ROOT = Path(__file__).resolve().parent.parent

# From the bottom up: a folder of kdcore imports from itself and from the folders before it in this list. The files
# beside the folders are what everybody speaks of; `__main__` only starts the command line.
FOLDERS = [
    "",
    "losses",
    "metrics",
    "system",
    "data",
    "networks",
    "methods",
    "training",
    "faults",
    "pipelines",
    "runs",
    "inference",
    "studies",
    "export",
    "compression",
    "plugin_checks",
    "classroom",
    "cli",
    "api",
]
# The same for the dashboard; what stands at the end only starts what stands before them.
DASHBOARD_FOLDERS = [
    "serving_address.py",
    "streamlit_settings.py",
    "label_icons.py",
    "session.py",
    "pages.py",
    "text",
    "url",
    "data",
    "lessons",
    "charts",
    "components",
    "stream",
    "handout",
    "views",
    "app.py",
    "middleware",
    "server.py",
    "__main__.py",
    "command.py",
    "health.py",
]
SCREEN = {"streamlit", "plotly", "altair", "pydeck", "dashboard"}
DRAWS_FIGURES = {Path("kdcore/api/figures.py")}
"""What a notebook asks for a figure; nothing imports it before."""
FACE = Path("kdcore/__init__.py")
"""What a program imports: it names what stands above, and imports none of it before it is asked for."""
EVERYWHERE = ("kdcore", "dashboard", "scripts", "bench", "tests")
PLAIN_METHODS = {"soft_targets", "labels_only"}

Rule = Callable[[Path], Iterator[str]]


# ---- reading the source ---------------------------------------------------------------------------------------------


def sources(root: Path, *folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root), ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of whatever a file imports, in functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.parts[: -node.level] if node.level else ()
            base = [*package, *([node.module] if node.module else [])]
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)


def without_types(tree: ast.Module) -> ast.Module:
    """The module without what is imported for annotations alone."""
    body = [n for n in tree.body if not (isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")]
    return ast.Module(body, [])


# ---- the rules ------------------------------------------------------------------------------------------------------


def core_knows_no_screen(root: Path) -> Iterator[str]:
    for path, tree in sources(root, "kdcore"):
        for line, name in imports(path, without_types(tree)):
            if name.split(".")[0] in SCREEN and path not in DRAWS_FIGURES:
                yield f"{path}:{line} imports {name}"


def folder_of(path: Path) -> str:
    """The folder of kdcore that a file stands in; empty for the files beside the folders."""
    return path.parts[1] if len(path.parts) > 2 else ""


def layers_import_downwards(root: Path) -> Iterator[str]:
    for path, tree in sources(root, "kdcore"):
        own = folder_of(path)
        if own not in FOLDERS:
            yield f"{path} stands in no layer: place '{own}' in FOLDERS"
            continue
        for line, name in imports(path, tree):
            package, *rest = name.split(".")
            other = rest[0] if rest and rest[0] in FOLDERS else ""
            above = FOLDERS.index(other) > FOLDERS.index(own)
            if package == "kdcore" and above and path.name != "__main__.py" and path != FACE:
                yield f"{path}:{line} imports {name}, which stands above it"


def the_dashboard_imports_downwards(root: Path) -> Iterator[str]:
    for path, tree in sources(root, "dashboard"):
        own = path.parts[1]
        if own == "__init__.py":
            continue
        if own not in DASHBOARD_FOLDERS:
            yield f"{path} stands in no layer: place '{own}' in DASHBOARD_FOLDERS"
            continue
        for line, name in imports(path, tree):
            package, *rest = name.split(".")
            other = next(
                (each for each in DASHBOARD_FOLDERS if rest and each.removesuffix(".py") == rest[0]), own
            )
            if package == "dashboard" and DASHBOARD_FOLDERS.index(other) > DASHBOARD_FOLDERS.index(own):
                yield f"{path}:{line} imports {name}, which stands above it"


def no_import_circles(root: Path) -> Iterator[str]:
    """File by file, imports inside functions too; what is imported for annotations alone closes no circle."""
    trees = {module_name(path): (path, tree) for path, tree in sources(root, "kdcore", "dashboard")}
    graph: dict[str, set[str]] = {}
    for module, (path, tree) in trees.items():
        named = {name for _line, name in imports(path, without_types(tree))}
        # `from package import name` imports the module of that name, or the package where there is none.
        graph[module] = {name if name in trees else name.rpartition(".")[0] for name in named} & {*trees} - {
            module
        }
    for circle in circles(graph):
        yield f"{' -> '.join(str(trees[module][0]) for module in circle)} import each other"


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """A way round for each circle met in a walk along the edges, depth first."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(node: str, way: list[str]) -> None:
        if node in way:
            found.append([*way[way.index(node) :], node])
        elif node not in done:
            for after in sorted(graph[node]):
                walk(after, [*way, node])
            done.add(node)

    for node in sorted(graph):
        walk(node, [])
    return found


def pages_ask_the_manager(root: Path) -> Iterator[str]:
    for path, tree in sources(root, "dashboard/views"):
        for line, name in imports(path, without_types(tree)):
            if name.split(".")[0] in {"torch", "torchvision", "sqlite3"}:
                yield f"{path}:{line} imports {name}"


MAY_NAME_METHODS = ("methods", "losses", "studies/reproductions", "faults")


def nobody_names_a_method(root: Path) -> Iterator[str]:
    """A name of several words is looked for in the whole text; one word (`hints`) only where it is quoted or imported.

    Papers that are measured again are about methods, and may name them; so may faults, which are in a method's loss.
    """
    files = {path.stem for path in (root / "kdcore/methods").glob("*.py")}
    methods = files - PLAIN_METHODS - {"__init__", *SHARED}
    patterns = [
        re.compile(
            re.sub("_", "[-_ ]", stem)
            if "_" in stem
            else rf"['\"`]{stem}['\"`]|methods(\.| import ){stem}\b",
            re.I,
        )
        for stem in sorted(methods)
    ]
    for folder in ("kdcore", "dashboard"):
        for path in sorted([*(root / folder).rglob("*.py"), *(root / folder).rglob("*.js")]):
            if any(path.is_relative_to(root / "kdcore" / free) for free in MAY_NAME_METHODS):
                continue
            for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if any(pattern.search(text) for pattern in patterns):
                    yield f"{path.relative_to(root)}:{number} names a method: {text.strip()}"


def nothing_is_unpickled(root: Path) -> Iterator[str]:
    """Weights are safetensors; a pickle that somebody hands in is a program."""
    for path, tree in sources(root, *EVERYWHERE):
        for line, name in imports(path, tree):
            if name == "torch.load" or name.split(".")[0] in {"pickle", "cloudpickle", "dill", "shelve"}:
                yield f"{path}:{line} imports {name}"
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "load" and ast.unparse(node.value) == "torch":
                yield f"{path}:{node.lineno} calls torch.load"
            if (
                isinstance(node, ast.keyword)
                and node.arg == "allow_pickle"
                and ast.unparse(node.value) != "False"
            ):
                yield f"{path}:{node.value.lineno} allows pickles"


def no_html_from_users(root: Path) -> Iterator[str]:
    for path, tree in sources(root, *EVERYWHERE):
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "unsafe_allow_html"
                and ast.unparse(node.value) != "False"
            ):
                yield f"{path}:{node.value.lineno} allows HTML"


def no_bare_except(root: Path) -> Iterator[str]:
    for path, tree in sources(root, *EVERYWHERE):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield f"{path}:{node.lineno} catches everything"


def constants_are_told_apart(root: Path) -> Iterator[str]:
    """In a class body no name is assigned twice; in a class of nothing but text constants no two have one value."""
    for path, tree in sources(root, "kdcore", "dashboard"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            assigned = [
                statement for statement in node.body if isinstance(statement, ast.Assign | ast.AnnAssign)
            ]
            names: set[str] = set()
            values: set[str] = set()
            for statement in assigned:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                name, value = ast.unparse(target), statement.value
                if name in names:
                    yield f"{path}:{statement.lineno} assigns {node.name}.{name} a second time"
                names.add(name)
                if len(assigned) == len(node.body) - 1 and name.isupper() and isinstance(value, ast.Constant):
                    if repr(value.value) in values:
                        yield f"{path}:{statement.lineno} gives {node.name}.{name} the value of another constant"
                    values.add(repr(value.value))


def what_is_imported_is_pinned(root: Path) -> Iterator[str]:
    """requirements.txt pins each package that the program imports, pyproject.toml names the same ones."""
    called = {"scikit-learn": "sklearn", "pillow": "PIL", "umap-learn": "umap"}
    pins = re.findall(r"^([\w-]+)[=~]=", (root / "requirements.txt").read_text(encoding="utf-8"), re.M)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    floors = [re.split(r"[~=<>]", requirement)[0] for requirement in project["dependencies"]]
    if set(pins) != set(floors):
        yield f"requirements.txt and pyproject.toml differ in {sorted(set(pins) ^ set(floors))}"
    extras = {"ray", "mlflow", "wandb"}  # without which everything else works
    known = (
        {called.get(pin, pin) for pin in pins} | {"kdcore", "dashboard"} | extras | sys.stdlib_module_names
    )
    for path, tree in sources(root, "kdcore", "dashboard"):
        for line, name in imports(path, tree):
            if name.split(".")[0] not in known:
                yield f"{path}:{line} imports {name}, which requirements.txt does not pin"


RULES: list[Rule] = [
    core_knows_no_screen,
    layers_import_downwards,
    the_dashboard_imports_downwards,
    no_import_circles,
    pages_ask_the_manager,
    nobody_names_a_method,
    nothing_is_unpickled,
    no_html_from_users,
    no_bare_except,
    constants_are_told_apart,
    what_is_imported_is_pinned,
]


# ---- the project keeps them, and they catch who does not ------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


PLANTED: list[tuple[Rule, str, str]] = [
    (core_knows_no_screen, "kdcore/metrics/recall.py", "import streamlit as st"),
    (core_knows_no_screen, "kdcore/runs/store.py", "def chart():\n    from plotly import graph_objects"),
    (core_knows_no_screen, "kdcore/cli/main.py", "from dashboard import charts"),
    (layers_import_downwards, "kdcore/losses/response.py", "from kdcore.training.loop import TrainingLoop"),
    (layers_import_downwards, "kdcore/methods/hints.py", "from kdcore import runs"),
    (layers_import_downwards, "kdcore/training/loop.py", "from ..runs.store import Store"),
    (layers_import_downwards, "kdcore/runs/worker.py", "from ..studies import presets"),
    (layers_import_downwards, "kdcore/studies/sweep.py", "from kdcore.cli import run_lookup"),
    (layers_import_downwards, "kdcore/data/datasets.py", "import kdcore.methods"),
    (layers_import_downwards, "kdcore/plan.py", "if TYPE_CHECKING:\n    from kdcore.methods import plan"),
    (layers_import_downwards, "kdcore/pipelines/experiment_pipeline.py", "from kdcore.runs import store"),
    (layers_import_downwards, "kdcore/unplaced/room.py", "x = 1"),
    (the_dashboard_imports_downwards, "dashboard/session.py", "from dashboard.text.translation import _"),
    (the_dashboard_imports_downwards, "dashboard/url/permalink.py", "from dashboard.data import screen"),
    (
        the_dashboard_imports_downwards,
        "dashboard/text/split_titles.py",
        "def title():\n    from dashboard import charts",
    ),
    (the_dashboard_imports_downwards, "dashboard/data/gallery.py", "from ..components import soft_targets"),
    (the_dashboard_imports_downwards, "dashboard/components/recipe.py", "import dashboard.views.train"),
    (the_dashboard_imports_downwards, "dashboard/views/train.py", "from dashboard.app import PAGES"),
    (the_dashboard_imports_downwards, "dashboard/unplaced/room.py", "x = 1"),
    (no_import_circles, "kdcore/methods/__init__.py", "import kdcore.training.loop"),
    (no_import_circles, "dashboard/data/datasets.py", "def late():\n    from .teachers import cards"),
    (pages_ask_the_manager, "dashboard/views/train.py", "import torch"),
    (pages_ask_the_manager, "dashboard/views/runs.py", "from sqlite3 import connect"),
    (nobody_names_a_method, "kdcore/training/loop.py", "if stage.name == 'pseudo-labels': pass"),
    (nobody_names_a_method, "dashboard/views/train.py", "# as mutual learning does"),
    (nobody_names_a_method, "dashboard/views/train.py", "if method == 'hints': pass"),
    (nobody_names_a_method, "kdcore/studies/presets.py", "from kdcore.methods import hints"),
    (nobody_names_a_method, "kdcore/studies/reproduction_runs.py", "METHOD = 'pseudo-labels'"),
    (nobody_names_a_method, "dashboard/components/slider.js", "if (name === 'mutual_learning') {}"),
    (nothing_is_unpickled, "kdcore/runs/worker.py", "torch.load(path, weights_only=True)"),
    (nothing_is_unpickled, "kdcore/networks/table.py", "from torch import load"),
    (nothing_is_unpickled, "dashboard/session.py", "import pickle"),
    (nothing_is_unpickled, "kdcore/data/datasets.py", "np.load(path, allow_pickle=True)"),
    (no_html_from_users, "dashboard/views/train.py", "st.markdown(name, unsafe_allow_html=True)"),
    (no_bare_except, "bench/method_steps.py", "try:\n    pass\nexcept:\n    pass"),
    (
        constants_are_told_apart,
        "dashboard/session.py",
        'class Key:\n    """Keys."""\n\n    REFUSED = "values"\n    REFUSED = "marks"',
    ),
    (
        constants_are_told_apart,
        "dashboard/url/parameters.py",
        'class Param:\n    """Names."""\n\n    AT = "at"\n    PLACE = "at"',
    ),
    (what_is_imported_is_pinned, "kdcore/data/datasets.py", "import scipy"),
    (what_is_imported_is_pinned, "requirements.txt", "torch==2.15.0\nscipy==1.0"),
]


@pytest.mark.parametrize(
    ("rule", "where", "fault"), PLANTED, ids=[f"{r.__name__}-{w}" for r, w, _ in PLANTED]
)
def test_the_rule_catches_a_planted_fault(rule: Rule, where: str, fault: str, tmp_path: Path) -> None:
    for name, text in {
        "requirements.txt": "torch==2.15.0\n",
        "pyproject.toml": '[project]\ndependencies = ["torch>=2.11"]\n',
        "kdcore/methods/__init__.py": "",
        "kdcore/methods/hints.py": '"""Hints, pseudo-labels and mutual learning may name themselves."""',
        "kdcore/methods/pseudo_labels.py": "",
        "kdcore/methods/mutual_learning.py": "import torch",
        "kdcore/training/loop.py": "from kdcore.methods import plan\nhints = 'these hints are no method'",
        "dashboard/data/teachers.py": "from dashboard.data import datasets",
        "dashboard/data/datasets.py": "if TYPE_CHECKING:\n    from dashboard.data import teachers",
    }.items():
        write(tmp_path / name, text)
    assert list(rule(tmp_path)) == [], "the plain tree is in order"
    write(tmp_path / where, fault)
    assert any(where in found for found in rule(tmp_path))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

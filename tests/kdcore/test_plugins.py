"""Plugins: what they bring is offered like the project's own, and what is wrong with one is said and harms nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from kdcore import networks, plugins
from kdcore.cli.main import main
from kdcore.errors import InvalidExperiment, NetworkRefused, RunRefused
from kdcore.experiment import Experiment
from kdcore.export import ExportOptions, export_runs, format_modules
from kdcore.export.recorded_run import read
from kdcore.methods.registry import method, methods
from kdcore.methods.source import code
from kdcore.methods.stages import stages_of
from kdcore.runs.store import Store
from kdcore.runs.worker import SPEED
from tests.kdcore.plugin_files import FORMAT, METHOD, NETWORK, OF_THE_MANUAL, plugin_folder
from tests.manual import ROOT

SHAPE, CLASSES = (1, 8, 8), 10
WITH_BOTH = ("--method", "trusted-teacher", "--student", "patch-net", "--count", "100", "--epochs", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The plugins of the manual."""
    with plugin_folder(tmp_path / "plugins", OF_THE_MANUAL) as made:
        yield made


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def said(tmp_path: Path, **files: str) -> list[str]:
    """What is said of these plugins, `name=text` for name.py, after everything asked for them."""
    with plugin_folder(tmp_path / "plugins", {f"{name}.py": text for name, text in files.items()}):
        networks.plugged()
        methods()
        format_modules()
        return plugins.problems()


# ---- what they bring ------------------------------------------------------------------------------------------------


def test_what_they_bring_is_offered_behind_the_projects_own(folder: Path) -> None:
    assert networks.offered() == [*networks.names(), "patch-net"]
    assert "patch-net" not in networks.names(), "stored settings name a network by its place"
    assert "trusted-teacher" in methods()
    assert [*format_modules()][-1] == "markdown"
    assert plugins.problems() == []


def test_feature_points_are_found_by_name(folder: Path) -> None:
    facts = networks.describe("patch-net", (1, 28, 28), CLASSES)
    assert facts.points == ("early", "last", "penultimate")
    assert facts.parameters > 0
    assert networks.feature_shapes("patch-net", (1, 28, 28), CLASSES)["penultimate"] == (64,)


def test_a_methods_code_is_shown_under_its_files_name(folder: Path) -> None:
    first, *_losses = code("trusted-teacher").items()
    assert first == ("trusted_teacher.py", METHOD)


def test_a_run_is_trained_recorded_and_exported(
    folder: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["distill", *WITH_BOTH, "--json"]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {one["name"]: one["plugin"] for one in run["plugins"]} == {
        "trusted-teacher": "trusted_teacher.py",
        "patch-net": "patch_net.py",
    }
    with closing(Store(runs)) as store:
        record = read(store, run["run_id"])
    made = export_runs("markdown", [record], ExportOptions()).files
    assert f"| student | {run['student']['test_errors']} of 360 |" in made["errors.md"].decode()


def test_a_worker_and_its_spare_know_them(folder: Path, runs: Path) -> None:
    """As the server starts one: the environment is handed down."""
    experiment = Experiment.from_flat(
        {"method": "trusted-teacher", "student": "patch-net", "count": 100, "epochs": 2, "device": "cpu"}
    )
    with closing(Store(runs)) as store:
        store.set_fact(SPEED, {})  # known: nobody has to measure it
        run = store.create(experiment, "a browser")
        worker = subprocess.run(
            [sys.executable, "-m", "kdcore.runs.worker", "--runs", str(runs), "--spare"],
            input=f"{run.id} 1\n",
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=120,
        )
        assert worker.returncode == 0, worker.stderr
        assert store.run(run.id).status == "finished", store.run(run.id).error


def test_a_package_brings_them_by_its_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    about = site / "of_mine-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "of_mine_net.py").write_text(NETWORK, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: of-mine\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[stillroom.plugins]\nnet = of_mine_net\ngone = no_such_module\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "of_mine_net", raising=False)
    assert {entry.name for entry in metadata.entry_points(group=plugins.GROUP)} == {"net", "gone"}
    plugins.forget()
    try:
        assert "patch-net" in networks.offered()
        assert plugins.problems() == [
            "The plugin of-mine: gone was left out: it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'."
        ]
    finally:
        monkeypatch.undo()
        plugins.forget()


def test_another_version_of_a_file_is_other_work(tmp_path: Path) -> None:
    experiment = Experiment.from_flat({"student": "patch-net", "teacher": "patch-net"})
    of_versions, plain = [], []
    for text in (NETWORK, NETWORK.replace("64", "48")):
        with plugin_folder(tmp_path / "plugins", {"patch_net.py": text}):
            of_versions += [experiment.hash, experiment.teacher_hash]
            plain.append(Experiment().hash)
    assert len({*of_versions}) == 4
    assert {*plain} == {Experiment().hash}, "what has no plugin in it stays the same work"


# ---- what is wrong with one -----------------------------------------------------------------------------------------

FAILING_FORMAT = FORMAT.replace("return refusal_without_networks(record)", "return record.nothing")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import not_there\n", "it cannot be imported: ModuleNotFoundError: No module named 'not_there'."),
        ("def broken(:\n", "SyntaxError: invalid syntax (plugin.py, line 1), line 1."),
        ("raise SystemExit(3)\n", "it cannot be imported: SystemExit: 3."),
        ("x = 1\n", "it offers nothing: NETWORKS, CARD with plan(), or FORMAT with refusal() and make()."),
        ("NETWORKS = [1]\n", "NETWORKS has to be a dictionary"),
        ("NETWORKS = {'mine': 1}\n", "'mine' has to be a NetworkEntry."),
        ("CARD = 3\n", "a method needs CARD, a Card, and plan(experiment)."),
        (METHOD.replace('"trusted-teacher"', '"soft-targets"'), "there is a method 'soft-targets' already."),
        (METHOD.replace("return [Stage", "return 3, [Stage"), "has to plan stages, at least one."),
        (METHOD.replace("experiment.student", "experiment.nobody"), "cannot plan this: AttributeError"),
        (NETWORK.replace('"patch-net"', '"lenet5"'), "there is a network 'lenet5' already."),
        (NETWORK.replace('"patch-net"', '"mlp-77"'), "there is a network 'mlp-77' already."),
        (NETWORK.replace('"patch-net"', '"digits-mlp-300"'), "there is a teacher 'digits-mlp-300' already."),
        (NETWORK.replace('"patch-net"', '"own-net"'), "'own-net' is no name of a network"),
        (FORMAT.replace('"markdown"', '"csv"'), "there is a format 'csv' already."),
        (FORMAT.replace("def make", "def made"), "a format needs FORMAT"),
        ("open('/no/such/folder/file')\n", "FileNotFoundError: [Errno 2] No such file or directory: 'file'"),
    ],
)
def test_it_is_left_out_with_a_sentence_and_all_else_is_there(
    text: str, sentence: str, tmp_path: Path
) -> None:
    built_in = (len(methods()), networks.offered(), len(format_modules()))
    with plugin_folder(
        tmp_path / "plugins", {"plugin.py": text, "sound.py": NETWORK.replace("patch-net", "sound")}
    ):
        assert networks.offered() == [*networks.names(), "sound"]
        assert (len(methods()), len(format_modules())) == (built_in[0], built_in[2])
        [problem] = plugins.problems()
        assert problem.startswith("The plugin plugin.py was left out: ")
        assert sentence in problem
    assert (len(methods()), networks.offered(), len(format_modules())) == built_in


def test_of_two_plugins_with_one_name_the_first_counts(tmp_path: Path) -> None:
    assert said(tmp_path, a=NETWORK, b=NETWORK) == [
        "The plugin b.py was left out: there is a network 'patch-net' already. Give yours another name."
    ]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.SETTING, str(tmp_path / "nowhere"))
    plugins.forget()
    try:
        assert networks.plugged() == {}
        assert "there is no such folder here" in plugins.problems()[0]
    finally:
        monkeypatch.undo()
        plugins.forget()


def test_the_shell_says_it_beside_what_it_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with plugin_folder(tmp_path / "plugins", {"broken.py": "import not_there\n", "_helper.py": "1 / 0\n"}):
        assert main(["methods"]) == 0
    printed = capsys.readouterr()
    assert "soft-targets" in printed.out
    assert printed.err.count("The plugin broken.py was left out") == 1
    assert "_helper" not in printed.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("self.early = ", "self.wrong = kernel; self.early = "),
            "cannot be built for these images: NameError",
        ),
        (("nn.Linear(32 * squares, 64)", "nn.Linear(31, 64)"), "cannot take images of 1 x 8 x 8"),
        (
            ("nn.Linear(64, classes)", "nn.Linear(64, 3)"),
            "gives 2 x 3 for two images, and 2 x 10 logits are wanted",
        ),
    ],
)
def test_a_network_that_fails_is_refused_before_anything_is_trained(
    change: tuple[str, str], sentence: str, tmp_path: Path
) -> None:
    with plugin_folder(tmp_path / "plugins", {"net.py": NETWORK.replace(*change)}):
        assert sentence in networks.refusal("patch-net", SHAPE, CLASSES)
        with pytest.raises(NetworkRefused):
            networks.describe("patch-net", SHAPE, CLASSES)


def test_a_plan_and_a_format_that_fail_later_end_in_a_sentence(tmp_path: Path, runs: Path) -> None:
    late = METHOD.replace("    return [Stage", "    1 / (experiment.temperature - 5)\n    return [Stage")
    with plugin_folder(tmp_path / "plugins", {"late.py": late, "format.py": FAILING_FORMAT}):
        wanted = Experiment().with_flat(method="trusted-teacher", temperature=5.0)
        assert stages_of(wanted.with_flat(temperature=4.0))
        with pytest.raises(InvalidExperiment, match="cannot plan this: ZeroDivisionError"):
            stages_of(wanted)
        assert main(["distill", "--count", "100", "--epochs", "2"]) == 0
        with closing(Store(runs)) as store:
            record = read(store, store.runs(limit=1)[0].id)
        with pytest.raises(RunRefused, match=r"of the plugin format\.py failed: AttributeError"):
            export_runs("markdown", [record])


# ---- afterwards -----------------------------------------------------------------------------------------------------


def test_a_run_whose_plugin_is_gone_opens_and_says_so(
    tmp_path: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with plugin_folder(tmp_path / "plugins", OF_THE_MANUAL):
        assert main(["distill", *WITH_BOTH, "--json"]) == 0
        run = json.loads(capsys.readouterr().out.splitlines()[-1])["run_id"]
        kept = Store(runs).run(run).results["plugins"]
        assert plugins.differences(kept) == []
    with plugin_folder(tmp_path / "plugins", {"patch_net.py": NETWORK + "\n# later\n"}) as folder:
        (folder / "trusted_teacher.py").unlink()
        plugins.forget()
        gone, changed = plugins.differences(kept)
        assert "'trusted-teacher' came from the plugin trusted_teacher.py, which is not here" in gone
        assert "patch_net.py, which brings 'patch-net', has changed since" in changed
    assert main(["runs", "show", run]) == 0
    shown = capsys.readouterr().out
    assert shown.count("which is not here") == 2
    assert "student" in shown
    with pytest.raises(InvalidExperiment, match="There is no method 'trusted-teacher'"):
        method("trusted-teacher")

"""What the manual shows is what was measured, what it links and names exists, and the README stays short."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kdcore.experiment import Experiment
from kdcore.faults.registry import faults
from kdcore.methods.registry import methods
from kdcore.studies import reproduction_runs
from kdcore.studies.method_comparison import NOT_COMPARED, kept, verdicts
from kdcore.studies.preset_verification import as_json
from kdcore.studies.presets import PRESETS
from kdcore.studies.starting_settings import judge as judge_starts
from kdcore.studies.starting_settings import read as read_starts
from scripts import (
    fault_table,
    findings,
    glossary_table,
    hinton_table,
    method_table,
    preset_table,
    reproduction_table,
    starting_settings,
    teacher_table,
)
from tests.manual import IN_CHINESE, PAGES, ROOT, blocks, inline_code, page, section
from tests.test_architecture import DASHBOARD_FOLDERS, FOLDERS

TOP = "kdcore|dashboard|tests|bench|scripts|assets|docs|.ci"
A_PATH = re.compile(rf"(?:{TOP.replace('.', chr(92) + '.')})/[\w./*-]*")
NEW_FILE = re.compile(r"^`([\w./]+)`, a new file", re.MULTILINE)


# ---- figures --------------------------------------------------------------------------------------------------------


def test_the_findings_of_the_readme_are_made_from_the_measurements() -> None:
    assert "\n".join(findings.lines()) in page("README.md")


def test_the_table_of_presets_is_made_from_the_measurements() -> None:
    assert preset_table.markdown(preset_table.measured()) in page("docs/presets.md")
    assert preset_table.recipes() in page("docs/presets.md")


def test_every_preset_was_measured_and_its_claims_hold_beside_those_of_all_others() -> None:
    measured = preset_table.measured()
    assert [one.preset for one in measured] == [*PRESETS]
    assert all(preset_table.claims_that_hold(measured).values())
    assert all(len(one.seeds) >= 3 for one in measured)


def test_what_is_kept_of_the_presets_claims_is_what_the_rule_says_today() -> None:
    kept_claims = [one["claims"] for one in json.loads(preset_table.MEASURED.read_text(encoding="utf-8"))]
    judged = [one["claims"] for one in as_json(preset_table.measured())]
    assert flat(kept_claims) == pytest.approx(flat(judged))
    assert [[claim["holds"] for claim in claims] for claims in kept_claims] == [
        [claim["holds"] for claim in claims] for claims in judged
    ]


def flat(claims: list[list[dict[str, Any]]]) -> dict[str, float]:
    """The numbers of all claims by name."""
    return {
        f"{preset}.{place}.{name}": value
        for preset, of in enumerate(claims)
        for place, claim in enumerate(of)
        for name, value in claim.items()
        if isinstance(value, float)
    }


def test_a_claim_that_cannot_be_made_says_so_in_the_table_of_presets() -> None:
    [first, *others] = preset_table.measured()
    errors = first.errors | {"student": (40, 39, 24, 38, 32)}
    line = preset_table.markdown([replace(first, errors=errors), *others]).splitlines()[2]
    assert "**not claimed:** distilled < labels only by 1 ± 1.1 (" in line
    assert "seeds could tell)" in line or "more than 50 seeds needed)" in line


def test_the_tables_of_methods_are_made_from_the_measurements() -> None:
    compared = {comparison.name: comparison for comparison in kept()}
    assert [*compared] == [
        "mnist-5000-converged", "cifar10-jpeg-5000-converged", "mnist-5000", "cifar10-jpeg-10000",
    ], "in the order of the page"  # fmt: skip
    text = page("docs/methods.md")
    for comparison in compared.values():
        made, seeds = method_table.markdown(comparison), 5 if comparison.budget else 3
        missing = methods().keys() - {*NOT_COMPARED} - {row.method for row in comparison.rows}
        assert not missing or (comparison.budget and "Not measured at this budget yet" in made)
        assert all(len(row.student) == len(row.twin) == seeds for row in comparison.rows if not row.refused)
        assert made in text
        assert comparison.budget is None or comparison.budget.converged
    assert method_table.findings([*compared.values()]) in text


def test_at_a_converged_budget_plain_soft_targets_beat_the_twin_in_errors_and_in_nll() -> None:
    for converged in (one for one in kept() if one.budget):
        judged = verdicts(converged.rows)
        assert judged["soft-targets", "errors"].less
        assert judged["soft-targets", "nll"].less


def test_the_number_of_methods_and_the_teachers_errors_are_those_that_were_measured() -> None:
    text = page("docs/methods.md")
    assert f"{len(methods()) - len(NOT_COMPARED)} ways to distil" in text
    assert f"{len(methods()) - len(NOT_COMPARED)} ways to distil" in page("docs/teachers.md")
    for comparison in kept():
        assert f"from a teacher that errs on {comparison.rows[-1].teacher_errors:,}" in text
        assert (
            f"{comparison.experiment.count:,} images and {comparison.experiment.recipe.epochs} epochs" in text
        )
    cifar = next(c for c in kept() if c.name.startswith("cifar"))
    assert f"{cifar.rows[-1].parameters['student']:,} weights" in text


def test_the_tables_of_hinton_2015_are_made_from_the_measurements_and_reach_what_was_aimed_at() -> None:
    measured = hinton_table.measured()
    assert hinton_table.markdown(measured) in page("docs/hinton2015.md")
    teacher, twin, student = (line["ours"] for line in measured["lines"][:3])
    assert teacher[0] <= 85
    assert sum(twin) >= 1.25 * sum(student)
    assert len(twin) == len(student) == 3
    assert "that is claimed" in hinton_table.gain(measured)
    threes = [one["mended"] for one in measured["without_threes"] if one["role"] == "student"]
    assert all(one["omitted_errors"] <= 0.05 * one["omitted_images"] for one in threes)


def test_no_claim_about_the_small_students_temperature_is_made_of_hinton_2015() -> None:
    """As the page says below its table."""
    runs = hinton_table.measured()["small"]
    for split in ("val_errors", "test_errors"):
        by_temperature: dict[float, int] = defaultdict(int)
        for run in runs:
            by_temperature[run["temperature"]] += run["student"][split]
        assert min(by_temperature, key=by_temperature.__getitem__) <= 2
    said = hinton_table.temperatures(hinton_table.measured())
    assert said.startswith("No setting can be called best yet: at 3 seeds")
    assert "By the errors every other setting may be as good as T = 2, the best on validation" in said
    assert "No setting is shown to err less than its twin." in said
    assert "more errors" not in said


def test_the_table_of_starting_settings_is_made_from_the_measurements() -> None:
    told = json.loads(starting_settings.MEASURED.read_text(encoding="utf-8"))
    assert starting_settings.markdown(judge_starts(read_starts(told))) in page("docs/teachers.md")


def test_the_reproductions_are_made_from_the_measurements_of_what_the_papers_declare() -> None:
    measured = reproduction_runs.kept()
    shown = ROOT / "docs/reproductions.md"
    assert shown.exists() == bool(measured)
    if measured:
        assert shown.read_text(encoding="utf-8") == reproduction_table.page(measured)
    for one in measured:
        assert one.seeds >= 3
        told = json.loads((reproduction_runs.MEASURED / f"{one.paper.name}.json").read_text(encoding="utf-8"))
        asked = {arm: Experiment.read(of["experiment"]).hash for arm, of in told["arms"].items()}
        assert asked == {arm: experiment.hash for arm, experiment in one.paper.experiments.items()}
        holds = [claim["holds"] for claim in told["claims"]]
        assert holds == [judged.verdict.holds for judged in reproduction_runs.judge(one)]


def test_the_page_of_faults_is_made_from_their_cards_and_source() -> None:
    assert page("docs/faults.md") == fault_table.page(faults().values())


def test_the_glossary_has_the_words_that_the_pages_explain() -> None:
    assert page("docs/glossary.md") == glossary_table.page()


def test_the_table_of_teachers_is_made_from_their_cards_and_each_is_introduced() -> None:
    text = page("docs/teachers.md")
    assert teacher_table.markdown() in text
    assert all(
        f"- `{card['name']}` is " in text or f"- `{card['name']}` teaches " in text
        for card in teacher_table.cards()
    )


# ---- links, paths, names --------------------------------------------------------------------------------------------


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    text = page("README.md")
    assert len(text.splitlines()) <= 150
    assert all(f"](docs/{path.name})" in text for path in PAGES[1:])


def test_the_chinese_readme_has_the_same_figures() -> None:
    english, chinese = page("README.md"), page("README.zh-CN.md")
    assert figures(section(english, "What was found")) == figures(section(chinese, "发现了什么"))
    pictures = [sorted(re.findall(r"!\[.*\]\(.*\)", text)) for text in (english, chinese)]
    assert [*map(figures, pictures[0])] == [*map(figures, pictures[1])]


def figures(text: str) -> list[str]:
    """The numbers of a text, in order of size, since languages name them in another order."""
    return sorted(re.findall(r"\d+(?:[.,]\d+)*", text))


def test_pages_in_two_languages_lead_to_each_other() -> None:
    for path in IN_CHINESE[1:]:
        english = ROOT / "docs" / path.name
        if english.exists():
            assert f"](zh-CN/{path.name})" in english.read_text(encoding="utf-8")
            assert f"](../{path.name})" in path.read_text(encoding="utf-8")
    assert "](README.zh-CN.md)" in page("README.md")
    assert "](README.md)" in page("README.zh-CN.md")
    assert all(f"](docs/zh-CN/{path.name})" in page("README.zh-CN.md") for path in IN_CHINESE[1:])


@pytest.mark.parametrize("path", [*PAGES, *IN_CHINESE], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        file, _, heading = target.partition("#")
        linked = path.parent / file if file else path
        assert linked.exists(), target
        if heading:
            assert heading in anchors(linked.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """The headings as a link names them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*PAGES, *IN_CHINESE], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = {*paths(text), *(tree(text) if path.name == "README.md" else ())}
    missing = {name for name in named - {*NEW_FILE.findall(text)} if not list(ROOT.glob(name.rstrip("/")))}
    assert missing == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_in_a_drawing_exists(path: Path) -> None:
    drawn = "".join(blocks(path.read_text(encoding="utf-8"), "text", "mermaid"))
    files = set(re.findall(r"[\w/]+\.py", drawn))
    assert {
        file for file in files if not [*ROOT.glob(f"kdcore/{file}"), *ROOT.glob(f"dashboard/{file}")]
    } == set()


def paths(text: str) -> set[str]:
    """The paths of this project in inline code and in drawings."""
    spans = [*inline_code(text), *blocks(text, "text", "mermaid")]
    return {found.rstrip("./") for span in spans for found in A_PATH.findall(span)}


def tree(text: str) -> Iterator[str]:
    """The paths of the README's tree: two spaces of indentation stand for the folder above."""
    folder = ""
    [drawn] = blocks(text, "")
    for line in drawn.splitlines():
        if not line.startswith(" "):
            folder = line.split()[0]
        names = line.split() if line.startswith("README.md") else line.split()[:1]
        yield from (folder + name if line.startswith(" ") else name for name in names)


def test_the_tree_of_the_readme_shows_every_folder() -> None:
    shown = {name.rstrip("/") for name in tree(page("README.md"))}
    for package in ("kdcore", "dashboard"):
        folders = {p.parent.name for p in (ROOT / package).glob("*/__init__.py")}
        assert {f"{package}/{folder}" for folder in folders} - shown == set()


def test_every_environment_variable_is_explained() -> None:
    sources = [
        path for folder in ("kdcore", "dashboard", "scripts") for path in (ROOT / folder).rglob("*.py")
    ]
    read = {
        name for path in sources for name in re.findall(r"STILLROOM_[A-Z]+", path.read_text(encoding="utf-8"))
    }
    assert {name for name in read if f"| `{name}` |" not in page("docs/settings.md")} == set()


def test_every_command_of_make_is_explained() -> None:
    targets = set(re.findall(r"^([\w-]+):.*##", page("Makefile"), re.MULTILINE))
    assert {name for name in targets if f"make {name}" not in page("docs/settings.md")} == set()


def test_the_order_of_folders_is_that_which_is_enforced() -> None:
    layers = section(page("docs/architecture.md"), "Who may import whom").replace("\n", " ")
    assert " · ".join(f"`{folder}`" for folder in FOLDERS if folder) in layers
    views = DASHBOARD_FOLDERS.index("views") + 1
    assert " · ".join(f"`{folder}`" for folder in DASHBOARD_FOLDERS[:views]) in layers

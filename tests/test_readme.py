"""What the README shows is what was measured, and what it links is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kdcore.methods import methods
from kdcore.studies.method_comparison import NOT_COMPARED, kept
from kdcore.studies.presets import PRESETS
from scripts import hinton_table, method_table
from scripts.preset_table import MEASURED, table

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_presets_is_made_from_the_measurements() -> None:
    assert table(json.loads(MEASURED.read_text(encoding="utf-8"))) in README


def test_every_preset_was_measured_and_its_claims_held() -> None:
    measured = {one["preset"]: one for one in json.loads(MEASURED.read_text(encoding="utf-8"))}
    assert list(measured) == [preset.name for preset in PRESETS]
    for preset in PRESETS:
        said = [(claim["better"], claim["worse"]) for claim in measured[preset.name]["claims"]]
        assert said == [(claim.better, claim.worse) for claim in preset.claims]
        assert measured[preset.name]["holds"]
        assert len(measured[preset.name]["seeds"]) >= 3


def test_the_tables_of_methods_are_made_from_the_measurements() -> None:
    compared = {comparison.name: comparison for comparison in kept()}
    assert compared.keys() == {"mnist-5000", "cifar10-jpeg-10000"}
    for comparison in compared.values():
        assert {row.method for row in comparison.rows} == methods().keys() - {*NOT_COMPARED}
        assert all(len(row.student) == len(row.twin) == 3 for row in comparison.rows if not row.refused)
        assert method_table.markdown(comparison) in README
    assert method_table.sentence([*compared.values()]) in README.replace("\n", " ")


def test_the_tables_of_hinton_2015_are_made_from_the_measurements_and_reach_what_was_aimed_at() -> None:
    told = json.loads(hinton_table.MEASURED.read_text(encoding="utf-8"))
    assert hinton_table.markdown(told) in README
    teacher, twin, student = (line["ours"] for line in told["lines"][:3])
    assert teacher[0] <= 85
    assert sum(twin) >= 1.25 * sum(student)
    assert len(twin) == len(student) == 3
    threes = [one["mended"] for one in told["without_threes"] if one["role"] == "student"]
    assert all(one["omitted_errors"] <= 0.05 * one["omitted_images"] for one in threes)


def test_every_file_that_it_links_is_there() -> None:
    for path in re.findall(r"\]\((?!http)([^)#]+)\)|src=\"(?!http)([^\"]+)\"", README):
        assert (ROOT / (path[0] or path[1])).exists(), path

"""What the README shows is what was measured, and what it links is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kdcore.studies.presets import PRESETS
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


def test_every_file_that_it_links_is_there() -> None:
    for path in re.findall(r"\]\((?!http)([^)#]+)\)|src=\"(?!http)([^\"]+)\"", README):
        assert (ROOT / (path[0] or path[1])).exists(), path

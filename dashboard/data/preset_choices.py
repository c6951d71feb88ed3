"""The presets that Train offers: of two that teach the same, the one whose images are here."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.data.dataset_choices import dataset
from kdcore.studies.presets import PRESETS, Preset


def presets_at_hand(chosen: Preset | None, presets: Sequence[Preset] = PRESETS) -> list[Preset]:
    """One preset for each question: its sibling where its own images are not here, unless it is chosen, and the other way round."""
    by_name = {one.name: one for one in presets}
    siblings = {one.sibling for one in presets}
    return [_at_hand(one, by_name.get(one.sibling), chosen) for one in presets if one.name not in siblings]


def _at_hand(preset: Preset, sibling: Preset | None, chosen: Preset | None) -> Preset:
    if sibling is None or chosen == preset:
        return preset
    entry = dataset(preset.experiment.dataset)
    here = entry is not None and entry.available
    return preset if here and chosen != sibling else sibling

"""The soft-target explorer of the page: pictures with the logits of the networks on show, in one or more sets."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from dashboard.components.soft_target_data import soft_target_data
from dashboard.components.soft_targets import SOFT_TARGETS, SoftTargetData, looks, texts
from dashboard.data import gallery, picture_sources
from dashboard.data.gallery import GalleryOrder, PictureSet
from dashboard.data.picture_sources import MORPHS
from dashboard.handout.mounted import MountedComponent, in_both_themes
from dashboard.text.translation import _
from kdcore.data import catalogue
from kdcore.errors import DataUnavailable
from kdcore.inference import models
from kdcore.inference.models import InferenceModel
from kdcore.metrics.image_order import ORDERS
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder

SPLIT = "test"
FIRST_MORPH = next(iter(MORPHS))


@dataclass(frozen=True)
class ExplorerSet:
    """One set of pictures: what a reader chooses it by, and what the component draws."""

    title: str
    data: SoftTargetData

    def at_most(self, images: int) -> ExplorerSet:
        """The same with its first images only; a morph stays whole."""
        if self.data["mode"] == "morph" or len(self.data["images"]) <= images:
            return self
        shorter: SoftTargetData = {**self.data, "images": self.data["images"][:images]}
        return replace(self, data={**shorter, "index": min(shorter["index"], images - 1)})


def mounted(sets: Sequence[ExplorerSet]) -> list[MountedComponent]:
    """The sets as they stand on the page, one at a time."""
    return [
        MountedComponent(
            SOFT_TARGETS,
            {**one.data, "texts": texts()},
            in_both_themes(lambda theme, data=one.data: looks(data, theme)),  # type: ignore[misc]
            one.title,
        )
        for one in sets
    ]


def sets_of_run(run: Run) -> list[ExplorerSet]:
    """Test images of a run's dataset with its networks' logits, where both are here, and a morph."""
    networks = tuple(models.of_run(run, runs_folder()))
    temperature = run.experiment.temperature
    sets: list[ExplorerSet] = []
    if networks:
        with suppress(DataUnavailable):  # the run's images are not on this machine: the drawn ones are
            pictures = _test_images(networks)
            source = networks[0].dataset
            data = soft_target_data(source, networks, pictures, temperature)
            sets.append(ExplorerSet(picture_sources.source_title(source), data))
    return [*sets, _morph(networks, temperature)]


def _test_images(networks: tuple[InferenceModel, ...]) -> PictureSet:
    from kdcore.inference.network_outputs import compute_outputs

    compute_outputs(networks, runs_folder(), data_folder=catalogue.data_folder(), splits=(SPLIT,))
    return gallery.gallery(networks, SPLIT, GalleryOrder(next(iter(ORDERS)), (0, 1), 0))


def sets_on_screen(source: str, shown: tuple[InferenceModel, ...], data: SoftTargetData) -> list[ExplorerSet]:
    """What the first screen shows, and the morphs: all of them where its networks take them, else one of a teacher's."""
    own = ExplorerSet(picture_sources.source_title(source), data)
    if not picture_sources.can_look(shown[0].dataset, FIRST_MORPH):
        return [own, _morph(shown, data["temperature"])]
    others = [
        ExplorerSet(
            picture_sources.source_title(name),
            soft_target_data(name, shown, gallery.morph(name, shown), data["temperature"]),
        )
        for name in MORPHS
        if name != source
    ]
    return [own, *others]


def _morph(networks: tuple[InferenceModel, ...], temperature: float) -> ExplorerSet:
    """A drawn digit that becomes another, with the run's networks where they take it, else with the first teacher that does."""
    fits = bool(networks) and picture_sources.can_look(networks[0].dataset, FIRST_MORPH)
    shown = networks if fits else tuple(picture_sources.teachers_for_source(FIRST_MORPH)[:1])
    data = soft_target_data(FIRST_MORPH, shown, gallery.morph(FIRST_MORPH, shown), temperature)
    title = picture_sources.source_title(FIRST_MORPH)
    if not fits:
        title = _("{pictures}, the teacher {name}").format(pictures=title, name=shown[0].title)
    return ExplorerSet(title, data)

"""The datasets that the picker offers, and what to do about one that is not here."""

from __future__ import annotations

import time
from functools import lru_cache

from dashboard.data import own_pictures, trained_teachers
from dashboard.text.numbers import grouped, size_of
from dashboard.text.translation import _, told
from kdcore.data import catalogue
from kdcore.data.uploaded_pictures import NOT_SHARED
from kdcore.experiment import Experiment


def datasets() -> list[catalogue.DatasetEntry]:
    """Every dataset there is or could be, as it was at most two seconds ago."""
    return _datasets(int(time.monotonic() / 2))


@lru_cache(maxsize=1)
def _datasets(moment: int) -> list[catalogue.DatasetEntry]:
    return catalogue.catalogue(catalogue.data_folder())


def dataset(name: str) -> catalogue.DatasetEntry | None:
    """The dataset's entry, None for a name that nobody knows."""
    return next((entry for entry in datasets() if entry.name == name), None)


def forget() -> None:
    """Look again at once: a dataset has come or gone."""
    _datasets.cache_clear()


def dataset_names(chosen: str) -> list[str]:
    """The datasets to offer, those that are here first; the chosen one always. Others' uploads only where they are shared."""
    entries = sorted(datasets(), key=lambda entry: not entry.available)
    names = [entry.name for entry in entries if not entry.uploaded or own_pictures.may_train_on(entry.name)]
    return names if chosen in names else [chosen, *names]


def short_title(name: str) -> str:
    """What the dataset is called, whether it is here or not."""
    entry = dataset(name)
    return catalogue.FOLDER_TITLES.get(name, name) if entry is None else _(entry.title)


def dataset_title(name: str) -> str:
    """The dataset as the picker names it: its title, how many images it has, and whether it is missing."""
    entry = dataset(name)
    if entry is None:
        return short_title(name)
    parts = [_(entry.title)]
    if entry.images:
        parts.append(_("{n} images").format(n=grouped(entry.images)))
    if not entry.available:
        parts.append(_("download") if entry.download_bytes else _("not here"))
    return " · ".join(parts)


def dataset_missing(name: str) -> str:
    """What to do about a dataset that is not here, or how much will be downloaded; empty where it is here."""
    entry = dataset(name)
    if entry is not None and entry.uploaded and not own_pictures.may_train_on(name):
        return _(NOT_SHARED)
    if entry is None or entry.available:
        return ""
    if entry.download_bytes:
        return _("Not here yet: training fetches {size} first.").format(size=size_of(entry.download_bytes))
    return told(entry.why_not)


def shape(experiment: Experiment) -> tuple[tuple[int, int, int], int]:
    """Channels, height, width and classes of the experiment's images."""
    entry = dataset(experiment.dataset)
    if entry is None:
        return (3, experiment.image_size, experiment.image_size), 10
    side = entry.size or experiment.image_size
    return (entry.channels, side, side), entry.classes or 10


def class_names(experiment: Experiment) -> list[str]:
    """The classes' names where a teacher's card gives them, else their numbers."""
    for card in trained_teachers.teachers_of(experiment.dataset):
        return list(card.classes)
    return [str(c) for c in range(shape(experiment)[1])]

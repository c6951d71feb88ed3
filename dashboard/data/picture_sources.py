"""Where the first screen's pictures come from (morphs, datasets, the drawing pad, an upload), and which networks take them."""

from __future__ import annotations

from dashboard.data import dataset_choices, trained_teachers
from dashboard.text.translation import _
from kdcore.data import drawn_digits
from kdcore.inference.models import InferenceModel

DRAWING_PAD, UPLOADED = "pad", "uploaded"
HANDED_IN = (DRAWING_PAD, UPLOADED)
MORPHS = {f"{start}-{end}": (start, end) for start, end in drawn_digits.MORPHS}
STROKES_DATASET = "mnist"
LARGEST = 60_000_000
"""Bytes of weights of a network that is asked within the page."""


def teachers_for_source(source: str) -> list[InferenceModel]:
    """The trained teachers that take a source's pictures; an upload is converted for any of them."""
    teachers = trained_teachers.trained_networks()
    wanted = STROKES_DATASET if source in MORPHS or source in HANDED_IN else source
    fitting = [network for network in teachers if network.dataset == wanted]
    if source in MORPHS or source in HANDED_IN:
        teachers, fitting = ([one for one in some if _answers_at_once(one)] for some in (teachers, fitting))
    return [*fitting, *(one for one in teachers if one not in fitting)] if source == UPLOADED else fitting


def _answers_at_once(network: InferenceModel) -> bool:
    """Whether a network is asked about a picture while the page is drawn: a large one would keep others waiting, and recorded answers
    are of the dataset's own images."""
    return not network.is_recorded and network.path.stat().st_size <= LARGEST


def dataset_of(keys: str) -> str:
    """The dataset of the first of the teachers that a link names; empty where there is no such teacher."""
    first = keys.partition(",")[0]
    return next((card.dataset for card in trained_teachers.trained_networks() if card.key == first), "")


def can_look(dataset: str, source: str) -> bool:
    """Whether a dataset's networks take a source's pictures."""
    if source in MORPHS or source == DRAWING_PAD:
        return dataset == STROKES_DATASET
    return source in (dataset, UPLOADED)


def sources(run_dataset: str = "") -> list[str]:
    """The sources that can be shown: morphs, datasets that are here and known to a teacher or the run, and one's own pictures."""
    datasets = {run_dataset, *(card.dataset for card in trained_teachers.trained_networks())}
    available = [
        entry.name for entry in dataset_choices.datasets() if entry.available and entry.name in datasets
    ]
    return [*MORPHS, *available, *HANDED_IN]


def refusal(source: str) -> str:
    """Why a source is not among those that can be shown."""
    entry = dataset_choices.dataset(source)
    if entry is None:
        return _("there are no such pictures here.")
    if not entry.available:
        return _("these images are not here; the Train page says how to get them.")
    return _("no trained network here knows these images.")


def source_title(source: str) -> str:
    """The words on a source's button."""
    if source in MORPHS:
        start, end = MORPHS[source]
        return _("{a} to {b}").format(a=start, b=end)
    if source in HANDED_IN:
        return _("Draw") if source == DRAWING_PAD else _("Upload")
    entry = dataset_choices.dataset(source)
    return _(entry.title) if entry else source

"""What the first screen's component draws of a set of pictures, on a page of the app or on one that is handed out."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.components.soft_targets import SoftTargetData
from dashboard.data import gallery
from dashboard.data.compared_networks import is_of_run
from dashboard.data.gallery import PictureSet
from dashboard.data.picture_sources import MORPHS
from dashboard.text.roles import role
from kdcore.data.drawn_digits import UNDECIDED
from kdcore.inference.models import InferenceModel


def soft_target_data(
    source: str, shown: Sequence[InferenceModel], pictures: PictureSet, temperature: float
) -> SoftTargetData:
    """What the component draws of these pictures, a morph at its undecided frame."""
    last = len(pictures.images) - 1
    start, end = MORPHS.get(source, (0, 0))
    return {
        "networks": [{"role": one.role, "title": network_title(one, shown)} for one in shown],
        "classes": list(shown[0].classes),
        "images": list(pictures.images),
        "beside_lesson": False,
        "mode": "morph" if source in MORPHS else "gallery" if last else "single",
        "morph": {"from": start, "to": end} if source in MORPHS else None,
        "index": round(UNDECIDED.get((start, end), 0.0) * last),
        "temperature": temperature,
        "log": False,
        "mean_entropy": {
            "of": pictures.mean_of,
            "temperatures": list(gallery.TEMPERATURES),
            "bits": [list(bits) for bits in pictures.mean_bits],
        }
        if pictures.mean_bits
        else None,
    }


def network_title(one: InferenceModel, shown: Sequence[InferenceModel]) -> str:
    """A network as a sentence names it; teachers side by side go by their own names."""
    alone = len(shown) == 1
    return role(one.role).in_words if alone or is_of_run(one) else one.title

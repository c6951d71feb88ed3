"""Whether the networks of a cohort run stacked as one program: measured once on a machine, then looked up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from torch import Tensor

from kdcore import networks
from kdcore.pipelines.arithmetic_choice import Arithmetic
from kdcore.pipelines.loading import LoadedData
from kdcore.pipelines.measured_once import FOLDER, measured_once
from kdcore.system.precision import Precision
from kdcore.training.data_stream import DataStream
from kdcore.training.members import Member
from kdcore.training.stacking_benchmark import stacking_pays

MEASURED = Path(FOLDER, "ways.json")
"""Below the runs folder."""


def choose_stacking(
    members: Sequence[Member],
    streams: Sequence[DataStream],
    data: LoadedData,
    arithmetic: Arithmetic,
    runs_folder: Path,
) -> dict[str, bool]:
    """By network name, whether the networks of that name run as one program.

    The choice shows in the last bits of a result, so the same sweep is given the same one again.
    """
    images = [stream.sampler.batch(0).images for stream in streams]
    learning = [(name, member.stream) for member in members for name in member.stages[0].learns.values()]
    chosen = {}
    for architecture in sorted({name for name, _ in learning}):
        own_streams = [stream for name, stream in learning if name == architecture]
        question = [architecture, own_streams, list(images[0].shape), data.device, arithmetic.threads]
        if arithmetic.precision != "float32":
            question.append(arithmetic.precision)
        chosen[architecture] = measured_once(
            runs_folder / MEASURED,
            question,
            partial(_measure, architecture, own_streams, images, data, arithmetic.precision),
        )
    return chosen


def _measure(
    architecture: str,
    streams: Sequence[int],
    images: Sequence[Tensor],
    data: LoadedData,
    precision: Precision,
) -> bool:
    shape, classes = data.dataset.shape, data.dataset.num_classes
    built = [
        networks.build(architecture, shape, classes, seed).to(data.device) for seed in range(len(streams))
    ]
    return stacking_pays(built, streams, images, precision)

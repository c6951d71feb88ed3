"""Whether the networks of a cohort run stacked as one program: measured once on a machine, then looked up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from torch import Tensor

from kdcore import networks
from kdcore.atomic_files import write_atomically
from kdcore.pipelines.loading import LoadedData
from kdcore.training.data_stream import DataStream
from kdcore.training.members import Member
from kdcore.training.stacking_benchmark import stacking_pays

MEASURED = Path("measured", "ways.json")
"""Below the runs folder."""


def choose_stacking(
    members: Sequence[Member],
    streams: Sequence[DataStream],
    data: LoadedData,
    threads: int,
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
        question = [architecture, own_streams, list(images[0].shape), data.device, threads]
        chosen[architecture] = measured_once(
            runs_folder / MEASURED,
            json.dumps(question),
            partial(_measure, architecture, own_streams, images, data),
        )
    return chosen


def measured_once(path: Path, question: str, measure: Callable[[], bool]) -> bool:
    """The answer in the JSON file where this question was measured before; else it is measured and added to the file."""
    key = hashlib.sha256(question.encode()).hexdigest()[:16]
    try:
        answers = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        answers = {}
    if key not in answers:
        answers[key] = measure()
        with suppress(OSError):  # a folder that cannot be written: measured again next time
            write_atomically(path, json.dumps(answers).encode())
    return bool(answers[key])


def _measure(architecture: str, streams: Sequence[int], images: Sequence[Tensor], data: LoadedData) -> bool:
    shape, classes = data.dataset.shape, data.dataset.num_classes
    built = [
        networks.build(architecture, shape, classes, seed).to(data.device) for seed in range(len(streams))
    ]
    return stacking_pays(built, streams, images)

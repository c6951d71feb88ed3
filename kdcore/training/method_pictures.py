"""What a method shows of its networks on a few images: feature maps and matrices of teacher, twin and student."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import torch
from torch import Tensor, nn

from kdcore.plan import Output, Stage, View
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.members import NetworkRef
from kdcore.training.network_program import NetworkProgram, probe
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.teacher_outputs import TeacherOutputs


def stages_showing(active: ActiveGroups, view: View) -> list[Stage]:
    """The current stages that show something in this view; at most one of each plan."""
    return [o.stage for o in active.objectives if view in o.stage.shows or view in o.stage.probes]


def method_pictures(active: ActiveGroups, view: View, images: Tensor) -> dict[NetworkRef, Tensor]:
    """What the stages show of every network on images [P, ...]: maps [P, h, w] or a matrix [P, P].

    Networks of one name are tapped alike, so that the twin is shown beside the student.
    """
    pictures: dict[NetworkRef, Tensor] = {}
    for stage in stages_showing(active, view):
        for group in active.networks:
            draw = _from_outputs if view in stage.shows else _from_probes
            names = {ref.network for ref in group.refs}
            pictures |= dict(zip(group.refs, draw(stage, view, group.program, names, images), strict=True))
    return pictures


def picture_beside(active: ActiveGroups, view: View, network: nn.Module, images: Tensor) -> Tensor:
    """What a current stage shows of a network that does not learn here, tapped as the student is."""
    stage = stages_showing(active, view)[0]
    draw = _from_outputs if view in stage.shows else _from_probes
    [picture] = draw(stage, view, SequentialNetworks([network]), {"student"}, images)
    return picture


def teacher_picture(active: ActiveGroups, view: View, images: Tensor, teacher: TeacherOutputs) -> Tensor:
    """What a current stage shows of the teacher on images [P, ...]."""
    stage = stages_showing(active, view)[0]
    if view in stage.shows:
        return stage.shows[view](teacher.for_images(images))
    return stage.probes[view](teacher.network, images)


@torch.inference_mode()
def _from_outputs(
    stage: Stage, view: View, program: NetworkProgram, names: Collection[str], images: Tensor
) -> list[Tensor]:
    points = sorted({p for name in names for p in stage.taps.get(name, ())})
    stacked = program.predict(images, points)
    outputs = [
        Output(stacked.logits[k], {p: f[k] for p, f in stacked.features.items()}) for k in range(program.size)
    ]
    return [stage.shows[view](output) for output in outputs]


def _from_probes(
    stage: Stage, view: View, program: NetworkProgram, names: Collection[str], images: Tensor
) -> list[Tensor]:
    draw = stage.probes[view]
    return [draw(partial(probe, program, k), images) for k in range(program.size)]

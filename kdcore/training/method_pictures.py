"""What a method shows of its networks on a few images: feature maps and matrices of teacher, twin and student."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from kdcore.plan import Output, Stage, View
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.members import NetworkRef
from kdcore.training.network_groups import NetworkGroup
from kdcore.training.network_program import probe
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
            pictures |= dict(zip(group.refs, draw(stage, view, group, images), strict=True))
    return pictures


def teacher_picture(active: ActiveGroups, view: View, images: Tensor, teacher: TeacherOutputs) -> Tensor:
    """What a current stage shows of the teacher on images [P, ...]."""
    stage = stages_showing(active, view)[0]
    if view in stage.shows:
        return stage.shows[view](teacher.for_images(images))
    return stage.probes[view](teacher.network, images)


@torch.inference_mode()
def _from_outputs(stage: Stage, view: View, group: NetworkGroup, images: Tensor) -> list[Tensor]:
    points = sorted({p for ref in group.refs for p in stage.taps.get(ref.network, ())})
    stacked = group.program.predict(images, points)
    outputs = [
        Output(stacked.logits[k], {p: f[k] for p, f in stacked.features.items()})
        for k in range(group.program.size)
    ]
    return [stage.shows[view](output) for output in outputs]


def _from_probes(stage: Stage, view: View, group: NetworkGroup, images: Tensor) -> list[Tensor]:
    draw = stage.probes[view]
    return [draw(partial(probe, group.program, k), images) for k in range(group.program.size)]

"""What a stage fixes before it begins: its notes on the transfer set, and the labels that the teacher corrects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from kdcore.metrics.evaluation import evaluate
from kdcore.plan import Labels, Notes, Stage
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.data_stream import DataStream
from kdcore.training.label_correction import CORRECTED, corrected_labels
from kdcore.training.members import NetworkRef


@dataclass(frozen=True)
class MemberTransferView:
    """One member's transfer set, and any of its networks' logits on it; see `kdcore.plan.TransferView`."""

    active: ActiveGroups
    stream: DataStream
    member: int

    @property
    def labels(self) -> Labels:
        """The labels of the transfer set, [n]."""
        return self.stream.sampler.labels

    def logits(self, network: str) -> Tensor:
        """Logits [n, C] of a network of the member's plan, or of `teacher`."""
        images = self.stream.sampler.images
        if network == "teacher" and self.stream.teacher is not None:
            return self.stream.teacher.on_transfer_set
        for group in self.active.objectives:
            if self.member in group.members and network in group.frozen:
                frozen = group.frozen[network][group.members.index(self.member)]
                return evaluate(frozen, images).float()
        return self.active.logits(images)[NetworkRef(self.member, network)]


def prepare_stages(
    active: ActiveGroups, streams: Sequence[DataStream], entering: Collection[int]
) -> dict[int, Notes]:
    """Prepare the stages that these members enter and store the notes in their groups; returns each member's notes.

    A group in which any member enters is prepared as a whole.
    """
    prepared: dict[int, Notes] = {}
    for group in active.objectives:
        if not any(m in entering for m in group.members):
            continue
        stream = streams[group.stream]
        own = [_notes(group.stage, MemberTransferView(active, stream, m)) for m in group.members]
        group.notes = {name: torch.stack([notes.tensors[name] for notes in own]) for name in own[0].tensors}
        prepared |= dict(zip(group.members, own, strict=True))
    return prepared


def _notes(stage: Stage, view: MemberTransferView) -> Notes:
    notes = stage.prepare(view)
    confidence = view.active.builder.members[view.member].corrected_labels
    if confidence == 1.0:
        return notes
    labels, share = corrected_labels(view.labels.index, view.logits("teacher"), confidence)
    return Notes({**notes.tensors, CORRECTED: labels}, {**notes.measured, "labels corrected": share})

"""Two teachers' logits averaged instead of their probabilities: whoever writes larger logits outvotes the others."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.losses.ensemble import divergence_from
from kdcore.losses.response import label_cross_entropy, squared
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Figure, Objective, Term
from kdcore.texts import N_

CARD = FaultCard(
    name="logits-averaged",
    title=N_("Teachers' logits averaged"),
    wrong=N_(
        "The mean of several teachers is taken of their logits, not of their probabilities. Whoever writes larger logits "
        "outvotes the others, and a class that one of them excludes is nearly excluded, whatever the others say."
    ),
    shows=N_(
        "The common answer differs from the mean of the probabilities where the teachers disagree. With teachers of one "
        "kind the difference is small: the soft loss shows it, the errors hardly."
    ),
    met=N_(
        "Asked about in wentianli/knowledge_distillation_caffe, issue 1, whose author answers that averaging logits is "
        "incorrect; gnosis takes the log of the mean probability."
    ),
    mend="p = torch.softmax(logits / temperature, dim=-1).mean(dim=0)",
    caught_by=N_("For no class does the common answer lie outside of what the teachers say."),
    hook="student",
)


METHOD = "ensemble-of-teachers"


def sound(logits: Tensor, temperature: Tensor) -> Tensor:
    """The teachers' common answer: logits [M, K, N, C], T [K, 1, 1] -> probabilities [K, N, C]."""
    return torch.softmax(logits / temperature, dim=-1).mean(dim=0)


def faulty(logits: Tensor, temperature: Tensor) -> Tensor:
    """The teachers' common answer: logits [M, K, N, C], T [K, 1, 1] -> probabilities [K, N, C]."""
    return torch.softmax(logits.mean(dim=0) / temperature, dim=-1)


def invariant(combined: Version) -> bool:
    """Each class gets no less than the least and no more than the most that a teacher gives it."""
    logits = torch.tensor([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])[:, None, None]
    p, common = torch.softmax(logits, dim=-1), combined(logits, torch.ones(1, 1, 1))
    within = (common >= p.amin(dim=0) - 1e-6) & (common <= p.amax(dim=0) + 1e-6)
    return bool(within.all())


def hooks(version: Version) -> Hooks:
    """The loss of a student of several teachers."""

    def objective(batch: Batch) -> list[Term | Figure]:
        student, w = batch.outputs["student"].logits, batch.teacher_weight
        teachers = [one.logits.expand_as(student) for n, one in batch.outputs.items() if n != "student"]
        said = torch.stack(teachers)
        common = version(said, batch.temperature[:, None, None])
        soft = divergence_from(student, common, batch.temperature)
        labels = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        firsts = said.argmax(dim=-1)
        return [
            Term("student", "labels", "labels", labels, 1 - w),
            Term("student", "common answer", "teacher", soft, w * squared(batch.temperature)),
            Figure("student", "teachers agree", (firsts == firsts[0]).all(dim=0).float().mean(dim=-1)),
        ]

    def of_several(methods_own: Objective) -> Objective:
        return objective

    return Hooks(student=of_several)


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only a mean of several teachers can be taken of the wrong thing."""
    if experiment.method != METHOD or parameters(experiment)["combined_by"]:
        return N_(
            f"This fault is in the mean of several teachers. Choose the method {METHOD}, combined by the mean."
        )
    return ""

"""One's own last epoch: what the student answered an epoch ago softens the labels, more and more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.losses.ensemble import divergence_from, mixture
from kdcore.losses.response import label_cross_entropy, log_probabilities
from kdcore.methods.objectives import labels_alone
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Figure, Notes, Parameter, Stage, Term, TransferView
from kdcore.texts import N_

CARD = Card(
    name="self-last-epoch",
    title=N_("One's own last epoch"),
    transfers=N_("responses, from the student itself"),
    what=N_(
        "After every epoch the student's own answers to the transfer set are noted, and in the next epoch they are taught "
        "beside the labels, with a weight that grows to its end. There is no teacher."
    ),
    formula=r"\mathcal{L}_t = (1-a_t)\,\mathrm{CE}(y, z) + a_t\,\mathrm{KL}\big(p_{t-1}\,\|\,\mathrm{softmax}(z)\big),\quad a_t = a\,\tfrac{t}{E}",
    symbols={
        "z": N_("the student's logits"),
        "p": N_("the student's own probabilities an epoch ago"),
        "t": N_("the number of the epoch, of E in all"),
        "E": N_("the number of epochs"),
        "a": N_("the weight on oneself at the end"),
        "y": N_("the label"),
    },
    citation="Kim, Ji, Yoon and Hwang 2021, Self-knowledge distillation with progressive refinement of targets, section 3",
    cost=N_("One forward pass of the student over the transfer set after each epoch."),
    hurts=N_(
        "What the student got wrong an epoch ago it is told again. Under augmentation the answers are those to the plain image."
    ),
    parameters=(
        Parameter(
            "own_weight",
            0.8,
            0.0,
            1.0,
            N_("Weight on one's own answers in the last epoch; it grows evenly up to there."),
            "Kim et al. 2021 (not checked)",
        ),
    ),
    views=("curve",),
)


def own_answers(view: TransferView) -> Notes:
    """The student's log-probabilities on the whole transfer set, and how sure it is of its first class on average."""
    log_p = log_probabilities(view.logits("student"))
    return Notes({"own": log_p}, {"sure of its own answers": log_p.exp().max(dim=-1).values.mean().item()})


def _noted(batch: Batch) -> Tensor:
    """The noted probabilities [K, N, C], under mixup shared with those of the partners as the labels are."""
    own, partners = batch.notes["own"], batch.partner_notes.get("own")
    if partners is None:
        return own.exp()
    share = torch.tensor([batch.labels.share, 1 - batch.labels.share], device=own.device)
    return mixture(torch.stack([own, partners]), share[:, None, None])


def objective(batch: Batch, weight: float) -> Sequence[Term | Figure]:
    """(1-a) CE + a KL from the noted answers, at T = 1."""
    logits = batch.outputs["student"].logits
    hard = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
    own = divergence_from(logits, _noted(batch), 1.0)
    return [
        Term("student", "labels", "labels", hard, 1 - weight),
        Term("student", "own last epoch", "peer", own, weight),
        Figure("student", "weight on oneself", torch.full_like(own, weight)),
    ]


def plan(experiment: Experiment) -> list[Stage]:
    """One stage an epoch, each with the answers of the one before."""
    learns, epochs = {"student": experiment.student}, experiment.recipe.epochs
    end = parameters(experiment)["own_weight"]
    later = [
        Stage(f"epoch {t}", learns, partial(objective, weight=end * t / epochs), prepare=own_answers)
        for t in range(2, epochs + 1)
    ]
    return [Stage("epoch 1", learns, labels_alone), *later]

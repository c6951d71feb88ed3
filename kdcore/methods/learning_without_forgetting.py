"""Learning without forgetting: new classes are learned while a network's former answers keep the old ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.losses.ensemble import weighted_divergence
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import (
    Batch,
    Card,
    Figure,
    Labels,
    Notes,
    Objective,
    Parameter,
    Shapes,
    Stage,
    Term,
    TransferView,
)
from kdcore.texts import N_

OLD, FORGETFUL = "old network", "forgetful"

CARD = Card(
    name="learning-without-forgetting",
    title=N_("Learning without forgetting"),
    transfers=N_("over time"),
    what=N_(
        "A network of the student's kind learns the first classes. The student goes on from it with images of the other "
        "classes alone, while the old network's soft answers to these images keep what it knew. A forgetful sibling learns "
        "the same without them. Twin: all classes at once."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z_n) + \lambda\,\mathrm{KL}\big(\mathrm{softmax}(v_o/T)\,\|\,\mathrm{softmax}(z_o/T)\big)\ \text{on images of new classes}",
    symbols={
        "z": N_(
            "the student's logits; z_o are those of the old classes, z_n those of the new (or, if asked, of all)"
        ),
        "v_o": N_("the old network's logits of the old classes"),
        "y": N_("the label, a new class"),
        "T": N_("the old answers' temperature, a setting of the method"),
        r"\lambda": N_("the weight on the old answers; the forgetful sibling has 0"),
    },
    citation=(
        "Li and Hoiem 2016, Learning without forgetting, section 3 (there every task has an output layer of its own, the "
        "new one learns alone at first, and who is tested is told the task; here one layer holds all classes)"
    ),
    cost=N_("A training of the old network before, and the forgetful sibling beside the student."),
    hurts=N_(
        "Nobody shows an old and a new class side by side: who is not told which half an image is of confuses the halves. "
        "Learned among all classes, the new labels even push every old class away."
    ),
    parameters=(
        Parameter(
            "old",
            0.0,
            0.0,
            999.0,
            N_("How many classes, counted from the first, are old; 0: half of them."),
            "our choice",
        ),
        Parameter(
            "old_temperature",
            2.0,
            0.25,
            100.0,
            N_("Temperature of the old network's answers."),
            "Li and Hoiem 2016, section 3",
        ),
        Parameter(
            "old_weight",
            1.0,
            0.0,
            1000.0,
            N_("Weight on the old network's answers, without a factor of T²."),
            "Li and Hoiem 2016, section 3: 1 for most experiments",
        ),
        Parameter(
            "labels_among",
            0,
            0,
            1,
            N_("The classes among which a new label is learned."),
            "Li and Hoiem 2016, section 3: the new classes have an output layer of their own",
            choices=("new classes", "all classes"),
        ),
    ),
    views=("curve",),
    uncalibrated=N_(
        "old and new classes have losses of their own, and no term says how the logits of the two compare."
    ),
    uncalibrated_with={"labels_among": 0},
)


def old_classes(asked: float, classes: int) -> int:
    """How many classes are old: as many as asked for, or half of them (of an odd number the larger half)."""
    return int(asked) or (classes + 1) // 2


def of_half(labels: Labels, old: int, new: bool) -> Tensor:
    """Which images are said to be of new (or of old) classes alone: [N] or [K, N]; a hidden label is of neither.

    An image mixed from both halves is of neither too: it shows an old class.
    """
    inside = (labels.index >= old) == new
    if labels.other is not None:
        inside = inside & ((labels.other >= old) == new)
    return inside if labels.known is None else inside & labels.known


def cross_entropy_among(
    logits: Tensor, labels: Labels, chosen: Tensor, first: int, last: int, smoothing: float
) -> Tensor:
    """Cross-entropy with the labels of the chosen images alone, among the classes from `first` to before `last`."""

    def within(index: Tensor) -> Tensor:
        return (index - first).clamp(0, last - first - 1)

    other = None if labels.other is None else within(labels.other)
    inside = replace(labels, index=within(labels.index), other=other, known=chosen)
    return label_cross_entropy(logits[..., first:last], inside, smoothing)


def share_right(logits: Tensor, labels: Labels, chosen: Tensor, first: int, last: int) -> Tensor:
    """The share of the chosen images that get their label from the classes `first` to before `last`, [K]; NaN for no image."""
    said = first + logits[..., first:last].argmax(dim=-1)
    right = (said == labels.index).float()
    if labels.other is not None:
        right = labels.share * right + (1 - labels.share) * (said == labels.other).float()
    chosen = chosen.expand_as(right)
    return (right * chosen).sum(dim=-1) / chosen.sum(dim=-1)


def remembered(name: str, logits: Tensor, labels: Labels, old: int) -> list[Figure]:
    """How much of the batch's old and new classes a network knows, among all classes and told the half."""
    classes = logits.shape[-1]
    halves = (("old", False, (0, old)), ("new", True, (old, classes)))
    return [
        Figure(
            name,
            f"{half} classes right{told}",
            share_right(logits, labels, of_half(labels, old, new), *among),
        )
        for half, new, own in halves
        for told, among in (("", (0, classes)), (f", told they are {half}", own))
    ]


def refusal(experiment: Experiment, asked: float) -> Callable[[Shapes], str]:
    """Says why there is nothing to forget, or nothing to learn."""

    def refuse(shapes: Shapes) -> str:
        classes = shapes["student"]["logits"][0]
        old = old_classes(asked, classes)
        if not 2 <= old < classes:
            return N_(
                f"Of {classes} classes {old} are old: learning without forgetting needs two old classes and a new one. "
                "Choose another number of old classes, or images of more."
            )
        shown = set(range(classes)) - set(experiment.omit)
        if not shown & set(range(old)) or not shown & set(range(old, classes)):
            return N_("The transfer set leaves out all old or all new classes. Leave out fewer.")
        if experiment.hidden_labels == 1:
            return N_(
                "Learning without forgetting needs labels: they say which images are of old classes. Hide fewer of them."
            )
        return ""

    return refuse


def plan(experiment: Experiment) -> list[Stage]:
    """First the old network learns the old classes, then the student and its sibling go on from it with the new ones."""
    share = parameters(experiment)["old"]
    pair = ("student", FORGETFUL)
    return [
        Stage("old classes", {OLD: experiment.student}, partial(learn_old, share=share), before=True),
        Stage(
            "new classes",
            dict.fromkeys(pair, experiment.student),
            learn_new(experiment),
            frozen=(OLD,),
            starts_from=dict.fromkeys(pair, OLD),
            prepare=partial(known_before, share=share),
            refuses=refusal(experiment, share),
        ),
    ]


def learn_old(batch: Batch, share: float) -> Sequence[Term]:
    """CE among the old classes, on their images alone; the outputs of the new classes stay as they are."""
    logits, labels = batch.outputs[OLD].logits, batch.labels
    old = old_classes(share, logits.shape[-1])
    shown = of_half(labels, old, new=False)
    hard = cross_entropy_among(logits, labels, shown, 0, old, batch.label_smoothing)
    return [Term(OLD, "labels of old classes", "labels", hard)]


def learn_new(experiment: Experiment) -> Objective:
    """CE on images of new classes for both; the old network's answers to them for the student alone."""
    settings = parameters(experiment)
    share, temperature, weight = settings["old"], settings["old_temperature"], settings["old_weight"]
    among_all = chosen(experiment, "labels_among") == "all classes"

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        labels, parts = batch.labels, list[Term | Figure]()
        classes = batch.outputs["student"].logits.shape[-1]
        old = old_classes(share, classes)
        shown = of_half(labels, old, new=True)
        for name in ("student", FORGETFUL):
            logits = batch.outputs[name].logits
            first = 0 if among_all else old
            hard = cross_entropy_among(logits, labels, shown, first, classes, batch.label_smoothing)
            parts += [
                Term(name, "labels of new classes", "labels", hard),
                *remembered(name, logits, labels, old),
            ]
        student, kept = (batch.outputs[name].logits[..., :old] for name in ("student", OLD))
        soft = weighted_divergence(student, kept, shown.to(student.dtype), torch.full_like(hard, temperature))
        return [*parts, Term("student", "old answers", "teacher", soft, weight)]

    return objective


def known_before(view: TransferView, share: float) -> Notes:
    """What the old network knows of its classes: the height from which forgetting falls."""
    logits = view.logits(OLD)
    old = old_classes(share, logits.shape[-1])
    right = share_right(logits, view.labels, of_half(view.labels, old, new=False), 0, old)
    return Notes(measured={"old classes right, told they are old, before": right.item()})

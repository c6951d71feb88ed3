"""Input gradients: the student's answer changes with the image as the teacher's does (Jacobian matching)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.losses.gradient import input_gradients
from kdcore.losses.response import label_cross_entropy, log_probabilities
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Network, Parameter, Stage, Term
from kdcore.texts import N_

OF = ("largest-logit", "label-logit", "label-loss")

CARD = Card(
    name="input-gradients",
    title=N_("Input gradients"),
    transfers=N_("features"),
    what=N_(
        "Which pixels would raise the teacher's answer, and which would lower it, is a picture as large as the image; the "
        "student's picture follows it."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + a\,\Big\lVert \frac{g(z)}{\lVert g(z)\rVert} - \frac{g(v)}{\lVert g(v)\rVert} \Big\rVert^2,\quad g(z) = \frac{\partial z_c}{\partial x}",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "x": N_("the image"),
        "c": N_("the class of the teacher's largest logit"),
        "g": N_("the gradient with respect to the image, one number per pixel"),
        "a": N_("the weight on gradients"),
    },
    citation="Srinivas and Fleuret 2018, Knowledge transfer with Jacobian matching; Czarnecki et al. 2017, Sobolev training for neural networks",
    cost=N_(
        "A second forward pass of the student, one of the teacher, a backward pass through each to the image, and a backward "
        "pass through the student's backward pass: two to four times the step."
    ),
    hurts=N_(
        "Teachers whose gradients are noise; networks that look at the image in different ways, such as a perceptron and a "
        "convolutional network."
    ),
    parameters=(
        Parameter(
            "gradient_weight",
            1.0,
            0.0,
            1000.0,
            N_("Weight on the squared distance of the two directions, 2 where they have nothing in common."),
            "our choice: at the start both terms are about as large",
        ),
        Parameter(
            "of",
            0,
            0,
            2,
            N_(
                "What the gradient is taken of. Where a label is hidden, the teacher's largest logit names the class."
            ),
            "our choice: hidden labels do not matter to it",
            choices=OF,
        ),
    ),
    views=("curve", "map"),
)


def gradient(said: Tensor, index: Tensor, images: Tensor, *, of_loss: bool, keep: bool) -> Tensor:
    """How each image's own pixels change its class's logit, or its log probability: the shape of `images`.

    said: [..., N, C]. index: [N] or [..., N]. images: [..., N, channels, height, width]. With `keep` the result has a graph of its own.
    """
    scores = log_probabilities(said) if of_loss else said
    total = scores.gather(-1, index.expand(said.shape[:-1])[..., None]).sum()
    (found,) = torch.autograd.grad(total, images, create_graph=keep)
    return found


def largest(network: Network, images: Tensor) -> Tensor:
    """How strongly each pixel of a few images [P, ...] changes the network's largest logit: [P, height, width]."""
    images = images.clone().requires_grad_()
    with torch.enable_grad():
        said = network(images)
    found = gradient(said, said.argmax(dim=-1), images, of_loss=False, keep=False)
    return found.square().sum(dim=1).sqrt()


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and the direction of the gradient at every image."""
    of, weight = chosen(experiment, "of"), parameters(experiment)["gradient_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the distance between both networks' gradients."""
        logits = batch.outputs["student"].logits
        images = batch.images.expand(len(logits), *batch.images.shape).detach().clone().requires_grad_()
        teacher = batch.forward("teacher", images)
        index, of_loss = _class(batch, teacher, of), of == OF[2]
        wanted = gradient(teacher, index, images, of_loss=of_loss, keep=False)
        found = gradient(batch.forward("student", images), index, images, of_loss=of_loss, keep=True)
        return [
            Term(
                "student",
                "labels",
                "labels",
                label_cross_entropy(logits, batch.labels, batch.label_smoothing),
            ),
            Term("student", "gradients", "teacher", input_gradients(found, wanted), weight),
        ]

    return [
        Stage(
            "gradients",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            probes={"map": largest},
        )
    ]


def _class(batch: Batch, teacher: Tensor, of: str) -> Tensor:
    """Whose logit is looked at, [N] or [K, N]: the teacher's largest, or the label where it is known."""
    seen = teacher.argmax(dim=-1)
    if of == OF[0]:
        return seen
    known = batch.labels.known
    return batch.labels.index if known is None else torch.where(known, batch.labels.index, seen)

"""A discriminator tries to tell the student's answers from the teacher's; the student learns to pass for the teacher."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses.adversarial import pass_for_teacher, tell_apart
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

HIDDEN = 64

CARD = Card(
    name="adversarial",
    title=N_("Adversarial logits"),
    transfers=N_("responses, judged by a discriminator"),
    what=N_(
        "A small network learns to tell whether logits are the teacher's or the student's; the student learns to deceive it. "
        "At 50 % the discriminator only guesses."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) - a \log D(z),\qquad \mathcal{L}_D = -\tfrac12\big[\log D(v) + \log(1 - D(z))\big]",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "D": N_("the discriminator: how likely it takes logits for the teacher's"),
        "a": N_("the weight on deceiving it"),
    },
    citation="Xu, Hsu and Huang 2018, Training shallow and thin networks for acceleration via knowledge distillation with conditional adversarial networks, section 3",
    cost=N_("A discriminator with one hidden layer of 64 units, run three times a step."),
    hurts=N_(
        "The game says whose the answers are, not which image they belong to, and it can swing without settling."
    ),
    parameters=(
        Parameter(
            "deceive_weight", 0.5, 0.0, 10.0, N_("Weight on deceiving the discriminator."), "our choice"
        ),
    ),
    views=("curve",),
)


class Discriminator(nn.Module):
    """Logits [N, C] -> one number per image [N]: the logit that they are the teacher's."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.judge = nn.Sequential(
            nn.LayerNorm(classes), nn.Linear(classes, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1)
        )

    def forward(self, logits: Tensor) -> Tensor:
        """[N] from [N, C]."""
        found: Tensor = self.judge(logits)
        return found.squeeze(-1)


def discriminator(shapes: Shapes) -> nn.Module:
    """A judge of as many logits as the student gives."""
    return Discriminator(shapes["student"]["logits"][0])


def plan(experiment: Experiment) -> list[Stage]:
    """One stage in which student and discriminator learn against each other."""
    weight = parameters(experiment)["deceive_weight"]

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        """CE and deception for the student, telling apart for the discriminator; its accuracy is measured."""
        student, teacher = batch.outputs["student"].logits, batch.outputs["teacher"].logits[None]
        seen = batch.adapt("discriminator", student, learn=False)
        of_teacher = batch.adapt("discriminator", teacher)
        of_student = batch.adapt("discriminator", student.detach())
        right = ((of_teacher > 0).float().mean(dim=-1) + (of_student <= 0).float().mean(dim=-1)) / 2
        return [
            Term(
                "student",
                "labels",
                "labels",
                label_cross_entropy(student, batch.labels, batch.label_smoothing),
            ),
            Term("student", "deceiving the discriminator", "teacher", pass_for_teacher(seen), weight),
            Term("discriminator", "telling apart", "peer", tell_apart(of_teacher, of_student)),
            Figure("student", "discriminator's accuracy", right),
        ]

    return [
        Stage(
            "game",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            adapters={"discriminator": discriminator},
        )
    ]

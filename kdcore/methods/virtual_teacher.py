"""The virtual teacher: a rule in a teacher's place, right on every image and with no dark knowledge at all."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.experiment import Experiment
from kdcore.losses.logits import virtual_divergence
from kdcore.losses.response import label_cross_entropy, squared
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="virtual-teacher",
    title=N_("Virtual teacher"),
    transfers=N_("responses"),
    what=N_(
        "No teacher: a rule gives the label a high probability and every other class the same small one. What it "
        "gains, softness alone explains, not the likeness of classes."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(\log p/T)\,\|\,\mathrm{softmax}(z/T)\big),\quad p_c = \begin{cases} a & c = y\\ \frac{1-a}{C-1} & c \ne y\end{cases}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "p": N_("what the virtual teacher says"),
        "a": N_("the probability that it gives the label"),
        "c": N_("any class"),
        "C": N_("how many classes there are"),
        "T": N_("the temperature; the paper's is 20 and more"),
        "w": N_("the weight on teacher"),
    },
    citation="Yuan, Tay, Li, Wang and Feng 2020, Revisiting knowledge distillation via label smoothing regularization, section 5",
    cost=N_("None beside labels only: no teacher is asked."),
    hurts=N_(
        "All wrong classes look alike, so what a real teacher knows of their likeness is smoothed away."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "correct",
            0.99,
            0.5,
            0.999,
            N_("The probability that the virtual teacher gives the label."),
            "Yuan et al. 2020, section 5",
        ),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage in which nobody is frozen: the teacher is a rule."""
    correct = parameters(experiment)["correct"]

    def objective(batch: Batch) -> Sequence[Term]:
        """(1-w) CE + w T^2 KL from the virtual teacher."""
        student = batch.outputs["student"].logits
        hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        soft = virtual_divergence(student, batch.labels, correct, batch.temperature)
        scale = batch.teacher_weight * squared(batch.temperature)
        return [
            Term("student", "labels", "labels", hard, 1 - batch.teacher_weight),
            Term("student", "virtual teacher", "teacher", soft, scale),
        ]

    return [Stage("virtual teacher", {"student": experiment.student}, objective)]

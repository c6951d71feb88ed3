"""Label smoothing: labels that leave a little to every class, the simplest soft targets there are."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.experiment import Experiment
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="smooth-labels",
    title=N_("Label smoothing"),
    transfers=N_("responses"),
    what=N_(
        "No teacher: a share of each label is spread evenly over all classes. It is a teacher that knows nothing, at "
        "temperature 1; beside soft targets it shows how much softness alone is worth."
    ),
    formula=r"\mathcal{L} = (1-\varepsilon)\,\mathrm{CE}(y, z) + \varepsilon\,\frac1C\sum_c -\log \mathrm{softmax}(z)_c",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "c": N_("any class"),
        "C": N_("how many classes there are"),
        r"\varepsilon": N_("the share of the label that is spread"),
    },
    citation="Szegedy et al. 2016, Rethinking the Inception architecture for computer vision, section 7; Müller, Kornblith and Hinton 2019, When does label smoothing help?",
    cost=N_("None beside labels only: no teacher is asked."),
    hurts=N_(
        "It draws the images of a class together and erases which other classes they resemble: a network that is to "
        "teach later teaches less."
    ),
    parameters=(
        Parameter(
            "smoothing",
            0.1,
            0.0,
            0.9,
            N_("The share of each label that is spread; it takes the place of the recipe's."),
            "Szegedy et al. 2016, section 7",
        ),
    ),
    controls={"smooth": {}},
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage, one term."""
    smoothing = parameters(experiment)["smoothing"]

    def objective(batch: Batch) -> Sequence[Term]:
        """Cross-entropy with the smoothed labels."""
        loss = label_cross_entropy(batch.outputs["student"].logits, batch.labels, smoothing)
        return [Term("student", "smoothed labels", "labels", loss)]

    return [Stage("smoothed labels", {"student": experiment.student}, objective)]

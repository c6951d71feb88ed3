"""Deep mutual learning: two students without a teacher, each learning from the labels and from the other."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.experiment import Experiment
from kdcore.losses.response import label_cross_entropy, soft_target_divergence
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="mutual-learning",
    title=N_("Deep mutual learning"),
    transfers=N_("responses, between peers"),
    what=N_(
        "Two students with different first weights learn together; each also matches the other's probabilities."
    ),
    formula=r"\mathcal{L}_i = \mathrm{CE}(y, z_i) + m\,\mathrm{KL}\big(\mathrm{softmax}(z_j)\,\|\,\mathrm{softmax}(z_i)\big)",
    symbols={
        "z_i": N_("this student's logits"),
        "z_j": N_("its peer's logits, taken as fixed"),
        "y": N_("the label"),
        "m": N_("the weight on the peer"),
    },
    citation="Zhang, Xiang, Hospedales and Lu 2018, Deep mutual learning, equations 3 to 6 (both updated in the same step)",
    cost=N_("A second student: twice the forward and backward passes, no teacher."),
    hurts=N_("Peers that agree too early teach each other nothing."),
    parameters=(
        Parameter("peer_weight", 1.0, 0.0, 10.0, N_("Weight on the peer."), "Zhang et al. 2018, equation 5"),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage in which student and peer learn, and nobody is frozen."""
    weight = parameters(experiment)["peer_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """Each network: CE with the labels, and KL from its peer at T = 1, the peer taken as fixed."""
        return [*_terms(batch, "student", "peer", weight), *_terms(batch, "peer", "student", weight)]

    return [Stage("together", {"student": experiment.student, "peer": experiment.student}, objective)]


def _terms(batch: Batch, network: str, other: str, weight: float) -> list[Term]:
    logits = batch.outputs[network].logits
    hard = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
    mutual = soft_target_divergence(logits, batch.outputs[other].logits, 1.0)
    return [Term(network, "labels", "labels", hard), Term(network, "peer", "peer", mutual, weight)]

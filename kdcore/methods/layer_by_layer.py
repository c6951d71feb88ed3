"""Layer by layer: the student learns the teacher's features point after point, each stretch fixed once it is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from torch import nn

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.methods.settings import chosen, parameters
from kdcore.networks.adapters import projection
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="layer-by-layer",
    title=N_("Layer by layer"),
    transfers=N_("features"),
    what=N_(
        "The student's layers up to the first point learn the teacher's features there, and then stay as they are; the next "
        "layers learn on top of them, and so on. At the end the whole student learns the answers."
    ),
    formula=r"\mathcal{L}_i = \overline{\big(r_i(s_i) - t_i\big)^2}\ \text{for each point } i;\quad \mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        "s_i": N_("the student's features at point i; the layers before point i - 1 learn no more"),
        "t_i": N_("the teacher's features there"),
        "r_i": N_("the point's adapter, thrown away with its stage; the line is the mean over everything"),
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher, in the last stage"),
    },
    citation=(
        "Romero, Ballas, Kahou, Chassang, Gatta and Bengio 2015, FitNets: Hints for thin deep nets, section 3.3 (one "
        "such stage, and nothing fixed); Bengio, Lamblin, Popovici and Larochelle 2007, Greedy layer-wise training of "
        "deep networks, section 3 (layer after layer)"
    ),
    cost=N_("The teacher's forward pass on every batch, and an adapter at a time."),
    hurts=N_(
        "No layer learns what the later ones need, and the answers have only the end of the learning rate's schedule; "
        "until then the student answers by chance. Where the layers stay as they are to the end, what an early stage left "
        "out is lost."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "answers_share",
            0.5,
            0.05,
            0.95,
            N_("Share of the epochs for the answers; the points share the others evenly."),
            "our choice",
        ),
        Parameter(
            "answers_reach",
            1,
            0,
            1,
            N_("Which layers learn the answers: those after the last point, or all, none staying as it is."),
            "Romero et al. 2015, section 3.3; Bengio et al. 2007, section 3: all are tuned at the end",
            choices=("after", "all"),
        ),
    ),
    views=("curve",),
)


def shared_points(student: str, shapes: Shapes) -> list[str]:
    """The points that both networks have, from the input on, but those before which the student has no further weights."""
    pixels, classes = shapes["images"]["pixels"], shapes["student"]["logits"][0]
    found: list[str] = []
    learned: frozenset[str] = frozenset()
    for point in POINTS:
        if point in shapes["student"] and point in shapes["teacher"]:
            weights = networks.weights_before(student, point, (pixels[0], pixels[1], pixels[2]), classes)
            if weights > learned:
                found.append(point)
                learned = weights
    return found


def no_points(shapes: Shapes) -> str:
    """A sentence where the networks have no point in common, or nothing."""
    if any(point in shapes["student"] and point in shapes["teacher"] for point in POINTS):
        return ""
    return N_(
        "Layer by layer needs a feature point that teacher and student both have. Choose another teacher or student."
    )


def adapter(shapes: Shapes, point: str) -> nn.Module:
    """From the student's channels to the teacher's."""
    return projection(shapes["student"][point], shapes["teacher"][point][0])


def learn_features(batch: Batch, point: str) -> Sequence[Term]:
    """The mean squared error of the adapted features, and nothing else."""
    student, teacher = batch.outputs["student"], batch.outputs["teacher"]
    error = feature.hint(batch.adapt(point, student.features[point]), teacher.features[point])
    return [Term("student", f"{point} features", "teacher", error)]


def plan(experiment: Experiment) -> list[Stage]:
    """A stage for every point that both networks have, and one for the answers."""
    answers_share = parameters(experiment)["answers_share"]
    all_learn = chosen(experiment, "answers_reach") == "all"
    learns = {"student": experiment.student}

    def stages(shapes: Shapes) -> list[Stage]:
        """The stages for networks with these features; the answers alone, to be refused, where they share none."""
        points = shared_points(experiment.student, shapes)
        before = [None, *points]
        return [
            *(
                Stage(
                    f"{point} features",
                    learns,
                    partial(learn_features, point=point),
                    frozen=("teacher",),
                    taps={"student": (point,), "teacher": (point,)},
                    adapters={point: partial(adapter, point=point)},
                    fixed={"student": fixed} if fixed else {},
                    share=(1 - answers_share) / len(points),
                )
                for fixed, point in zip(before, points, strict=False)
            ),
            replace(
                answers,
                fixed={"student": points[-1]} if points and not all_learn else {},
                share=answers_share if points else 1,
                becomes=None,
            ),
        ]

    answers = Stage(
        "answers", learns, soft_targets_and_labels, frozen=("teacher",), refuses=no_points, becomes=stages
    )
    return [answers]

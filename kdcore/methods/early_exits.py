"""Early exits (be your own teacher): the student's end teaches classifiers that sit on its earlier layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses.logits import squared_logit_error
from kdcore.losses.response import label_cross_entropy, soft_target_divergence, squared
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

END = "penultimate"

CARD = Card(
    name="early-exits",
    title=N_("Early exits (be your own teacher)"),
    transfers=N_("responses and features, from a network's end to its beginning"),
    what=N_(
        "Exits on the student's earlier layers learn from the labels, from its own last answer and from its own last "
        "feature, so that early layers get a teacher of their own. The exits are thrown away in the end, or could answer "
        "easy images early."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + \sum_i (1-a)\,\mathrm{CE}(y, q_i) + a\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(z/T)\,\|\,\mathrm{softmax}(q_i/T)\big) + b\,\overline{(f_i - f)^2}",
    symbols={
        "z": N_("the student's logits"),
        "q": N_("the logits of exit i"),
        "f": N_("the student's penultimate feature, and with i what exit i makes of its own"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "a": N_("the exits' weight on the student's last answer"),
        "b": N_("the weight on its last feature"),
    },
    citation="Zhang, Song, Gao, Chen, Bao and Ma 2019, Be your own teacher: improve the performance of convolutional neural networks via self distillation, section 3",
    cost=N_("A forward and backward pass of each exit; no teacher."),
    hurts=N_(
        "What early layers learn for their exit can be in the way of what the later layers need of them. It takes a network "
        "with several layers: a perceptron with one has no earlier point."
    ),
    uses=("temperature",),
    parameters=(
        Parameter(
            "exits",
            1,
            0,
            2,
            N_("The points of the student on which exits sit."),
            "Zhang et al. 2019 put one after every block",
            choices=("early", "early+middle", "early+middle+last"),
        ),
        Parameter(
            "answer_weight",
            0.3,
            0.0,
            1.0,
            N_("The exits' weight on the student's last answer; the rest is on the labels."),
            "Zhang et al. 2019, section 4 (not checked)",
        ),
        Parameter(
            "feature_weight",
            1.0,
            0.0,
            1000.0,
            N_("Weight on the student's last feature."),
            "our choice: theirs, 0.03 (not checked), is on a sum over features, ours on their mean",
        ),
    ),
    views=("curve",),
)


class Bottleneck(nn.Module):
    """What an exit makes of its feature: [N, channels, h, w] or [N, width] -> [N, end], as large as the student's last."""

    def __init__(self, feature: tuple[int, ...], end: int) -> None:
        super().__init__()
        width = feature[0]
        maps = [
            nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        ]
        self.layers = nn.Sequential(*(maps if len(feature) == 3 else []), nn.Linear(width, end), nn.ReLU())

    def forward(self, feature: Tensor) -> Tensor:
        """A vector an image, [N, end]; 0 or more, as features after a ReLU are."""
        vectors: Tensor = self.layers(feature)
        return vectors


def bottleneck(point: str) -> Callable[[Shapes], nn.Module]:
    """The builder of an exit's bottleneck at `point` of the student."""
    return lambda shapes: Bottleneck(shapes["student"][point], shapes["student"][END][0])


def classifier(shapes: Shapes) -> nn.Module:
    """What turns a bottleneck's vector into logits."""
    return nn.Linear(shapes["student"][END][0], shapes["student"]["logits"][0])


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: the student and its exits learn together."""
    settings, points = parameters(experiment), chosen(experiment, "exits").split("+")
    on_answer, on_feature = settings["answer_weight"], settings["feature_weight"]

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        """CE for the student; for each exit (1-a) CE + a T^2 KL + b hint, the student's end taken as fixed."""
        student = batch.outputs["student"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        found: list[Term | Figure] = [Term("student", "labels", "labels", hard)]
        best = student.logits.argmax(dim=-1)
        for point in points:
            name = f"exit {point}"
            vectors = batch.adapt(f"bottleneck {point}", student.features[point])
            logits = batch.adapt(name, vectors)
            taught = soft_target_divergence(logits, student.logits, batch.temperature)
            labels = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
            same = (logits.argmax(dim=-1) == best).float().mean(dim=-1)
            # The same mean of squares as for logits: both are one vector per member and image.
            felt = squared_logit_error(vectors, student.features[END])
            found += [
                Term(name, "labels", "labels", labels, 1 - on_answer),
                Term(name, "last answer", "peer", taught, on_answer * squared(batch.temperature)),
                Term(name, "last feature", "peer", felt, on_feature),
                Figure(name, "answers as the student does", same),
            ]
        return found

    exits: dict[str, Callable[[Shapes], nn.Module]] = {f"exit {point}": classifier for point in points}
    return [
        Stage(
            "student and exits",
            {"student": experiment.student},
            objective,
            taps={"student": (*points, END)},
            adapters=exits | {f"bottleneck {point}": bottleneck(point) for point in points},
        )
    ]

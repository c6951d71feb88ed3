"""Flow between layers: how the student's features change from one point to the next follows the teacher's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.plain_features import same_size
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.networks.adapters import MAPS, projection, without_maps
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="flow",
    title=N_("Flow between layers"),
    transfers=N_("features"),
    what=N_(
        "The products of every channel at one point with every channel at the next, averaged over the image, match the "
        "teacher's: not what a layer says, but how one layer's features become the next one's."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + f \sum_{l} \overline{\big(G_l(s) - G_l(t)\big)^2},\quad G_l(x) = \frac{1}{P} \sum_{p} x_{l}(p)\, x_{l+1}(p)^{\top}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_(
            "the student's features; where the teacher has other channels, through a learned 1x1 convolution"
        ),
        "t": N_("the teacher's features"),
        "x_l(p)": N_("the channels at position p of point l: early, middle, last"),
        "P": N_("the number of positions, those of the smaller map"),
        "G_l": N_("the flow matrix between two points"),
        "f": N_("the weight on flow"),
    },
    citation="Yim, Joo, Bae and Kim 2017, A gift from knowledge distillation, equations 1 and 2 (there a first stage of its own)",
    cost=N_(
        "The teacher's forward pass on every batch, two matrices an image, and adapters where channels differ."
    ),
    hurts=N_(
        "Products grow with the square of the features: networks without normalisation may be torn apart by them."
    ),
    parameters=(
        Parameter(
            "flow_weight",
            5.0,
            0.0,
            1000.0,
            N_("Weight on the sum over both pairs of points."),
            "RepDistiller's script has 50, made for 240 epochs; here the term begins no larger than the labels' loss",
        ),
    ),
    views=("curve",),
)


def adapter(point: str) -> Callable[[Shapes], nn.Module]:
    """Builds a 1x1 convolution to the teacher's channels at one point."""
    return lambda shapes: projection(shapes["student"][point], shapes["teacher"][point][0])


def plain_flow(lower: Tensor, upper: Tensor) -> Tensor:
    """The products of every pair of channels of two layers, averaged over the positions: [N, C, H, W], [N, D, H, W] -> [N, C, D]."""
    lower, upper = same_size(lower, upper)
    return lower.flatten(2) @ upper.flatten(2).mT / lower[0, 0].numel()


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    adapters: nn.ModuleDict,
    flow_weight: float,
) -> Tensor:
    """CE + f times the squared differences of the flow between each layer and the next, the mean over images and channels."""
    ours = {
        point: own if own.shape[1] == teacher_features[point].shape[1] else adapters[point](own)
        for point, own in features.items()
    }
    loss, points = hard, [*features]
    for i in range(len(points) - 1):
        lower, upper = points[i : i + 2]
        own, wanted = (plain_flow(f[lower], f[upper]) for f in (ours, teacher_features))
        loss = loss + flow_weight * F.mse_loss(own, wanted)
    return loss


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and two flow matrices, at a tenth of the weight published for long runs."""
    weight = parameters(experiment)["flow_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the flow from early to middle and from middle to last."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        theirs = [teacher.features[point] for point in MAPS]
        ours = [
            _as_wide(batch, point, student.features[point], t) for point, t in zip(MAPS, theirs, strict=True)
        ]
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "flow", "teacher", feature.flow(ours, theirs), weight),
        ]

    return [
        Stage(
            "flow",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": MAPS, "teacher": MAPS},
            adapters={point: adapter(point) for point in MAPS},
            refuses=without_maps,
        )
    ]


def _as_wide(batch: Batch, point: str, student: Tensor, teacher: Tensor) -> Tensor:
    """Features with the teacher's number of channels; as they are where they have it, as in the paper."""
    return student if student.shape[2] == teacher.shape[1] else batch.adapt(point, student)

"""Data-free: a generator makes the transfer set out of the teacher alone; the student never sees an image or a label."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses.data_free import disagreement, doubt, unevenness
from kdcore.losses.response import soft_target_divergence, squared
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Drawing, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

NOISE = 32
"""Numbers from which the generator makes an image."""
WIDTH = 32
SHOWN = 12

CARD = Card(
    name="data-free",
    title=N_("Data-free"),
    transfers=N_("responses, on images from a generator"),
    what=N_(
        "A generator learns to make images that the teacher is sure of, of all classes, and about which the student still "
        "disagrees. The student learns the teacher's answers to them; it sees no real image and no label."
    ),
    formula=r"\begin{aligned} \mathcal{L}_z &= T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big) \\ \mathcal{L}_G &= a\,\mathrm{CE}(\hat{y}, v) + b\,\big(\log C - \mathrm{H}(\bar{p})\big) - d\,\overline{|z - v|} \end{aligned}",
    symbols={
        "z": N_("the student's logits for the generator's images"),
        "v": N_("the teacher's logits for them"),
        r"\hat{y}": N_("the class of the teacher's largest logit"),
        r"\bar{p}": N_("the teacher's probabilities, their mean over the batch; H is its entropy"),
        "T": N_("the temperature"),
        "G": N_("the generator"),
        "a": N_("the weight on sureness"),
        "b": N_("the weight on all classes"),
        "d": N_("the weight on disagreement"),
    },
    citation="Chen et al. 2019, Data-free learning of student networks, section 3; Fang et al. 2019, Data-free adversarial distillation; Micaelli and Storkey 2019, Zero-shot knowledge transfer via adversarial belief matching",
    cost=N_(
        "A generator of about 100,000 parameters that learns along; the teacher and, twice, the student run on its images."
    ),
    hurts=N_(
        "Short runs: images larger than 8 x 8 take thousands of steps, and real ones teach more in less. A teacher that is "
        "sure of noise teaches noise: the images please it and need not look like anything. Labels and images of the recipe "
        "serve the twin alone."
    ),
    uses=("temperature",),
    parameters=(
        Parameter(
            "sure_weight",
            1.0,
            0.0,
            100.0,
            N_("Weight on images that the teacher is sure of."),
            "Chen et al. 2019, their script for MNIST: 1",
        ),
        Parameter(
            "classes_weight",
            5.0,
            0.0,
            100.0,
            N_("Weight on a batch of all classes."),
            "Chen et al. 2019, their script for MNIST: 5",
        ),
        Parameter(
            "disagreement_weight",
            1.0,
            0.0,
            100.0,
            N_("Weight on images about which teacher and student disagree."),
            "our choice; Fang et al. 2019 have this term alone",
        ),
    ),
    views=("curve", "images"),
)


class Generator(nn.Module):
    """From noise [N, NOISE] to images [N, channels, height, width], normalised over the batch as real ones are."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.small = max(2, height // 4), max(2, width // 4)
        self.sizes = (max(2, height // 2), max(2, width // 2)), (height, width)
        self.first = nn.Linear(NOISE, WIDTH * self.small[0] * self.small[1])
        self.convolutions = nn.ModuleList([nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in self.sizes])
        self.normalised = nn.ModuleList([nn.BatchNorm2d(WIDTH) for _ in range(3)])
        self.last = nn.Conv2d(WIDTH, channels, 3, padding=1)
        self.as_images = nn.BatchNorm2d(channels, affine=False)

    def forward(self, noise: Tensor) -> Tensor:
        """Twice enlarged and convolved."""
        x = self.normalised[0](self.first(noise).view(len(noise), WIDTH, *self.small))
        for size, convolution, normalised in zip(
            self.sizes, self.convolutions, self.normalised[1:], strict=True
        ):
            larger = nn.functional.interpolate(x, size=size)
            x = nn.functional.leaky_relu(normalised(convolution(larger)), 0.2)
        said: Tensor = self.as_images(self.last(x).tanh())
        return said


def generator(shapes: Shapes) -> nn.Module:
    """The network that makes the transfer set."""
    return Generator(*shapes["images"]["pixels"])


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: at every step the generator makes a batch, and both learn from what is said about it."""
    settings = parameters(experiment)

    def objective(batch: Batch) -> Sequence[Term | Figure | Drawing]:
        """The student's divergence on the made images; for the generator sureness, classes, disagreement."""
        made = batch.adapt("generator", noise_for(batch))
        teacher = batch.forward("teacher", made)
        student = batch.forward("student", made.detach())
        apart = disagreement(batch.forward("student", made, learn=False), teacher)
        soft = soft_target_divergence(student, teacher.detach(), batch.temperature)
        agreed = (student.argmax(dim=-1) == teacher.argmax(dim=-1)).float().mean(dim=-1)
        return [
            Term("student", "the teacher on made images", "teacher", soft, squared(batch.temperature)),
            Term("generator", "sureness", "teacher", doubt(teacher), settings["sure_weight"]),
            Term("generator", "all classes", "teacher", unevenness(teacher), settings["classes_weight"]),
            Term("generator", "disagreement", "teacher", apart, -settings["disagreement_weight"]),
            Figure("student", "agreement on made images", agreed),
            Drawing("generator", made[:, :SHOWN], teacher[:, :SHOWN].argmax(dim=-1)),
        ]

    return [
        Stage(
            "made images",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            adapters={"generator": generator},
            without_images=("student",),
        )
    ]


def noise_for(batch: Batch) -> Tensor:
    """Normally distributed noise for as many images as the batch has: [1, N, NOISE]."""
    drawn = torch.Generator().manual_seed(batch.seed)
    return torch.randn(1, len(batch.images), NOISE, generator=drawn).to(batch.images.device)

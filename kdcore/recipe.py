"""How a network is trained: the fields that the students' recipe and the teacher's have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from kdcore.experiment_fields import field
from kdcore.texts import N_


class Recipe(BaseModel):
    """How a network is trained: budget, optimiser, schedule, regularisation and augmentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = field(10, N_("Passes over the training images."), group="budget", ge=1, le=2000)
    batch_size: int = field(128, N_("Images in one step."), group="budget", ge=1, le=4096)
    optimiser: Literal["sgd", "adamw"] = field(
        "adamw", N_("SGD with Nesterov momentum, or AdamW."), group="optimiser"
    )
    learning_rate: float = field(
        0.003, N_("The schedule's highest learning rate."), group="optimiser", hot=True, gt=0, le=10
    )
    momentum: float = field(0.9, N_("Momentum of SGD."), group="optimiser", ge=0, lt=1)
    weight_decay: float = field(
        0.0, N_("Decay of the weights, as the optimiser means it."), group="optimiser", ge=0, le=1
    )
    schedule: Literal["one-cycle", "cosine", "step", "constant"] = field(
        "one-cycle", N_("How the learning rate moves over the run."), group="optimiser"
    )
    clip_norm: float = field(
        0.0, N_("Longest gradient that is let through; 0 clips nothing."), group="optimiser", ge=0, le=1000
    )
    max_norm: float = field(
        0.0,
        N_("Longest vector of weights into any one unit, kept so after each step; 0 sets no limit."),
        group="regularisation",
        ge=0,
        le=100,
    )
    label_smoothing: float = field(
        0.0, N_("Share of each label spread evenly over all classes."), group="regularisation", ge=0, lt=1
    )
    l1: float = field(
        0.0,
        N_("Weight on the sum of the weights' sizes (L1), which pulls weights to zero."),
        group="regularisation",
        ge=0,
        le=1,
    )
    margin: float = field(
        0.0,
        N_("By how much the label's logit has to lead: this much is taken from it before the softmax."),
        group="regularisation",
        ge=0,
        le=20,
    )
    smoothness: float = field(
        0.0,
        N_("Weight on the squared change of the logits when the image is slightly disturbed."),
        group="regularisation",
        ge=0,
        le=100,
    )
    shift: int = field(
        0, N_("Images move by up to this many pixels each way."), group="augmentation", ge=0, le=16
    )
    flip: bool = field(False, N_("Images are mirrored left to right half of the time."), group="augmentation")
    crop: int = field(
        0,
        N_("Padding in pixels before a crop of the image's own size (reflected edges)."),
        group="augmentation",
        ge=0,
        le=16,
    )
    cutout: int = field(
        0, N_("Side in pixels of a square that is blanked out."), group="augmentation", ge=0, le=64
    )
    mixup: float = field(
        0.0,
        N_("Strength of mixing pairs of images and labels (Beta distribution's alpha); 0 mixes nothing."),
        group="augmentation",
        ge=0,
        le=4,
    )
    early_stop: int = field(
        0,
        N_("Stop after this many epochs without a better validation error; 0 never stops early."),
        group="budget",
        ge=0,
        le=2000,
    )
    keep: Literal["last", "best"] = field(
        "last", N_("Keep the last weights, or those best on validation."), group="budget"
    )

    @property
    def augments(self) -> bool:
        """Whether an image differs from one epoch to the next."""
        return bool(self.shift or self.flip or self.crop or self.cutout or self.mixup)

    @property
    def chooses(self) -> bool:
        """Whether validation images decide which weights are kept."""
        return self.early_stop > 0 or self.keep == "best"

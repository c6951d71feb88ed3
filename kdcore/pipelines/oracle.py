"""The oracle: a teacher that says the probabilities that the labels were drawn from, exactly.

Menon, Rawat, Reddi, Kim and Kumar 2021, A statistical perspective on distillation, section 3: a student of the true class
probabilities sees the same loss in the mean as one of the labels, with less variance. A dataset offers an oracle where it knows
these probabilities for each of its images; the oracle recognises an image by its pixels and knows no other.
"""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.data.datasets import Dataset
from kdcore.errors import TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.metrics import truth
from kdcore.pipelines.image_lookup import ImageLookup, refuse_looking_inside, refuse_views
from kdcore.plan import Stage
from kdcore.texts import N_


class Oracle(ImageLookup):
    """The truth about every image of a dataset: images [N, channels, height, width], as it has them -> logits [N, classes]."""

    unknown_image = N_(
        "The oracle knows the dataset's own images only, and this method asks it about others. Choose another method or a trained teacher."
    )

    def __init__(self, dataset: Dataset) -> None:
        """On the dataset's device.

        Raises:
            TeacherUnavailable: the dataset knows no truth.
        """
        images, logits = [], []
        for split in (dataset.train, dataset.validation, dataset.test):
            if split.truth is None:
                raise TeacherUnavailable(
                    f"Nobody knows the true probabilities of {dataset.title}. Choose a trained teacher."
                )
            images.append(split.images)
            logits.append(truth.logits(split.truth))
        super().__init__(images, logits)


def refuse_for_oracle(experiment: Experiment, stages: Sequence[Stage]) -> None:
    """Refuse what an oracle cannot do as a teacher: see an image that is not the dataset's, or have features or weights.

    Raises:
        InvalidExperiment: as said.
    """
    refuse_views(
        experiment,
        N_(
            "The oracle knows the truth about the images as they are, not about shifted, mirrored or mixed ones. "
            "Set shift, flip, crop, cutout and mixup to nothing, let it look at images as they are (fixed_logits), or choose a trained "
            "teacher."
        ),
    )
    refuse_looking_inside(
        stages,
        N_(
            f"The method {experiment.method} uses more of its teacher than what it says of an image, and the oracle has nothing "
            "else. Choose a method that learns from responses, or a trained teacher."
        ),
    )

"""On what something was measured: the data set, how many of its images, the networks, the budget, the test images and seeds."""

from __future__ import annotations

from dashboard.data import dataset_choices
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, listing, ngettext
from kdcore.experiment import Experiment


def measured_on(experiment: Experiment, seeds: int, test_images: int) -> str:
    """One line: MNIST, 5,000 images, mlp-128 from mnist-cnn-medium, 20 epochs, 10,000 test images, 5 seeds."""
    return listing(
        [
            dataset_choices.short_title(experiment.dataset),
            _("{n} images").format(n=grouped(experiment.count))
            if experiment.count
            else _images_text(experiment),
            _("{student} from {teacher}").format(student=experiment.student, teacher=experiment.teacher),
            ngettext("{n} epoch", "{n} epochs", experiment.recipe.epochs).format(n=experiment.recipe.epochs),
            *([_("{n} test images").format(n=grouped(test_images))] if test_images else []),
            ngettext("{n} seed", "{n} seeds", seeds).format(n=seeds),
        ]
    )


def _images_text(experiment: Experiment) -> str:
    if experiment.fraction == 1:
        return _("all images")
    return _("{share} of the images").format(share=_("{n} %").format(n=f"{100 * experiment.fraction:g}"))

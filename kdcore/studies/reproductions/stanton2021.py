"""A student that could match its teacher does not, and a better match is not a better student: sections 4 and 5 of the paper.

Self-distillation on CIFAR-10: teacher and student are the same network, and the student learns from the teacher's answers
alone, on the teacher's own images. What it is asked about is the one thing varied: those images, or mixtures of them as
well, in the place of the images that the paper has a generator draw.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, Side, network
from kdcore.texts import N_

OWN, MIXED = N_("asked about the images"), N_("asked about mixtures of the images")
STUDENT, MIXED_STUDENT, TWIN, ONE_PERCENT = (
    N_("student"),
    N_("student that is asked about mixtures"),
    N_("labels only"),
    N_("one image in a hundred"),
)
SUCCESS = 100
"""Of 10,000 test images. A LeNet-5 on MNIST agrees with its teacher on over 99 % (section 4.1)."""

PAPER = Paper(
    name="stanton2021",
    title="Stanton et al. 2021",
    citation="Stanton, Izmailov, Kirichenko, Alemi and Wilson 2021, Does knowledge distillation really work? NeurIPS 34, arXiv:2106.05945",
    asks=N_("Does a student that could match its teacher do so, and is a better match a better student?"),
    base=Experiment.from_flat(
        {
            "dataset": "cifar10-jpeg",
            "teacher": "cnn-tiny",
            "teacher_epochs": 20,
            "student": "cnn-tiny",
            "epochs": 20,
            "temperature": 4,
            "teacher_weight": 1.0,
            "threads": 1,
        }
    ),
    arms={OWN: {}, MIXED: {"mixup": 1.0}},
    claims=(
        PaperClaim(
            says=N_("The student answers more than one test image in a hundred otherwise than its teacher."),
            measure="disagreements",
            less=Side(ONE_PERCENT, constant=SUCCESS),
            more=network(STUDENT, OWN),
            paper=N_("over 20 % in every case, of a ResNet-56 on CIFAR-100; below 1 % of a LeNet-5 on MNIST"),
            source=N_("section 4.1, figures 1a and 2"),
        ),
        PaperClaim(
            says=N_("It is more like its teacher than a network that learned from the labels."),
            measure="disagreements",
            less=network(STUDENT, OWN),
            more=network(TWIN, OWN, "twin"),
            paper=N_("a little: students of another teacher agree nearly as often"),
            source=N_("section 5.1"),
        ),
        PaperClaim(
            says=N_("Asked about more images, it is more like its teacher."),
            measure="disagreements",
            less=network(MIXED_STUDENT, MIXED),
            more=network(STUDENT, OWN),
            paper=N_("the more images, the more alike"),
            source=N_("section 4.1 and figure 1a"),
        ),
        PaperClaim(
            says=N_("Asked about more images, it errs more."),
            measure="errors",
            less=network(STUDENT, OWN),
            more=network(MIXED_STUDENT, MIXED),
            paper=N_("the more images, the more errors"),
            source=N_("section 4.1 and figure 1a"),
        ),
    ),
    differs=(
        N_(
            "The paper's networks are ResNet-56 on CIFAR-100, and its further images come from a generator. Here a CNN of 6,362 weights learns CIFAR-10 for 20 epochs, and the further images are mixtures of two (mixup)."
        ),
        N_(
            "In the paper more images make the student more like its teacher and make it err more: a better match is a worse student. Here mixtures make it err more and less alike, so that this says nothing against a better match."
        ),
        N_(
            "Such a network does not learn its training images by heart, so its teacher makes the same mistakes on them as on others."
        ),
    ),
    first_teacher_seed=1000,  # with the twin's own seed the teacher would be the twin: the same network, trained alike
)

"""A larger and better teacher teaches worse, and better when it was stopped early: the paper's two claims, on CIFAR-10.

The teacher is the one thing varied: a smaller one, a large one, and the large one after a fifth of its epochs, with a
whole schedule in them, as the paper does.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, network
from kdcore.texts import N_

SMALLER, LARGE, EARLY = (
    N_("from a smaller teacher"),
    N_("from a large teacher"),
    N_("from the large teacher, stopped early"),
)
LARGE_STUDENT, SMALLER_STUDENT, EARLY_STUDENT = (
    N_("student of the large teacher"),
    N_("student of the smaller teacher"),
    N_("student of the large teacher, stopped early"),
)
STOPPED_EARLY = {
    "teacher": "resnet11-slim",
    "teacher_epochs": 8,
    "teacher_optimiser": "sgd",
    "teacher_learning_rate": 0.1,
    "teacher_weight_decay": 0.0005,
    "teacher_flip": True,
    "teacher_crop": 4,
    "teacher_cutout": 8,
}
"""The recipe of the bundled teacher of that network, with 8 of its 40 epochs."""

PAPER = Paper(
    name="cho2019",
    title="Cho and Hariharan 2019",
    citation="Cho and Hariharan 2019, On the efficacy of knowledge distillation. ICCV, arXiv:1910.01348",
    asks=N_("Does a larger and better teacher teach worse, and better if it was stopped early?"),
    base=Experiment.from_flat(
        {
            "dataset": "cifar10-jpeg",
            "count": 5000,
            "student": "cnn-tiny",
            "epochs": 60,
            "batch_size": 64,
            "learning_rate": 0.01,
            "teacher": "cifar10-jpeg-resnet11-slim",
            "temperature": 4,
            "teacher_weight": 0.9,
            "threads": 1,
        }
    ),
    arms={
        LARGE: {},
        SMALLER: {"teacher": "cifar10-jpeg-cnn-medium"},
        EARLY: STOPPED_EARLY,
    },
    claims=(
        PaperClaim(
            says=N_("The student of the larger, better teacher errs more than that of the smaller one."),
            measure="errors",
            less=network(SMALLER_STUDENT, SMALLER),
            more=network(LARGE_STUDENT, LARGE),
            paper=N_("a larger teacher is often the worse one"),
            source=N_("abstract"),
        ),
        PaperClaim(
            says=N_(
                "The student of the large teacher that was stopped early errs less than that of the whole one."
            ),
            measure="errors",
            less=network(EARLY_STUDENT, EARLY),
            more=network(LARGE_STUDENT, LARGE),
            paper=N_("35 to 50 of 200 epochs make the better teacher"),
            source=N_("abstract and section on early stopping"),
        ),
    ),
    differs=(
        N_(
            "The paper's students and teachers are wide ResNets of one family, trained on all 50,000 images of CIFAR-10. Here the student has 6,362 weights and learns from 5,000 images; the teachers know 45,000."
        ),
        N_(
            "The smaller teacher is a plain CNN (279,466 weights), the large one a slim ResNet-11 (1,110,570), and their recipes differ too: 7 epochs, and 40 with cutout."
        ),
        N_("There is one teacher of each kind: seeds vary the student, not the teacher."),
    ),
)

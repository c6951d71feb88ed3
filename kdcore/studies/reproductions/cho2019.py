"""A larger and better teacher teaches worse, and better when it was stopped early: sections 3 and 4 of the paper, on CIFAR-10.

The teacher is the one thing varied: a small one, a large one, and the large one with a fraction of its epochs, each with a
whole schedule of its own, as the paper does. About 40 minutes of one core.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, network
from kdcore.texts import N_

SMALL, LARGE, EARLY = (
    N_("from a small teacher"),
    N_("from a large teacher"),
    N_("from the large teacher, stopped early"),
)
LARGE_STUDENT, SMALL_STUDENT, EARLY_STUDENT, TWIN = (
    N_("student of the large teacher"),
    N_("student of the small teacher"),
    N_("student of the large teacher, stopped early"),
    N_("labels only"),
)

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
        SMALL: {"teacher": "cnn-small", "teacher_epochs": 20},
        EARLY: {"teacher": "resnet11-slim", "teacher_epochs": 2},
    },
    claims=(
        PaperClaim(
            says=N_("The student of the larger, better teacher errs more than that of the smaller one."),
            measure="errors",
            less=network(SMALL_STUDENT, SMALL),
            more=network(LARGE_STUDENT, LARGE),
            paper=N_("the larger the teacher, the worse the student"),
            source=N_("section 3, in figures"),
        ),
        PaperClaim(
            says=N_("Stopped early, the large teacher teaches better."),
            measure="errors",
            less=network(EARLY_STUDENT, EARLY),
            more=network(LARGE_STUDENT, LARGE),
            paper=N_("better in every pair, after 35 to 50 of 200 epochs"),
            source=N_("section 4"),
        ),
    ),
    differs=(),
)

"""A good teacher is consistent and patient: it sees what its student sees, and it teaches for long.

Every arm is the consistent one with one thing varied: the teacher's answers to the images as they are, kept under augmentation
(wrong on purpose, the fault of many a logit cache); mixtures of images as well; and a sixth of the epochs, with a whole
schedule in them.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, network
from kdcore.texts import N_

CONSISTENT, FIXED, MIXED, HURRIED = (
    N_("teacher sees the student's view"),
    N_("fixed answers under augmentation"),
    N_("same view, and mixtures of images"),
    N_("same view, a sixth of the epochs"),
)
CONSISTENT_STUDENT, FIXED_STUDENT, MIXED_STUDENT, HURRIED_STUDENT = (
    N_("student of the same view"),
    N_("student of fixed answers"),
    N_("student of the same view and of mixtures"),
    N_("student of a sixth of the epochs"),
)
EPOCHS = 90

PAPER = Paper(
    name="beyer2022",
    title="Beyer et al. 2022",
    citation="Beyer, Zhai, Royer, Markeeva, Anil and Kolesnikov 2022, Knowledge distillation: A good teacher is patient and consistent. CVPR, arXiv:2106.05237",
    asks=N_("Should the teacher see what the student sees, and teach for long?"),
    base=Experiment.from_flat(
        {
            "dataset": "cifar10-jpeg",
            "count": 5000,
            "student": "cnn-tiny",
            "epochs": EPOCHS,
            "batch_size": 64,
            "learning_rate": 0.01,
            "crop": 4,
            "flip": True,
            "teacher": "cifar10-jpeg-cnn-medium",
            "temperature": 1,
            "teacher_weight": 1.0,
            "threads": 1,
        }
    ),
    arms={
        CONSISTENT: {},
        FIXED: {"fixed_logits": True},
        MIXED: {"mixup": 1.0},
        HURRIED: {"epochs": EPOCHS // 6},
    },
    claims=(
        PaperClaim(
            says=N_(
                "The student whose teacher sees the same view errs less than the student of fixed answers."
            ),
            measure="errors",
            less=network(CONSISTENT_STUDENT, CONSISTENT),
            more=network(FIXED_STUDENT, FIXED),
            paper=N_("answers that were computed beforehand fit best in training and worst on new images"),
            source=N_("the comparison of consistent and inconsistent teaching"),
        ),
        PaperClaim(
            says=N_("The student that is taught for long errs less than the one that is taught for a sixth."),
            measure="errors",
            less=network(CONSISTENT_STUDENT, CONSISTENT),
            more=network(HURRIED_STUDENT, HURRIED),
            paper=N_("it gains up to thousands of epochs"),
            source=N_("the comparison of training lengths"),
        ),
        PaperClaim(
            says=N_("The student that is taught on mixtures of images as well errs less."),
            measure="errors",
            less=network(MIXED_STUDENT, MIXED),
            more=network(CONSISTENT_STUDENT, CONSISTENT),
            paper=N_("function matching, with mixtures, is best where training is long"),
            source=N_("the comparison of consistent and inconsistent teaching"),
        ),
    ),
    differs=(
        N_(
            "The paper's student is a ResNet-50, its teacher a large ResNet-152, its images ImageNet's and those of four smaller data sets, its budgets up to 9,600 epochs. Here the student has 6,362 weights and learns from 5,000 images for 90 epochs."
        ),
        N_("As in the paper, the student learns from the teacher's answers alone, at T = 1."),
        N_("There is one teacher: seeds vary the student, not the teacher."),
    ),
)

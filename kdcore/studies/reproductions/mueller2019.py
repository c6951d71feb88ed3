"""Label smoothing makes a better teacher and a worse student: section 4 of the paper, on MNIST.

There a network of fully connected layers learns translated digits and teaches a narrower one on untranslated digits.
Here the label smoothing of the teacher is the one thing varied.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, network
from kdcore.texts import N_

PLAIN, SMOOTHED, SMOOTH_STUDENT = (
    N_("from a plain teacher"),
    N_("from a smoothed teacher"),
    N_("smoothed labels, no teacher"),
)
PLAIN_TEACHER, SMOOTHED_TEACHER = N_("plain teacher"), N_("smoothed teacher")
PLAIN_STUDENT, SMOOTHED_STUDENT = N_("student of the plain teacher"), N_("student of the smoothed teacher")
OWN_SMOOTHING = N_("student of smoothed labels")

PAPER = Paper(
    name="mueller2019",
    title="Müller, Kornblith and Hinton 2019",
    citation="Müller, Kornblith and Hinton 2019, When does label smoothing help? NeurIPS 32, arXiv:1906.02629",
    asks=N_("Does a teacher that was trained with label smoothing know more and teach less?"),
    base=Experiment.from_flat(
        {
            "dataset": "mnist",
            "teacher": "mlp-500x2",
            "teacher_shift": 2,
            "teacher_epochs": 15,
            "teacher_learning_rate": 0.001,
            "student": "mlp-200x2",
            "count": 10_000,
            "epochs": 60,
            "learning_rate": 0.001,
            "temperature": 4,
            "teacher_weight": 0.9,
            "threads": 1,
        }
    ),
    arms={
        PLAIN: {},
        SMOOTHED: {"teacher_label_smoothing": 0.1},
        SMOOTH_STUDENT: {"method": "smooth-labels"},
    },
    claims=(
        PaperClaim(
            says=N_("Label smoothing makes the teacher err less."),
            measure="errors",
            less=network(SMOOTHED_TEACHER, SMOOTHED, "teacher"),
            more=network(PLAIN_TEACHER, PLAIN, "teacher"),
            paper=N_("0.59 % against 0.67 %"),
            source=N_("section 4, MNIST; there the other teacher has dropout instead"),
        ),
        PaperClaim(
            says=N_("Label smoothing makes the teacher better calibrated."),
            measure="ece",
            less=network(SMOOTHED_TEACHER, SMOOTHED, "teacher"),
            more=network(PLAIN_TEACHER, PLAIN, "teacher"),
            paper=N_("ECE 0.024 against 0.150"),
            source=N_("table 3, CIFAR-100"),
        ),
        PaperClaim(
            says=N_("The student of the smoothed teacher errs more."),
            measure="errors",
            less=network(PLAIN_STUDENT, PLAIN),
            more=network(SMOOTHED_STUDENT, SMOOTHED),
            paper=N_("0.74 % against 0.91 %"),
            source=N_("section 4, MNIST"),
        ),
        PaperClaim(
            says=N_("It errs more than a student that learns smoothed labels without a teacher."),
            measure="errors",
            less=network(OWN_SMOOTHING, SMOOTH_STUDENT),
            more=network(SMOOTHED_STUDENT, SMOOTHED),
            paper=N_("no better, and sometimes worse"),
            source=N_("figure 5, CIFAR-10, T = 1 and no labels"),
        ),
    ),
    differs=(
        N_(
            "The two teachers differ in label smoothing (0.1) alone; the paper's plain teacher on MNIST has dropout in its place."
        ),
        N_(
            "The student has two layers of 200 and learns from 10,000 of the digits, where its teacher learned from 55,000, translated by up to two pixels. So even the smoothed teacher knows of images that smoothed labels say nothing of."
        ),
        N_(
            "The paper measures calibration on CIFAR-100, where networks are surer than they are right. A teacher of translated digits is not: smoothing makes it less sure than it is right."
        ),
    ),
    first_teacher_seed=0,
)

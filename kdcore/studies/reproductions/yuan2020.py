"""A virtual teacher and a badly trained one help nearly as much as a good one: tables 4 and 9 of the paper, on CIFAR-10.

Who teaches is the one thing varied: a good network, the same network after one epoch, or a rule that knows the labels and
nothing else.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, network, part_of_gain
from kdcore.texts import N_

GOOD, BAD, VIRTUAL, BELIEVED = (
    N_("from a good teacher"),
    N_("from a badly trained teacher"),
    N_("from a virtual teacher"),
    N_("from a badly trained teacher, T = 4 and weight 0.9"),
)
GOOD_STUDENT, BAD_STUDENT, VIRTUAL_STUDENT, TWIN = (
    N_("student of the good teacher"),
    N_("student of the badly trained teacher"),
    N_("student of the virtual teacher"),
    N_("labels only"),
)
MOST_OF_GAIN = N_("two thirds of the good teacher's gain")
SHARE = 2 / 3
ONE_EPOCH = {"teacher": "cnn-medium", "teacher_epochs": 1, "teacher_learning_rate": 0.0001}

PAPER = Paper(
    name="yuan2020",
    title="Yuan et al. 2020",
    citation="Yuan, Tay, Li, Wang and Feng 2020, Revisiting knowledge distillation via label smoothing regularization. CVPR, arXiv:1909.11723",
    asks=N_(
        "Does a teacher that knows little, or nothing but the labels, help nearly as much as a good one?"
    ),
    base=Experiment.from_flat(
        {
            "dataset": "cifar10-jpeg",
            "student": "mlp-128",
            "epochs": 20,
            "learning_rate": 0.001,
            "teacher": "cifar10-jpeg-cnn-medium",
            "temperature": 20,
            "teacher_weight": 0.16,
            "threads": 1,
        }
    ),
    arms={
        GOOD: {},
        BAD: ONE_EPOCH,
        VIRTUAL: {"method": "virtual-teacher"},
        BELIEVED: ONE_EPOCH | {"temperature": 4, "teacher_weight": 0.9},
    },
    claims=(
        PaperClaim(
            says=N_("A virtual teacher makes the student err less than labels only."),
            measure="errors",
            less=network(VIRTUAL_STUDENT, VIRTUAL),
            more=network(TWIN, GOOD, "twin"),
            paper=N_("29.12 % against 31.62 %"),
            source=N_("table 9, MobileNetV2 on CIFAR-100"),
        ),
        PaperClaim(
            says=N_("It keeps at least two thirds of what a good teacher gains."),
            measure="errors",
            less=network(VIRTUAL_STUDENT, VIRTUAL),
            more=part_of_gain(MOST_OF_GAIN, GOOD, SHARE),
            paper=N_("94 % of the gain: 29.12 % against 28.95 %"),
            source=N_("table 9, MobileNetV2 on CIFAR-100"),
        ),
        PaperClaim(
            says=N_("A badly trained teacher makes the student err less than labels only."),
            measure="errors",
            less=network(BAD_STUDENT, BAD),
            more=network(TWIN, GOOD, "twin"),
            paper=N_("29.35 % against 31.62 %, of a teacher that errs on 84.52 %"),
            source=N_("table 4, MobileNetV2 on CIFAR-100"),
        ),
        PaperClaim(
            says=N_("It keeps at least two thirds of what a good teacher gains."),
            measure="errors",
            less=network(BAD_STUDENT, BAD),
            more=part_of_gain(MOST_OF_GAIN, GOOD, SHARE),
            paper=N_("85 % of the gain: 29.35 % against 28.95 %"),
            source=N_("tables 1 and 4, MobileNetV2 on CIFAR-100"),
        ),
    ),
    differs=(
        N_(
            "The paper's students are MobileNetV2 and others on CIFAR-100, for 200 epochs. Here the student is a perceptron of one hidden layer of 128 on all 45,000 training images of CIFAR-10, for 20 epochs."
        ),
        N_(
            "The good teacher is a CNN that errs on 19 % of the test images; the badly trained one is the same network after one epoch at a low learning rate. There is one of each: seeds vary the student."
        ),
        N_(
            "The paper searches temperature and weight. Here T = 20 and a weight of 0.16 hold for all, with which teacher and labels balance as in the paper's published settings (alpha = 0.95, T = 20, the divergence averaged over 100 classes)."
        ),
        N_(
            "The last row believes the badly trained teacher at T = 4 with a weight of 0.9, which is usual elsewhere."
        ),
    ),
)

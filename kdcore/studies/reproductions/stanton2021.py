"""A student that could match its teacher does not, and matching it better is not doing better: sections 4 and 5 of the paper.

Self-distillation on CIFAR-10: teacher and student are the same network, and the student learns from the teacher's answers
alone. What it is asked about is the one thing varied. About 30 minutes of one core.
"""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, Side, network
from kdcore.texts import N_

SELF, MORE = N_("the teacher's own images"), N_("mixed images as well")
STUDENT, MORE_STUDENT, TWIN, TEACHER = (
    N_("student"),
    N_("student that is asked about mixed images"),
    N_("labels only"),
    N_("teacher"),
)

PAPER = Paper(
    name="stanton2021",
    title="Stanton et al. 2021",
    citation="Stanton, Izmailov, Kirichenko, Alemi and Wilson 2021, Does knowledge distillation really work? NeurIPS 34, arXiv:2106.05945",
    asks=N_(
        "Does a student that could match its teacher exactly do so, and is a better match a better student?"
    ),
    base=Experiment.from_flat(
        {
            "dataset": "cifar10-jpeg",
            "teacher": "mlp-300",
            "teacher_epochs": 20,
            "teacher_learning_rate": 0.001,
            "student": "mlp-300",
            "epochs": 20,
            "learning_rate": 0.001,
            "temperature": 4,
            "teacher_weight": 1.0,
            "threads": 1,
        }
    ),
    arms={SELF: {}, MORE: {"mixup": 1.0}},
    claims=(
        PaperClaim(
            says=N_("The student answers more than one image in twenty otherwise than its teacher."),
            measure="disagreements",
            less=Side(N_("one in twenty"), constant=500),
            more=network(STUDENT, SELF),
            paper=N_("about 27 % of CIFAR-100 (a ResNet-56 taught by a ResNet-56)"),
            source=N_("figure 1a, read from the curve"),
        ),
        PaperClaim(
            says=N_("Asked about more images, it is more like its teacher."),
            measure="disagreements",
            less=network(MORE_STUDENT, MORE),
            more=network(STUDENT, SELF),
            paper=N_("about 25 % against 27 %"),
            source=N_("figure 1a, read from the curve"),
        ),
        PaperClaim(
            says=N_("And it errs more for it."),
            measure="errors",
            less=network(STUDENT, SELF),
            more=network(MORE_STUDENT, MORE),
            paper=N_("about 28 % against 29 %"),
            source=N_("figure 1a, read from the curve"),
        ),
        PaperClaim(
            says=N_("The student errs less than the teacher that it fails to match."),
            measure="errors",
            less=network(STUDENT, SELF),
            more=network(TEACHER, SELF, "teacher"),
            paper=N_("less"),
            source=N_("section 4.1 and figure 1a"),
        ),
    ),
    differs=(),
    teacher_by_seed=True,
)

"""An assistant bridges the gap between a large teacher and a small student: table 1 of the paper, on CIFAR-10.

What teaches the student is the one thing varied: nobody, the teacher, or an assistant that learned from the teacher.
Teacher, student and recipe are those of `cho2019`.
"""

from __future__ import annotations

from kdcore import networks
from kdcore.studies.reproduction import Paper, PaperClaim, network
from kdcore.studies.reproductions import cho2019
from kdcore.texts import N_

DIRECT, ASSISTED = N_("from the teacher"), N_("from the teacher's assistant")
DIRECT_STUDENT, ASSISTED_STUDENT, TWIN = (
    N_("student of the teacher"),
    N_("student of the assistant"),
    N_("labels only"),
)
ASSISTANT = "cnn-medium"
"""By the paper's own rule, near the middle of teacher and student in accuracy."""

PAPER = Paper(
    name="mirzadeh2020",
    title="Mirzadeh et al. 2020",
    citation="Mirzadeh, Farajtabar, Li, Levine, Matsukawa and Ghasemzadeh 2020, Improved knowledge distillation via teacher assistant. AAAI, arXiv:1902.03393",
    asks=N_("Does an assistant of middle size bridge the gap between a large teacher and a small student?"),
    base=cho2019.PAPER.base,
    arms={
        DIRECT: {},
        ASSISTED: {
            "method": "teacher-assistant",
            "parameters": {"assistant": float(networks.names().index(ASSISTANT))},
        },
    },
    claims=(
        PaperClaim(
            says=N_("The assistant's student errs less than the teacher's."),
            measure="errors",
            less=network(ASSISTED_STUDENT, ASSISTED),
            more=network(DIRECT_STUDENT, DIRECT),
            paper=N_("26.49 % against 27.43 %; of ResNets 11.02 % against 11.35 %"),
            source=N_("table 1, CIFAR-10"),
        ),
        PaperClaim(
            says=N_("The assistant's student errs less than one that learns from labels only."),
            measure="errors",
            less=network(ASSISTED_STUDENT, ASSISTED),
            more=network(TWIN, DIRECT, "twin"),
            paper=N_("26.49 % against 29.84 %; of ResNets 11.02 % against 11.48 %"),
            source=N_("table 1, CIFAR-10"),
        ),
        PaperClaim(
            says=N_(
                "Taught by the teacher itself, the student still errs less than one that learns from labels only."
            ),
            measure="errors",
            less=network(DIRECT_STUDENT, DIRECT),
            more=network(TWIN, DIRECT, "twin"),
            paper=N_("27.43 % against 29.84 %; of ResNets 11.35 % against 11.48 %"),
            source=N_("table 1, CIFAR-10"),
        ),
    ),
    differs=(
        N_(
            "The paper's networks are plain CNNs of 10, 4 and 2 layers, and ResNets of 110, 20 and 8. Here the teacher is a slim ResNet-11 (1,110,570 weights), the assistant a plain CNN (279,466), the student a tiny one (6,362)."
        ),
        N_(
            "Assistant and student learn from 5,000 images; the teacher knows 45,000. In the paper all learn from 50,000."
        ),
        N_(
            "The paper searches temperature and weight for each way in 120 trials, and reports the best. Here T = 4 and a weight of 0.9 on the teacher hold for all."
        ),
        N_("There is one teacher: seeds vary the assistant and the student."),
    ),
)

"""The papers made small enough for a test: the same arms and claims on 100 digits, with two epochs."""

from __future__ import annotations

from dataclasses import replace

from kdcore.experiment import Experiment
from kdcore.studies.reproduction import Paper, PaperClaim, network, part_of_gain

SMALL = {"dataset": "digits", "count": 100, "epochs": 2, "threads": 1}

TINY = Paper(
    name="tiny",
    title="Nobody 2026",
    citation="Nobody 2026, an example for tests",
    asks="Does a warmer teacher teach better?",
    base=Experiment.from_flat({**SMALL, "teacher": "digits-mlp-300", "student": "mlp-10", "epochs": 5}),
    arms={"warm": {}, "hot": {"temperature": 20}},
    claims=(
        PaperClaim(
            says="Taught warmly, it errs less than alone.",
            measure="errors",
            less=network("warm student", "warm"),
            more=network("labels only", "warm", "twin"),
            paper="1 % against 2 %",
            source="table 1",
        ),
        PaperClaim(
            says="Taught hotly, it keeps half of the gain.",
            measure="errors",
            less=network("hot student", "hot"),
            more=part_of_gain("half of the gain", "warm", 0.5),
            paper="all of it",
            source="table 2",
        ),
        PaperClaim(
            says="Warmth brings it nearer to the teacher than heat.",
            measure="disagreements",
            less=network("warm student", "warm"),
            more=network("hot student", "hot"),
            paper="yes",
            source="figure 1",
        ),
    ),
    differs=("Everything.",),
    seeds=2,
)


def on_digits(paper: Paper) -> Paper:
    """The paper on 100 digits: its arms keep what they vary, with small teachers."""
    base = paper.base.with_flat(**SMALL, teacher="digits-mlp-300", teacher_epochs=1)
    if paper.first_teacher_seed is not None:
        base = base.with_flat(teacher="mlp-30")
    arms = {
        arm: {name: value for name, value in changes.items() if name != "teacher_epochs"}
        | ({"teacher": "mlp-30"} if "teacher" in changes else {})
        for arm, changes in paper.arms.items()
    }
    return replace(paper, base=base, arms=arms)

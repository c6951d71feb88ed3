"""Hand-ins as tests need them: runs with figures that are chosen, not trained."""

from __future__ import annotations

import json
from typing import Any

from kdcore.classroom.submission import FrozenRun, LessonAnswer, Submission
from kdcore.experiment import Experiment

ANSWERED = LessonAnswer(
    kind="prediction",
    asks="Which digit is most like a 2?",
    lesson="dark-knowledge",
    step="guess-alike",
    answer="the 3",
    prediction=0,
    measured="You expected: the 3. It is.",
    as_expected=True,
)
LEFT_OUT = LessonAnswer(kind="reflection", asks="What surprised you?", lesson="dark-knowledge")


def frozen(
    run_id: str = "run-1",
    student: int = 20,
    twin: int = 40,
    *,
    nll: float = 0.3,
    changed: bool = False,
    status: str = "finished",
    experiment: Experiment | None = None,
    **flat: Any,
) -> FrozenRun:
    """A finished run with these test errors of 360, and any fields of the experiment."""
    of = (experiment or Experiment()).with_flat(**flat)
    figures = {
        role: {
            "test_errors": errors,
            "test_images": 360,
            "test_nll": found_nll,
            "test_accuracy": 1 - errors / 360,
            "test_ece": 0.05,
        }
        for role, errors, found_nll in (
            ("teacher", 8, 0.1),
            ("twin", twin, 2 * nll),
            ("student", student, nll),
        )
    }
    return FrozenRun(
        id=run_id,
        title="made",
        status=status,
        created=1_700_000_000.0,
        experiment=json.loads(of.to_json()),
        experiment_hash=of.hash,
        changed=changed,
        dataset_title="Digits",
        device="cpu",
        threads=1,
        precision="float32",
        epochs=10.0,
        networks=figures,
    ).with_digest()


def handed_in(
    *runs: FrozenRun, student: str = "clear flask", answers: tuple[LessonAnswer, ...] = ()
) -> Submission:
    """A hand-in of these runs."""
    return Submission.hand_in(
        student, answers, runs or (frozen(),), classroom="Monday", moment=1_700_000_000.0
    )

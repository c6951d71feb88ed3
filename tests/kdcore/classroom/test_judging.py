"""Pass, fail or cannot tell, each for its reason."""

from __future__ import annotations

import json

import pytest

from kdcore.classroom.claims import read_claim, read_claims
from kdcore.classroom.judging import ClaimGrade, broken_limits, judge, recorded
from kdcore.classroom.submission import FrozenRun
from kdcore.experiment import Experiment
from tests.kdcore.classroom.handed_in import ANSWERED, LEFT_OUT, frozen, handed_in

MNIST = Experiment().with_flat(dataset="mnist", count=5000)


def grade(claim: str, *runs: FrozenRun) -> ClaimGrade:
    submission = handed_in(*runs, answers=(ANSWERED, LEFT_OUT))
    [found] = judge(submission, [recorded(run) for run in submission.runs], [read_claim(claim)])
    return found


def seeds(*figures: tuple[int, int], **flat: object) -> list[FrozenRun]:
    """Runs of one recipe, student and twin errors by seed."""
    return [
        frozen(f"seed-{seed}", student, twin, init_seed=seed, order_seed=seed, **flat)
        for seed, (student, twin) in enumerate(figures)
    ]


@pytest.mark.parametrize(
    ("claim", "verdict", "why"),
    [
        ("errors(student) < errors(twin)", "pass", "Run run-1: 20 against 40."),
        ("errors(student) > errors(twin)", "fail", "20 against 40"),
        ("nll(student) <= 0.3", "pass", "0.3 against 0.3"),
        ("nll(student) < 0.3", "fail", "0.3 against 0.3"),
        ("errors(student) = 20", "pass", "20 against 20"),
        ("errors(student) < 30 on mnist", "cannot tell", "No run that was handed in is on mnist."),
        ("kl(student) < 1", "cannot tell", "has no kl of these networks"),
        ("T in 2..8", "pass", "So in 1 run."),
        ("T in 5..8", "fail", "Run run-1 has T = 4."),
        ("T = 4", "pass", ""),
        ("count <= 100", "fail", "has count = all"),
        ("flip = 0", "pass", ""),
        ("method = soft-targets", "pass", ""),
        ("method = hint", "fail", "has method = soft-targets"),
        ("epochs <= 5 on mnist", "cannot tell", "No run that was handed in is on mnist."),
        ("runs = 1", "pass", "There is 1 run."),
        ("predictions(dark-knowledge) >= 1", "pass", "Answered: 1 of 1."),
        ("predictions() >= 2", "fail", "Answered: 1 of 1."),
        ("reflections() >= 1", "fail", "Answered: 0 of 1."),
        (
            "errors(student) < errors(twin), 2 seeds",
            "cannot tell",
            "It takes 2 seeds of one recipe; there are 1",
        ),
    ],
)
def test_of_one_run(claim: str, verdict: str, why: str) -> None:
    found = grade(claim, frozen())
    assert (found.claim, found.verdict) == (claim, verdict)
    assert why in found.why


def test_one_good_run_is_enough_for_a_figure_and_one_bad_setting_too_many() -> None:
    runs = (frozen("good", 10), frozen("bad", 90, temperature=20))
    assert grade("errors(student) <= 15", *runs) == ClaimGrade(
        "errors(student) <= 15", "pass", "Run good: 10 against 15."
    )
    assert grade("errors(student) <= 5", *runs).why == "Run good: 10 against 5.", "the nearest is told"
    assert grade("T in 2..8", *runs).verdict == "fail"


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (frozen(status="stopped"), "it is stopped, not finished"),
        (frozen(changed=True), "settings were changed while it trained"),
        (frozen(fault="kl-reversed"), "it has a fault on purpose"),
    ],
)
def test_figures_that_count_for_nothing(run: FrozenRun, why: str) -> None:
    found = grade("errors(student) < errors(twin)", run)
    assert found.verdict == "cannot tell"
    assert why in found.why


def test_a_setting_that_was_changed_cannot_be_told() -> None:
    assert grade("T in 2..8", frozen(changed=True)).verdict == "cannot tell"
    assert grade("epochs <= 40", frozen(changed=True)).verdict == "pass", (
        "it cannot be changed while it trains"
    )


def test_settings_that_cannot_be_read_keep_to_nothing() -> None:
    broken = frozen().model_copy(update={"experiment": {"temperature": -1}}).with_digest()
    found = grade("T in 2..8", broken)
    assert found.verdict == "cannot tell"
    assert "cannot be read" in found.why


def test_seeds_claim_by_the_projects_own_rule() -> None:
    claim = "errors(student) < errors(twin), 3 seeds"
    assert grade(claim, *seeds((20, 40), (22, 44), (19, 38))).verdict == "pass"
    wavering = grade(claim, *seeds((20, 40), (39, 41), (38, 39)))
    assert wavering.verdict == "cannot tell"
    assert "seeds could tell" in wavering.why
    assert grade(claim, *seeds((40, 20), (44, 22), (38, 19))).verdict == "fail"
    assert grade(claim, *seeds((20, 40), (20, 40), (20, 40))).verdict == "cannot tell", "no spread to test by"
    assert (
        grade("errors(student) > errors(twin), 3 seeds", *seeds((40, 20), (44, 21), (38, 19))).verdict
        == "pass"
    )
    assert grade("errors(student) <= 25, 3 seeds", *seeds((20, 40), (22, 44), (19, 38))).verdict == "pass"


def test_seeds_are_those_of_one_recipe() -> None:
    two = seeds((20, 40), (22, 44)) + seeds((19, 38), temperature=2)
    found = grade("errors(student) < errors(twin), 3 seeds", *two)
    assert (found.verdict, found.why) == (
        "cannot tell",
        "It takes 3 seeds of one recipe; there are 2 of them.",
    )


def test_nobody_picks_the_best_where_the_seeds_are_named() -> None:
    runs = seeds((60, 40), (20, 40), (22, 44), (19, 38))[1:]
    assert grade("errors(student) < errors(twin), 3 seeds", *runs).verdict == "pass"
    named = grade("errors(student) < errors(twin), seeds 0..2", *runs)
    assert (named.verdict, named.why) == (
        "cannot tell",
        "It takes the seeds 0 to 2 of one recipe; there are 2 of them.",
    )


def test_claims_over_seeds_are_corrected_together() -> None:
    runs = seeds((20, 41), (22, 33), (19, 50))
    submission = handed_in(*runs)
    judged = [recorded(run) for run in submission.runs]
    alone = read_claim("errors(student) < errors(twin), 3 seeds")
    others = [read_claim(f"errors(student) < {n}, 3 seeds") for n in range(1, 10)]
    assert judge(submission, judged, [alone])[0].verdict == "pass"
    assert judge(submission, judged, [alone, *others])[0].verdict == "cannot tell"


def test_runs_that_break_a_limit_are_told_apart() -> None:
    asked = read_claims("epochs <= 40\nT in 2..8 on mnist").public
    runs = [
        recorded(run)
        for run in (frozen("a"), frozen("b", epochs=50), frozen("c", experiment=MNIST, temperature=9))
    ]
    assert [run.run.id for run in broken_limits(runs, asked)] == ["b", "c"]


def test_absurd_figures_are_judged_without_an_error() -> None:
    run = json.loads(frozen().model_dump_json())
    run["networks"]["student"]["test_errors"] = -(10**15)
    run["networks"]["twin"] = {}
    odd = FrozenRun.model_validate(run).with_digest()
    assert grade("errors(student) < 5", odd).verdict == "pass", "the seal and training again are against that"
    assert grade("errors(student) < errors(twin)", odd).verdict == "cannot tell"

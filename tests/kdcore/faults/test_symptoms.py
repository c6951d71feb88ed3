"""Each fault shows as its card says: measured in runs of a second on digits, beside a sound one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from kdcore.errors import TrainingDiverged
from kdcore.faults.registry import faults
from tests.kdcore.faults.faulty_runs import SHORT, Measured, events_of
from tests.kdcore.faults.suited import suited


@cache
def run(name: str, fault: str = "", **changes: float | str) -> Measured:
    """A run that suits the fault of that name, sound unless it is named again."""
    experiment = suited(name, SHORT).with_flat(fault=fault, **changes)
    return Measured(events_of(experiment, Path(mkdtemp())))


def pair(name: str, **changes: float | str) -> tuple[Measured, Measured]:
    """The sound run and the one with the fault."""
    return run(name, **changes), run(name, name, **changes)


def t_squared_left_out() -> None:
    sound, faulty = pair("t-squared-left-out", temperature=4.0)
    assert faulty.gradients("teacher")[0] == pytest.approx(sound.gradients("teacher")[0] / 16, rel=1e-3)


def stored_logits_shuffled() -> None:
    sound, faulty = pair("stored-logits-shuffled")
    assert faulty.term("soft targets")[-1] > 5 * sound.term("soft targets")[-1]
    assert faulty.student("test_errors") > 2 * faulty.twin("test_errors")


def shorter_twin() -> None:
    sound, faulty = pair("shorter-twin")
    errors = faulty.validation_errors("twin")
    later = errors[len(errors) * 2 // 3 :]  # the optimiser's momentum carries it on for some steps
    assert max(later) - min(later) <= 2
    assert faulty.gradients("labels", "twin")[-1] == 0 < sound.gradients("labels", "twin")[-1]
    assert faulty.twin("test_errors") > sound.twin("test_errors")
    assert faulty.student("test_errors") == sound.student("test_errors")


def averaged_over_classes() -> None:
    sound, faulty = pair("averaged-over-classes")
    assert faulty.term("soft targets")[0] == pytest.approx(sound.term("soft targets")[0] / 10, rel=0.01)
    assert faulty.gradients("teacher")[0] == pytest.approx(sound.gradients("teacher")[0] / 10, rel=1e-3)


def kl_reversed() -> None:
    sound, faulty = pair("kl-reversed")
    assert abs(faulty.term("soft targets")[0] / sound.term("soft targets")[0] - 1) > 0.05
    assert faulty.student("test_kl") > 1.2 * sound.student("test_kl")


def temperature_on_one_side() -> None:
    _sound, faulty = pair("temperature-on-one-side")
    assert faulty.student("test_nll") > 1.5 * faulty.twin("test_nll")
    assert faulty.student("test_errors") <= faulty.twin("test_errors")
    assert faulty.student("fitted_temperature") < 0.5


def student_on_both_sides() -> None:
    _sound, faulty = pair("student-on-both-sides")
    assert max(faulty.term("soft targets")) < 1e-6
    assert max(faulty.gradients("teacher")) == 0
    assert faulty.student("test_nll") == pytest.approx(faulty.twin("test_nll"), rel=0.01)


def arguments_swapped() -> None:
    _sound, faulty = pair("arguments-swapped")
    assert faulty.term("soft targets")[-1] < faulty.term("soft targets")[0] / 2
    assert max(faulty.gradients("teacher")) == 0


def log_of_softmax() -> None:
    sound, faulty = pair("log-of-softmax", temperature=4.0)
    assert faulty.same_networks(sound)
    run("log-of-softmax")
    with pytest.raises(TrainingDiverged, match=r"became (nan|inf)"):
        run("log-of-softmax", "log-of-softmax")


def softmax_twice() -> None:
    sound, faulty = pair("softmax-twice")
    assert min(faulty.term("labels")) > 1.46 > 10 * sound.term("labels")[-1]
    assert faulty.gradients("labels")[0] < sound.gradients("labels")[0] / 5


def product_of_networks() -> None:
    _sound, faulty = pair("product-of-networks")
    assert faulty.term("soft targets")[-1] < 1e-3
    assert faulty.student("test_nll") > 3 * faulty.twin("test_nll")


def random_labels() -> None:
    sound, faulty = pair("random-labels")
    assert min(faulty.term("labels")) > 2.2
    assert faulty.term("soft targets")[-1] < faulty.term("soft targets")[0] / 10
    assert sound.term("labels")[-1] < 0.2


def weight_reversed() -> None:
    sound, faulty = pair("weight-reversed")
    first = [
        (one.term("labels", scaled=True)[0], one.term("soft targets", scaled=True)[0])
        for one in (sound, faulty)
    ]
    assert first[1][0] == pytest.approx(9 * first[0][0], rel=1e-3)
    assert first[1][1] == pytest.approx(first[0][1] / 9, rel=1e-3)
    assert run("weight-reversed", "weight-reversed", teacher_weight=0.5).same_networks(
        run("weight-reversed", teacher_weight=0.5)
    )


def stored_logits_under_augmentation() -> None:
    sound, faulty = pair("stored-logits-under-augmentation")
    assert faulty.term("soft targets")[-1] > 5 * sound.term("soft targets")[-1]


def teacher_in_training_mode() -> None:
    sound, faulty = pair("teacher-in-training-mode")
    assert faulty.term("soft targets")[-1] > 1.2 * sound.term("soft targets")[-1]


def teacher_learns_along() -> None:
    sound, faulty = pair("teacher-learns-along")
    assert max(faulty.gradients("teacher", "learning teacher")) > 0.1
    errors = faulty.validation_errors("learning teacher")
    assert errors[-1] > 2 * errors[0]
    assert faulty.term("soft targets")[-1] < sound.term("soft targets")[-1] / 10
    assert faulty.student("test_errors") > 2 * sound.student("test_errors")


def logits_averaged() -> None:
    sound, faulty = pair("logits-averaged")
    first = faulty.term("common answer")[0], sound.term("common answer")[0]
    assert 0.01 < abs(first[0] / first[1] - 1) < 0.2
    assert abs(faulty.student("test_errors") - sound.student("test_errors")) <= 5


def chosen_on_test() -> None:
    sound, faulty = pair("chosen-on-test")
    assert sound.twin("val_errors") == min(sound.validation_errors("twin"))
    assert faulty.twin("val_errors") > min(faulty.validation_errors("twin"))
    for role in ("twin", "student"):
        assert faulty.results[role]["test_errors"] < sound.results[role]["test_errors"]


ALL = (
    arguments_swapped, averaged_over_classes, chosen_on_test, kl_reversed, log_of_softmax, logits_averaged, product_of_networks,
    random_labels, shorter_twin, softmax_twice, stored_logits_shuffled, stored_logits_under_augmentation, student_on_both_sides,
    t_squared_left_out, teacher_in_training_mode, teacher_learns_along, temperature_on_one_side, weight_reversed,
)  # fmt: skip
SYMPTOMS: dict[str, Callable[[], None]] = {test.__name__.replace("_", "-"): test for test in ALL}


def test_every_fault_has_its_symptom_measured() -> None:
    assert SYMPTOMS.keys() == faults().keys()
    assert len(SYMPTOMS) >= 18


@pytest.mark.parametrize("name", faults())
def test_it_shows_as_its_card_says(name: str) -> None:
    SYMPTOMS[name]()

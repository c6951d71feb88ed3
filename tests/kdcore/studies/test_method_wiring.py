"""What a method touches, found by trying: against what its card and its paper say."""

from __future__ import annotations

import pytest

from kdcore.errors import InvalidExperiment
from kdcore.methods.registry import methods
from kdcore.methods.settings import setting
from kdcore.studies.method_wiring import ADAPTER, BEFORE, LABELS, Source, wired


def reads(method: str, stage: int = 0, **settings: float) -> dict[tuple[str, str], set[Source]]:
    """By network and name of the term."""
    _stage, wiring = wired(method, tuple(settings.items()))[stage]
    return {(wire.network, wire.name): set(wire.reads) for wire in wiring.wires}


LOGITS = ("student", "logits")


@pytest.mark.parametrize("method", methods())
def test_every_term_of_every_method_reads_something_of_its_own_stage(method: str) -> None:
    for stage, wiring in wired(method):
        there = {*stage.learns, *stage.frozen, "", ADAPTER}
        assert wiring.wires
        for wire in wiring.wires:
            assert wire.reads, wire.name
            assert {network for network, _point in wire.reads} <= there
            if wire.side == "teacher":
                assert wire.reads - {LABELS}, wire.name


def test_a_label_term_reads_labels_and_logits_and_no_teacher() -> None:
    assert reads("hint")["student", "labels"] == {LABELS, LOGITS}


def test_responses_are_compared_at_the_logits() -> None:
    assert reads("soft-targets")["student", "soft targets"] == {LOGITS, ("teacher", "logits")}
    assert LABELS in reads("decoupled")["student", "target (TCKD)"]
    assert reads("mutual-learning")["peer", "peer"] == {LOGITS, ("peer", "logits")}


@pytest.mark.parametrize("point", ["early", "last", "penultimate"])
def test_a_hint_goes_through_its_adapter_at_the_chosen_point(point: str) -> None:
    settings = {"point": setting("hint", "point", point)}
    assert reads("hint", 0, **settings)["student", "hint"] == {
        ("student", point),
        ("teacher", point),
        (ADAPTER, "hint"),
    }
    [(_stage, wiring)] = wired("hint", tuple(settings.items()))
    assert wiring.feeds == (("hint", frozenset({("student", point)})),)


def test_a_discriminator_is_fed_by_both() -> None:
    [(_stage, wiring)] = wired("adversarial")
    assert dict(wiring.feeds)["discriminator"] == {LOGITS, ("teacher", "logits")}
    assert wiring.images == ()


def test_a_generator_makes_what_both_are_asked_about() -> None:
    [(_stage, wiring)] = wired("data-free")
    made = {(ADAPTER, "generator")}
    assert dict(wiring.images) == {"teacher": made, "student": made}
    assert all(LABELS not in wire.reads for wire in wiring.wires)


def test_what_a_network_said_before_the_stage_is_told_from_what_it_says_now() -> None:
    assert reads("self-last-epoch", 0) == {("student", "labels"): {LABELS, LOGITS}}
    assert reads("self-last-epoch", 1)["student", "own last epoch"] == {LOGITS, ("student", BEFORE)}
    assert reads("pseudo-labels", 0)["student", "pseudo-labels"] == {LOGITS, ("teacher", "logits")}


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidExperiment, match="no setting 'weight'"):
        wired("hint", (("weight", 1.0),))

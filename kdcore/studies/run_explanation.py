"""Why a run came out as it did, as far as its own record shows: what the labels had left to teach, and what the teacher added.

One run explains nothing for certain: these sentences say what was measured beside the outcome, and what would tell more is
a sweep with controls.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kdcore.experiment import Experiment
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.studies.run_conclusion import Results, Say
from kdcore.texts import N_, listing, together

NEWEST = 5
"""A batch's loss is noisy: so many of the newest are averaged."""
USED_UP = 0.2
"""Below this share of its test NLL, a network's loss on its own batches says that it has learned them by heart."""
HARDLY_SOFT = 0.01
"""Below this share of its belief on other classes a teacher says hardly more than a label."""


@dataclass(frozen=True)
class TrainingFacts:
    """What the record of a run says of how its networks learned; None of what it does not.

    Attributes:
        twin_loss: the twin's cross-entropy with the labels of its newest batches, nats per image.
        softness: the share of its belief that the teacher leaves to classes other than its answer, at the run's
            temperature, a mean over the pinned images.
        pinned: how many these are.
        temperature: at the end of the run.
        teacher_share: the teacher's part of the two sides' gradient norms on the student, at the end.
        omitted: classes of which no image was trained on.
    """

    twin_loss: float | None = None
    softness: float | None = None
    pinned: int = 0
    temperature: float = 1.0
    teacher_share: float | None = None
    omitted: Sequence[int] = ()


def training_facts(
    experiment: Experiment, points: Iterable[Point], events: Iterable[StoredEvent]
) -> TrainingFacts:
    """Gathered from a run's points and events, oldest first."""
    values: dict[tuple[str, str], list[float]] = {}
    for point in points:
        if point.phase == "students" and point.value is not None:
            values.setdefault((point.role, point.series), []).append(point.value)
    temperature, logits = experiment.temperature, []
    for event in events:
        if event.kind == "Pinned":
            logits = event.payload["teacher_logits"]
        if event.kind == "HotChange" and event.payload["setting"] == "temperature":
            temperature = float(event.payload["value"])
    losses = values.get(("twin", "loss.labels.raw"), [])[-NEWEST:]
    return TrainingFacts(
        twin_loss=sum(losses) / len(losses) if losses else None,
        softness=_mean([_softness(of_one, temperature) for of_one in logits]),
        pinned=len(logits),
        temperature=temperature,
        teacher_share=_teacher_share(values),
        omitted=experiment.omit,
    )


def _teacher_share(values: Mapping[tuple[str, str], Sequence[float]]) -> float | None:
    sides = {
        series.removeprefix("grad.side."): found[-1]
        for (role, series), found in values.items()
        if role == "student" and series.startswith("grad.side.")
    }
    whole = sum(sides.values())
    return sides["teacher"] / whole if "teacher" in sides and whole > 0 else None


def _softness(logits: Sequence[float], temperature: float) -> float:
    """1 − the greatest probability of softmax(logits / T)."""
    highest = max(logits)
    return 1 - 1 / sum(math.exp((z - highest) / temperature) for z in logits)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def explanation(facts: TrainingFacts, results: Results, *, soft: bool, say: Say = str) -> str:
    """Why, in sentences; empty where the run was not tested, or its record says nothing.

    soft: whether the method learns from the teacher's beliefs at a temperature.
    """
    if "student" not in results or "twin" not in results:
        return ""
    sentences = [_omitted(facts, results, soft, say) or _labels(facts, results["twin"], say)]
    if soft and "teacher" in results:
        no_better = _no_better_teacher(results, say)
        sentences = [no_better, *sentences, "" if no_better else _teacher(facts, say), _pull(facts, say)]
    return together(sentences, say)


def _no_better_teacher(results: Results, say: Say) -> str:
    """That the teacher errs no less than who learned from the labels alone: then there is little to be had from it."""
    own, twins = results["teacher"]["test_errors"], results["twin"]["test_errors"]
    if own < twins:
        return ""
    template = (
        N_("The teacher errs as often as the twin, which learned from the labels alone ({own} errors): it has little to teach here.")
        if own == twins
        else N_("The teacher errs more than the twin, which learned from the labels alone ({own} errors against {twins}): it has little to teach here.")
    )  # fmt: skip
    return say(template).format(own=own, twins=twins)


def _omitted(facts: TrainingFacts, results: Results, soft: bool, say: Say) -> str:
    """What labels and teacher said of classes that were left out; that decides more than anything else."""
    classes = results.get("dataset", {}).get("classes", [])
    if not facts.omitted or not classes:
        return ""
    template = (
        N_("Student and twin were shown no image of {names}. No label names what was left out, so the twin never learns to answer it; the teacher's soft targets on the other images do name it.")
        if soft
        else N_("Student and twin were shown no image of {names}. No label names what was left out, so the twin never learns to answer it.")
    )  # fmt: skip
    return say(template).format(names=listing((str(classes[c]) for c in facts.omitted), say))


def _labels(facts: TrainingFacts, twin: Mapping[str, Any], say: Say) -> str:
    """What the labels had left to teach at the end."""
    if facts.twin_loss is None:
        return ""
    template = (
        N_("The labels had little left to teach: at the end the twin's loss was {own} on its own batches, and {test} on test images.")
        if facts.twin_loss <= USED_UP * twin["test_nll"]
        else N_("The labels were not used up: at the end the twin's loss was {own} on its own batches, and {test} on test images.")
    )  # fmt: skip
    return say(template).format(own=f"{facts.twin_loss:.2g}", test=f"{twin['test_nll']:.2g}")


def _teacher(facts: TrainingFacts, say: Say) -> str:
    """What the soft targets say beyond a label."""
    if facts.softness is None:
        return ""
    template = (
        N_("At T = {T} the teacher leaves {share} % of its belief to classes other than its answer ({n} pinned images): this is what it tells beyond a label.")
        if facts.softness >= HARDLY_SOFT
        else N_("At T = {T} the teacher leaves only {share} % of its belief to classes other than its answer ({n} pinned images): it tells hardly more than a label.")
    )  # fmt: skip
    return say(template).format(
        T=f"{facts.temperature:g}", share=f"{100 * facts.softness:.2g}", n=facts.pinned
    )


def _pull(facts: TrainingFacts, say: Say) -> str:
    """How much of what moved the student came from the teacher."""
    if facts.teacher_share is None:
        return ""
    return say(N_("At the end {share} % of the student's gradient came from the teacher's side.")).format(
        share=f"{100 * facts.teacher_share:.0f}"
    )

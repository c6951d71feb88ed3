"""What the report says about one run, computed from its record."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.export.html_report.curves import error_chart, loss_chart
from kdcore.export.html_report.setting_text import field_name, setting_text, value_text
from kdcore.export.html_report.svg_chart import LineChart
from kdcore.export.recorded_run import RecordedRun
from kdcore.export.run_link import run_link
from kdcore.faults.badge import badge
from kdcore.plan import Card
from kdcore.runs import run_names
from kdcore.studies.run_conclusion import conclusion_of
from kdcore.texts import N_
from kdcore.translation import ENGLISH, say, say_count, spoken_language, translated_sentence

ROLES = ("teacher", "twin", "student")
ALWAYS_SHOWN = ("dataset", "teacher", "student", "method", "temperature", "teacher_weight", "init_seed")
"""Fields of the short recipe whether they differ from the defaults or not."""


@dataclass(frozen=True)
class TestFigures:
    """What a network makes of the test images.

    Attributes:
        role: teacher, twin, student or another.
        network: its architecture's name.
        errors: test images with a wrong answer.
        images: all test images.
        accuracy: share of right answers.
        nll: mean negative log-likelihood of the labels, in nats.
        ece: expected calibration error, a share.
    """

    role: str
    network: str
    errors: int
    images: int
    accuracy: float
    nll: float
    ece: float


@dataclass(frozen=True)
class NetworkCosts:
    """What a network costs.

    Attributes:
        role: teacher or student.
        network: its architecture's name.
        parameters: how many numbers it has learned.
        macs: multiply-adds per image.
        kilobytes: the size of its weights.
        latencies: the median time of one image and of 128, as text; a dash where it was not measured.
    """

    role: str
    network: str
    parameters: int
    macs: int
    kilobytes: float
    latencies: tuple[str, str]


@dataclass(frozen=True)
class RecipeRow:
    """A field of the experiment: its name, its value and its help as they read, and whether it differs from the default."""

    name: str
    value: str
    help: str
    changed: bool


@dataclass(frozen=True)
class RunReport:
    """Everything that the report says about a run.

    Attributes:
        title: method, networks and images in one line.
        facts: which run it is, when and where it ran, and how it ended.
        fault: the mark of a fault on purpose, or of the riddle of one; empty of a sound run.
        link: the address of its page.
        error: why it failed; empty where it did not.
        tested: what its networks make of the test images.
        conclusion: student against twin by errors and by NLL, in sentences; empty where one of them is missing, and of a run with a fault.
        validation_errors: the curves of validation errors.
        loss_terms: the curves of the loss terms.
        hot_changes: the settings that were changed while it ran.
        costs: what teacher and student cost.
        card: what the method is.
        short_recipe: the fields that make the run what it is.
        recipe: all fields.
        experiment_json: the experiment, to load or to run again.
    """

    title: str
    facts: list[str]
    fault: str
    link: str
    error: str
    tested: list[TestFigures]
    conclusion: str
    validation_errors: LineChart
    loss_terms: LineChart
    hot_changes: list[dict[str, Any]]
    costs: list[NetworkCosts]
    card: Card
    short_recipe: list[RecipeRow]
    recipe: list[RecipeRow]
    experiment_json: str


def run_report(record: RecordedRun, server: str) -> RunReport:
    """What the report says about a run whose page is on `server`."""
    experiment = record.run.experiment
    recipe = _recipe(experiment)
    return RunReport(
        title=_title(record),
        facts=_facts(record),
        fault=badge(experiment.fault, say),
        link=run_link(record, server),
        error=translated_sentence(record.run.error, spoken_language() or ENGLISH),
        tested=_tested(record),
        conclusion=""
        if experiment.fault
        else conclusion_of(record.run, changed=bool(record.payloads("HotChange")), say=say, count=say_count),
        validation_errors=error_chart(record),
        loss_terms=loss_chart(record),
        hot_changes=record.payloads("HotChange"),
        costs=_costs(record),
        card=_card(experiment),
        short_recipe=[row for name, row in recipe.items() if name in ALWAYS_SHOWN or row.changed],
        recipe=list(recipe.values()),
        experiment_json=experiment.model_dump_json(indent=1),
    )


def _title(record: RecordedRun) -> str:
    from kdcore.methods.stages import asks_teacher

    experiment, results = record.run.experiment, record.run.results
    dataset = results.get("dataset", {}).get("title", experiment.dataset)
    template = (
        say(N_("{method}: {student} learns from {teacher} ({dataset})"))
        if asks_teacher(experiment)
        else say(N_("{method}: {student} ({dataset})"))
    )
    return template.format(
        method=say(_card(experiment).title),
        student=experiment.student,
        teacher=experiment.teacher,
        dataset=say(dataset),
    )


def _card(experiment: Experiment) -> Card:
    from kdcore.methods.registry import method

    return method(experiment.method).CARD


def _facts(record: RecordedRun) -> list[str]:
    run, results = record.run, record.run.results
    created = time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.created))
    member = ", ".join(setting_text(*setting) for setting in run_names.member_setting(run).items())
    facts = [
        *filter(None, (run.title, member)),
        say(N_("Run {id}")).format(id=run.id),
        f"{created} UTC",
        say(run.status),
    ]
    if "epochs" in results:
        facts.append(
            say(N_("{n} of {all} epochs")).format(
                n=f"{results['epochs']:g}", all=run.experiment.recipe.epochs
            )
        )
    if run.device:
        precision = results.get("precision", run.precision)
        threads = results.get("threads", run.threads)
        facts += [run.device, say(N_("threads: {n}")).format(n=threads), *([precision] if precision else [])]
    return facts


def _tested(record: RecordedRun) -> list[TestFigures]:
    results = record.run.results
    tested = [
        role for role, facts in results.items() if isinstance(facts, Mapping) and "test_errors" in facts
    ]
    order = [*(role for role in ROLES if role in tested), *(role for role in tested if role not in ROLES)]
    return [
        TestFigures(
            role,
            results[role]["network"],
            results[role]["test_errors"],
            results[role]["test_images"],
            results[role]["test_accuracy"],
            results[role]["test_nll"],
            results[role]["test_ece"],
        )
        for role in order
    ]


def _costs(record: RecordedRun) -> list[NetworkCosts]:
    results = record.run.results
    return [
        NetworkCosts(
            role,
            results[role]["network"],
            results[role]["parameters"],
            results[role]["macs"],
            results[role]["bytes"] / 1000,
            (_latency(results[role], "1"), _latency(results[role], "128")),
        )
        for role in ("teacher", "student")
        if role in results
    ]


def _latency(results: Mapping[str, Any], batch: str) -> str:
    latency = results.get("latency", {})
    if batch not in latency:
        return "–"
    template = say(N_("{n} ms (disturbed)")) if latency.get("disturbed") else "{n} ms"
    return template.format(n=f"{1000 * latency[batch]['p50']:.3g}")


def _recipe(experiment: Experiment) -> dict[str, RecipeRow]:
    """Every field of the experiment by its flat name."""
    changed = experiment.changes()
    return {
        name: RecipeRow(
            field_name(name),
            value_text(value, name),
            say(FLAT_FIELDS[name].help),
            changed=name in changed,
        )
        for name, value in experiment.flat().items()
    }

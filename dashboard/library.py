"""What the pages ask of kdcore: the manager, the curves, and the catalogues behind the pickers.

Torch stays out of the page's path. The modules that need it are imported once, in a thread of their own, when the
server starts (`warm_up`); until they are there the pickers show names without figures.
"""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from dashboard.curves import Curve, Curves
from dashboard.roles import STUDENT, TEACHER, TWIN
from dashboard.sentences import size_of
from dashboard.texts import _
from kdcore import catalogue, teachers
from kdcore.errors import DataUnavailable, InvalidExperiment, NetworkRefused, StillroomError
from kdcore.experiment import Experiment
from kdcore.runs import manager as runs_manager
from kdcore.runs.store import Point, Run, runs_folder
from kdcore.runs.worker import SPEED

if TYPE_CHECKING:
    from kdcore.networks import Facts
    from kdcore.plan import Card, Stage
    from kdcore.runs.manager import Manager
    from kdcore.studies.compare import Comparison
    from kdcore.studies.wiring import Wiring

BEHIND_TORCH = ("kdcore.networks", "kdcore.methods", "kdcore.distillation", "kdcore.race", "kdcore.costs", "kdcore.knowledge", "scipy.cluster.hierarchy", "scipy.optimize")  # fmt: skip
TEACHERS_FIELDS = ("temperature", "teacher_weight")
DEFAULT_TEACHER, DEFAULT_STUDENT = "mlp-1200x2", "mlp-30"
SMALL_TEACHER, SMALL_STUDENT = "cnn-small", "cnn-tiny"
"""Networks for methods that compare maps: quick to train, and with features at every point."""
_imported = Event()
_speed: dict[str, float] = {}


def warm_up() -> Thread:
    """Import what needs torch, in the background; then freeze the heap, so that a collection does not walk through torch."""
    thread = Thread(target=_import, name="imports", daemon=True)
    thread.start()
    return thread


def _import() -> None:
    for name in BEHIND_TORCH:
        importlib.import_module(name)
    importlib.import_module("torch").set_num_threads(1)  # the processors are the workers'
    _describe(DEFAULT_STUDENT, (1, 28, 28), 10)  # the first description takes most of a second
    gc.collect()
    gc.freeze()
    _imported.set()


def warm() -> bool:
    """Whether the modules behind torch are there."""
    return _imported.is_set()


# ---------------------------------------------------------------------------------------------- runs


def manager() -> Manager:
    """The process's manager of runs."""
    return runs_manager.manager()


def curves(run: Run) -> Curves:
    """What the run has said by now, at most 300 points a curve; arranged once for all who look."""
    return _curves(manager(), run.id, run.seq, run.cuts, asks_teacher(run.experiment))


@lru_cache(maxsize=32)
def _curves(runs: Manager, run_id: str, seq: int, cuts: int, asks: bool) -> Curves:
    # What can be read changes only with seq and cuts; arranging it takes a tenth of a page's time.
    points = runs.curves(run_id)
    said = any(point.role == "teacher" and point.series == "val_error" for point in points)
    before = [] if said else _points_before(runs.run(run_id).experiment)
    return Curves([*before, *points], runs.events(run_id), asks_teacher=asks)


def results(run: Run) -> dict[str, Any]:
    """What came of the run, without a teacher from which nobody learned."""
    asks = asks_teacher(run.experiment)
    return {who: said for who, said in run.results.items() if asks or who != TEACHER.name}


@dataclass(frozen=True)
class Errors:
    """The validation errors of a run's student and of its twin."""

    student: Curve
    twin: Curve


def errors(run: Run) -> Errors:
    """What is laid over other runs: kept for more runs than are looked at whole."""
    return _errors(manager(), run.id, run.seq, run.cuts)


@lru_cache(maxsize=256)
def _errors(runs: Manager, run_id: str, seq: int, cuts: int) -> Errors:
    said = Curves(runs.curves(run_id))
    return Errors(said.curve(STUDENT.name, "val_error"), said.curve(TWIN.name, "val_error"))


def curves_before(experiment: Experiment) -> Curves:
    """What is known before a run begins: the validation errors of a teacher that is already trained."""
    return Curves(_points_before(experiment), asks_teacher=asks_teacher(experiment))


def _points_before(experiment: Experiment) -> list[Point]:
    card = teacher_card(experiment.teacher)
    if card is None or not card.validation:
        return []
    errors, images = card.validation["errors"], card.validation["images"]
    said = {"val_errors": float(errors), "val_error": errors / images}
    return [Point(0, 0, 0.0, "teacher", "teacher", series, value) for series, value in said.items()]


def sizes(experiment: Experiment) -> dict[str, Facts]:
    """What teacher and student cost; nothing where it is not known of both."""
    card = teacher_card(experiment.teacher)
    teacher = describe(card.network if card else experiment.teacher, experiment)
    student = describe(experiment.student, experiment)
    return {"teacher": teacher, "student": student} if teacher and student else {}


def check(experiment: Experiment) -> None:
    """Refuse what cannot run, where that can be known by now; the manager and the worker check again.

    Raises:
        StillroomError: what is wrong and what to do.
    """
    if warm():
        from kdcore import distillation

        distillation.check(experiment, data_folder=catalogue.data_folder(), runs_folder=runs_folder())


def refusal(experiment: Experiment) -> str:
    """Why method, networks and images do not fit each other, in a sentence; empty where they do, as far as is known by now."""
    return _misfit(experiment.to_json()) if warm() else ""


@lru_cache(maxsize=256)
def _misfit(experiment: str) -> str:
    try:
        check(Experiment.from_json(experiment))
    except (NetworkRefused, InvalidExperiment) as error:
        return str(error)
    except StillroomError:
        return ""
    return ""


def suited(experiment: Experiment) -> Experiment:
    """The experiment with networks that its method can run with: its own, else the first of a few on the same images."""
    if not refusal(experiment):
        return experiment
    trained = tuple(card.name for card in _known_teachers(experiment.dataset))
    return experiment.with_flat(**_suited(experiment.to_json(), trained))


@lru_cache(maxsize=256)
def _suited(experiment: str, trained: tuple[str, ...]) -> dict[str, str]:
    wanted = Experiment.from_json(experiment)
    candidates = product((wanted.teacher, *trained, SMALL_TEACHER), (wanted.student, SMALL_STUDENT))
    for teacher, student in candidates:
        try:
            check(wanted.with_flat(teacher=teacher, student=student))
        except StillroomError:
            continue
        return {"teacher": teacher, "student": student}
    return {}


# ---------------------------------------------------------------------------------------------- datasets


def datasets() -> list[catalogue.Entry]:
    """Every dataset there is or could be, as it was at most two seconds ago."""
    return _datasets(int(time.monotonic() / 2))


@lru_cache(maxsize=1)
def _datasets(moment: int) -> list[catalogue.Entry]:
    return catalogue.catalogue(catalogue.data_folder())


def dataset(name: str) -> catalogue.Entry | None:
    """The dataset's entry, None for a name that nobody knows."""
    return next((entry for entry in datasets() if entry.name == name), None)


def dataset_names(chosen: str) -> list[str]:
    """The datasets to offer, those that are here first; the chosen one always."""
    entries = sorted(datasets(), key=lambda entry: not entry.available)
    names = [entry.name for entry in entries]
    return names if chosen in names else [chosen, *names]


def dataset_title(name: str) -> str:
    """The dataset as the picker says it: its title, its images and classes, and whether it is not here."""
    entry = dataset(name)
    if entry is None:
        return name
    said = [_(entry.title)]
    if entry.images:
        said.append(_("{n} images").format(n=f"{entry.images:,}"))
    if not entry.available:
        said.append(_("download") if entry.download_bytes else _("not here"))
    return " · ".join(said)


def dataset_missing(name: str) -> str:
    """What is missing of the dataset here and what to do, or what will be fetched; empty where it is here."""
    entry = dataset(name)
    if entry is None or entry.available:
        return ""
    if entry.download_bytes:
        return _("Not here yet: training fetches {size} first.").format(size=size_of(entry.download_bytes))
    return entry.why_not


def shape(experiment: Experiment) -> tuple[tuple[int, int, int], int]:
    """Channels, height, width and classes of the experiment's images."""
    entry = dataset(experiment.dataset)
    if entry is None:
        return (3, experiment.image_size, experiment.image_size), 10
    side = entry.size or experiment.image_size
    return (entry.channels, side, side), entry.classes or 10


def class_names(experiment: Experiment) -> list[str]:
    """The classes' names where a teacher's card tells them, else their numbers."""
    for card in _known_teachers(experiment.dataset):
        return list(card.classes)
    return [str(c) for c in range(shape(experiment)[1])]


# ---------------------------------------------------------------------------------------------- networks and teachers


def network_names() -> list[str]:
    """The networks to offer; none until torch is there."""
    if not warm():
        return []
    from kdcore import networks

    return networks.names()


def describe(name: str, experiment: Experiment) -> Facts | None:
    """What a network costs on the experiment's images; None until torch is there, or where it cannot take them."""
    return _describe(name, *shape(experiment)) if warm() else None


@lru_cache(maxsize=512)
def _describe(name: str, images: tuple[int, int, int], classes: int) -> Facts | None:
    from kdcore import networks

    try:
        return networks.describe(name, images, classes)
    except NetworkRefused:
        return None


def network_refusal(name: str, experiment: Experiment) -> str:
    """Why the network cannot take the experiment's images; empty where it can, or where it cannot be known yet."""
    if not warm():
        return ""
    return _refusal(name, *shape(experiment))


@lru_cache(maxsize=512)
def _refusal(name: str, images: tuple[int, int, int], classes: int) -> str:
    from kdcore import networks

    return networks.refusal(name, images, classes)


def teacher_card(name: str) -> teachers.TeacherCard | None:
    """The card of a trained teacher, as it was at most two seconds ago; None for a network that would be trained first."""
    return _teachers(int(time.monotonic() / 2), runs_folder()).get(name)


@lru_cache(maxsize=1)
def _teachers(moment: int, folder: Path) -> dict[str, teachers.TeacherCard]:
    # A picker asks for the card of each of its thirty lines, at every drawing of the page.
    found: dict[str, teachers.TeacherCard] = {}
    for card in teachers.known(folder):
        found.setdefault(card.name, card)
    return found


def _known_teachers(dataset_name: str) -> list[teachers.TeacherCard]:
    cards = _teachers(int(time.monotonic() / 2), runs_folder()).values()
    return [card for card in cards if card.dataset == dataset_name]


def teacher_choices(experiment: Experiment) -> list[str]:
    """Trained teachers of the dataset, then the networks that could be trained as one."""
    trained = [card.name for card in _known_teachers(experiment.dataset)]
    return [*trained, *student_choices(experiment)]


def student_choices(experiment: Experiment) -> list[str]:
    """The networks that take the experiment's images."""
    return [name for name in network_names() if not network_refusal(name, experiment)]


def network_title(name: str) -> str:
    """A teacher or a network as a picker says it."""
    if card := teacher_card(name):
        return _("{name} · trained {network}").format(name=name, network=card.network)
    return name


def fitting(experiment: Experiment, dataset_name: str) -> dict[str, object]:
    """The fields to change with the dataset: a teacher that knows it, and networks that can take it."""
    moved = experiment.with_flat(dataset=dataset_name)
    changes: dict[str, object] = {"omit": ()}
    trained = _known_teachers(dataset_name)
    card = teacher_card(experiment.teacher)
    if card is None or card.dataset != dataset_name:
        keeps = card is None and not network_refusal(experiment.teacher, moved)
        changes["teacher"] = trained[0].name if trained else experiment.teacher if keeps else DEFAULT_TEACHER
    if network_refusal(experiment.student, moved):
        changes["student"] = DEFAULT_STUDENT
    entry = dataset(dataset_name)
    if entry and entry.images and experiment.count and experiment.count > entry.images:
        changes["count"] = None
    return changes


@cache
def _cards() -> dict[str, Card]:
    from kdcore import methods

    return {card.name: card for card in methods.cards()}


def cards() -> dict[str, Card]:
    """The methods' cards by name; none until torch is there."""
    return _cards() if warm() else {}


def methods_by_transfer() -> list[str]:
    """The methods' names, those that transfer the same beside each other, responses first."""
    found = cards()
    order = {
        name: (not card.transfers.startswith("responses"), card.transfers) for name, card in found.items()
    }
    return sorted(found, key=lambda name: (*order[name], _(found[name].title)))


def method_titles() -> dict[str, str]:
    """What methods are called on screen; nothing until torch is there."""
    return {name: _(card.title) for name, card in cards().items()}


def unused(experiment: Experiment, name: str) -> bool:
    """Whether the field is one of the teacher's (temperature, weight) and the method's loss does not read it."""
    card = cards().get(experiment.method)
    return card is not None and name in TEACHERS_FIELDS and name not in card.uses


def asks_teacher(experiment: Experiment) -> bool:
    """Whether the method learns from a teacher; without one, a teacher that is at hand is a reference only."""
    if not warm():
        return True
    from kdcore import methods

    try:
        return methods.asks_teacher(experiment)
    except InvalidExperiment:  # told where the recipe is checked
        return True


def wired(method: str, settings: Mapping[str, float]) -> list[tuple[Stage, Wiring]]:
    """A method's stages and what each touches; nothing until torch is there, or where the settings do not fit."""
    if not warm():
        return []
    from kdcore.studies import wiring

    try:
        return wiring.wired(method, tuple(sorted(settings.items())))
    except InvalidExperiment:  # told where the recipe is checked
        return []


@cache
def code(method: str) -> dict[str, str]:
    """The source of a method and of its losses, by name."""
    from kdcore import methods

    return methods.code(method)


@cache
def comparisons() -> list[Comparison]:
    """What was measured of the methods beside each other, and comes with the program."""
    from kdcore.studies import compare

    return compare.kept()


# ---------------------------------------------------------------------------------------------- what a link may say


@dataclass(frozen=True)
class Known:
    """An experiment whose names all exist, and a sentence for each that did not."""

    experiment: Experiment
    problems: tuple[str, ...]


def known(experiment: Experiment, base: Experiment, named: Collection[str] = ()) -> Known:
    """Replace names that nobody knows (a dataset, a teacher, a student, a method) by the base's, saying so.

    A teacher of another dataset gives way to one that fits; that is said where the link `named` the teacher itself.
    """
    problems = []
    if dataset(experiment.dataset) is None:
        try:
            catalogue.entry(experiment.dataset, catalogue.data_folder())
        except DataUnavailable as error:
            problems.append(str(error))
        experiment = experiment.with_flat(dataset=base.dataset, teacher=base.teacher, student=base.student)
    card = teacher_card(experiment.teacher)
    if card is not None and card.dataset != experiment.dataset:
        followers = fitting(experiment, experiment.dataset)
        if "teacher" in named:
            problems.append(
                _(
                    "The teacher '{name}' was trained on '{its}', not on '{dataset}': '{other}' stands in its place."
                ).format(
                    name=card.name, its=card.dataset, dataset=experiment.dataset, other=followers["teacher"]
                )
            )
        kept = {*named} - {"teacher"}
        experiment = experiment.with_flat(**{name: v for name, v in followers.items() if name not in kept})
    for name in ("teacher", "student"):
        value = experiment.flat()[name]
        trained = name == "teacher" and teacher_card(value) is not None
        if not trained and (sentence := network_refusal(value, experiment)):
            problems.append(sentence)
            experiment = experiment.with_flat(**{name: base.flat()[name]})
    if cards() and experiment.method not in cards():
        problems.append(
            _("There is no method '{name}'. There are: {there}.").format(
                name=experiment.method, there=", ".join(cards())
            )
        )
        experiment = experiment.with_flat(method=base.method, parameters={})
    return Known(experiment, tuple(problems))


# ---------------------------------------------------------------------------------------------- time


def seconds(experiment: Experiment) -> float | None:
    """About how long the experiment will take on this machine; None until that can be known."""
    entry, facts = dataset(experiment.dataset), sizes(experiment)
    if (measured := speed()) is None or entry is None or not facts:
        return None
    from kdcore import costs, distillation

    images, classes = shape(experiment)
    teacher = facts["teacher"].name
    trained = teacher_card(experiment.teacher) is not None or not asks_teacher(experiment)
    return costs.seconds(
        experiment,
        measured,
        stages=distillation.stages_for(experiment, teacher, images, classes),
        shape=images,
        classes=classes,
        images=entry.images,
        teacher_network=teacher,
        teacher_is_trained=trained,
    )


def speed() -> dict[str, float] | None:
    """How fast this machine is, as an idle worker measured it and noted it down; None until one has."""
    if _speed:
        return _speed
    _speed.update(manager().store.fact(SPEED) or {})
    return _speed or None

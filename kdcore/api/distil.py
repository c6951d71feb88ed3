"""`kdcore.distill`: one experiment, trained in this process and recorded as a run that the page watches too."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from typing import Any

from torch import nn

from kdcore.api.given_images import Images, keep_images
from kdcore.api.given_methods import keep_method
from kdcore.api.given_networks import Module, keep_student, keep_teacher
from kdcore.api.result import Result
from kdcore.api.watched_events import OnEvent, WatchedEvents
from kdcore.cli.stop_on_interrupt import StopOnInterrupt
from kdcore.data import catalogue, datasets
from kdcore.data.class_numbers import class_numbers
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.pipelines import checks
from kdcore.runs.lost_runs import record_lost
from kdcore.runs.run_training import train_run
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store

OWNER = "notebook"
STUDENT_LIKE = ("dataset", "teacher", "student", "method")
"""The fields that take things as well as names."""


@dataclass(frozen=True)
class Given:
    """What a program hands over, in place of names or beside them; None or empty where it gives none.

    Attributes:
        dataset: a dataset's name; or images, as a pair (images, class numbers) or a torch Dataset. Images are [n, channels, height,
            width] or [n, height, width], square, bytes or floats from 0 (black) to 1 (white).
        teacher: the name of a trained teacher, or of a network to train as one; or a trained torch module that takes images as you
            gave them and gives logits.
        student: the name of a network; or a torch module, which begins with the weights that it has; or what makes one, called anew
            for each seed.
        method: a method's name, or a module or an object with CARD and plan (docs/extending.md); `kdcore.own_method` makes one of a
            loss.
        test: test images, as `dataset`; without them a fifth of the images is kept for the test.
        classes: the names of the classes; a Dataset's own where it has them, else numbers.
        name: the name under which images that you give are kept; made from what they are where empty.
    """

    dataset: str | Images | None = None
    teacher: str | nn.Module | None = None
    student: str | Module | None = None
    method: Any = None
    test: Images | None = None
    classes: Sequence[str] = ()
    name: str = ""

    def fields(self, base: Experiment) -> Experiment:
        """The experiment with these in it, kept where they are found by name.

        Raises:
            StillroomError: one of them cannot be used, in a sentence.
        """
        data_folder = catalogue.data_folder()
        named = {name: value for name in STUDENT_LIKE if isinstance(value := getattr(self, name), str)}
        if self.dataset is not None and not isinstance(self.dataset, str):
            named["dataset"] = keep_images(
                self.dataset, self.test, name=self.name, classes=self.classes, data_folder=data_folder
            )
        if self.method is not None:
            named["method"] = keep_method(self.method)
        experiment = base.with_flat(**named)
        modules = {
            name: value for name in ("teacher", "student") if (value := getattr(self, name)) is not None
        }
        modules = {name: value for name, value in modules.items() if not isinstance(value, str)}
        if not modules:
            return experiment
        images = datasets.load(
            experiment.dataset,
            folder=data_folder,
            image_size=experiment.image_size,
            split_seed=experiment.split_seed,
        )
        if "teacher" in modules:
            kept_as = keep_teacher(modules["teacher"], images, experiment, runs_folder())
            experiment = experiment.with_flat(teacher=kept_as)
        if "student" in modules:
            experiment = experiment.with_flat(student=keep_student(modules["student"], images))
        return experiment


def distill(
    dataset: str | Images | None = None,
    teacher: str | nn.Module | None = None,
    student: str | Module | None = None,
    *,
    method: Any = None,
    test: Images | None = None,
    classes: Sequence[str] = (),
    name: str = "",
    experiment: Experiment | None = None,
    title: str = "",
    on_event: OnEvent | None = None,
    progress: bool = True,
    **fields: Any,
) -> Result:
    """Train a student of a teacher beside its twin, which learns from the labels alone; returns what came of it.

    What is not given is as on the page: digits, a bundled teacher, a small perceptron, soft targets. `kdcore.Given` says what may be
    handed over as dataset, teacher, student, method, test, classes and name.

    Args:
        experiment: what the other arguments change; the default experiment where None.
        title: of the run, in lists.
        on_event: called with every event of the run (`kdcore.events`) while it trains; `kdcore.MLflowLog` and `kdcore.WandbLog` log them.
        progress: whether a bar is shown.
        fields: the experiment's fields by their flat names: temperature=4, epochs=20, count=100, init_seed=1 ...

    Raises:
        StillroomError: something cannot be used or the run failed, in a sentence.

    >>> import kdcore
    >>> result = kdcore.distill("digits", "digits-mlp-300", "mlp-30", temperature=4, count=100, epochs=3)
    >>> result.run.status
    'finished'
    >>> sorted(result.errors)
    ['student', 'teacher', 'twin']
    """
    given = Given(dataset, teacher, student, method, test, classes, name)
    wanted = with_fields(given.fields(experiment or Experiment()), fields)
    return _train(wanted, title, WatchedEvents(on_event, progress))


def _train(wanted: Experiment, title: str, watch: WatchedEvents) -> Result:
    folder, data_folder = runs_folder(), catalogue.data_folder()
    checks.check(wanted, data_folder=data_folder, runs_folder=folder)
    with closing(Store(folder)) as store:
        record_lost(store)
        run = store.create(wanted, OWNER, title=title, status="running")
        watch.begins(run)
        with stopped_by_interrupt(store, run.id):
            run = train_run(store, run.id, data_folder=data_folder, watch=watch)
    if run.status not in ("finished", "stopped"):
        raise RunRefused(f"The run {run.id} did not finish: {run.error or run.status}")
    return Result(run, store.folder, data_folder)


def with_fields(experiment: Experiment, fields: Mapping[str, Any]) -> Experiment:
    """The experiment with these flat fields; classes to leave out may be given by name.

    Raises:
        InvalidExperiment: no such field, or a value out of bounds.
    """
    omit = fields.get("omit", ())
    if not isinstance(omit, str) and any(isinstance(one, str) for one in omit):
        fields = {**fields, "omit": class_numbers(experiment.dataset, omit, catalogue.data_folder())}
    return experiment.with_flat(**fields)


def stopped_by_interrupt(store: Store, run_id: str) -> AbstractContextManager[Any]:
    """Stop the run where the cell is interrupted; in another thread than the first nobody can press anything."""
    if threading.current_thread() is threading.main_thread():
        return StopOnInterrupt(store, run_id)
    return nullcontext()


def result(run: str) -> Result:
    """A run that was recorded before, in whatever way, by its id.

    Raises:
        RunRefused: there is no such run.
    """
    folder = runs_folder()
    with closing(Store(folder)) as store:
        return Result(store.run(run), store.folder, catalogue.data_folder())

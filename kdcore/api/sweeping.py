"""`kdcore.sweep`: fields varied over seeds, trained side by side, and what their errors support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from kdcore.api.distil import Given, stopped_by_interrupt, with_fields
from kdcore.api.given_images import Images
from kdcore.api.given_networks import Module
from kdcore.api.result import Result
from kdcore.api.watched_events import OnEvent, WatchedEvents
from kdcore.data import catalogue
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.pipelines import checks
from kdcore.runs.lost_runs import record_lost
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_results import failure_lines, result_rows, supported_sentence
from kdcore.studies.sweep_training import (
    MemberRun,
    experiments_to_check,
    failed_members,
    known_members,
    member_runs,
    train_missing,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class SweepResult:
    """What a sweep came to.

    Attributes:
        definition: what was varied, over how many seeds. members: its students, each with the run that trained it.
        failed: those whose training diverged, each with its run, which says why. folder: the runs folder. data_folder: where the images are.
    """

    definition: Sweep
    members: tuple[MemberRun, ...]
    folder: Path
    data_folder: Path
    failed: tuple[MemberRun, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """A row a student and one a distinct twin: the setting, seed, role, errors on validation and test, NLL, run."""
        import pandas as pd

        return pd.DataFrame(result_rows(self.members))

    @property
    def conclusion(self) -> str:
        """Which settings can be told apart at so many seeds, in sentences."""
        return " ".join([supported_sentence(self.members), *failure_lines(self.failed)])

    @property
    def results(self) -> list[Result]:
        """Each student's own result, in the sweep's order."""
        return [Result(one.run, self.folder, self.data_folder) for one in self.members if one.run is not None]

    def figure(self, *, dark: bool = False) -> Figure:
        """Test errors against the first varied field, each seed a mark, student and twin, as a Plotly figure."""
        from kdcore.api.figures import sweep_figure

        return sweep_figure(self, dark=dark)

    def __repr__(self) -> str:
        varied = " x ".join(f"{name} {len(values)}" for name, values in self.definition.vary.items())
        return f"<SweepResult {varied}, seeds {self.definition.seeds}: {len(self.results)} students>"

    def _repr_html_(self) -> str:
        shown = [*self.definition.vary, "seed", "role", "test_errors", "test_images", "test_nll"]
        return f"{self.table[shown].to_html(index=False, border=0)}<p>{escape(self.conclusion)}</p>"


def sweep(
    vary: Mapping[str, Sequence[Any]],
    *,
    seeds: int = 3,
    dataset: str | Images | None = None,
    teacher: str | nn.Module | None = None,
    student: str | Module | None = None,
    method: Any = None,
    test: Images | None = None,
    classes: Sequence[str] = (),
    name: str = "",
    experiment: Experiment | None = None,
    sampler: str = "grid",
    trials: int = 20,
    on_event: OnEvent | None = None,
    progress: bool = True,
    **fields: Any,
) -> SweepResult:
    """Train a student of every setting with every seed, side by side; what was trained before is found, not trained again.

    vary: fields and their values: {"temperature": [1, 4, 20]}; several make a grid, and a method's own setting is called
        parameters.NAME. seeds: of every setting. sampler, trials: grid, random or bayesian, and how many settings the latter take.
        The other arguments are those of `kdcore.distill`.

    Raises:
        StillroomError: something cannot be used or a run failed, in a sentence.

    >>> import kdcore
    >>> swept = kdcore.sweep({"temperature": [1, 4]}, seeds=2, count=100, epochs=2)
    >>> len(swept.results)
    4
    >>> sorted(set(swept.table["role"]))
    ['student', 'twin']
    """
    given = Given(dataset, teacher, student, method, test, classes, name)
    base = with_fields(given.fields(experiment or Experiment()), fields)
    asked = {"base": base, "vary": {name: [*values] for name, values in vary.items()}, "seeds": seeds}
    definition = Sweep.read(asked | {"sampler": sampler, "trials": trials})
    return _train(definition, WatchedEvents(on_event, progress))


def _train(definition: Sweep, watch: WatchedEvents) -> SweepResult:
    folder, data_folder = runs_folder(), catalogue.data_folder()

    def around(store: Store, run_id: str) -> AbstractContextManager[Any]:
        watch.begins(store.run(run_id))
        return stopped_by_interrupt(store, run_id)

    for setting in experiments_to_check(definition):
        checks.check(setting, data_folder=data_folder, runs_folder=folder)
    with closing(Store(folder)) as store:
        record_lost(store)
        runs = train_missing(definition, store, data_folder=data_folder, watch=watch, around=around)
        for run in runs:
            if run.status != "finished":
                raise RunRefused(f"The run {run.id} is {run.status}: {run.error}".rstrip(": "))
        members = tuple(member_runs(known_members(definition, store), store))
        failed = tuple(failed_members(members, store))
    return SweepResult(definition, members, store.folder, data_folder, failed)

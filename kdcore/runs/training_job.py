"""What a run trains: one experiment, a cohort of them in one loop, or a Bayesian search.

Each has a `hash` that names its work, and `to_json` and `from_json`; its kind is stored beside its JSON.
"""

from __future__ import annotations

from typing import Literal

from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec

TrainingJob = Experiment | CohortSpec | SearchSpec
JobKind = Literal["experiment", "cohort", "search"]


def kind_of(job: TrainingJob) -> JobKind:
    """The kind under which the job is stored."""
    match job:
        case Experiment():
            return "experiment"
        case CohortSpec():
            return "cohort"
        case SearchSpec():
            return "search"


def read_job(kind: JobKind, text: str) -> TrainingJob:
    """The job of this kind whose `to_json` wrote the text.

    Raises:
        InvalidExperiment: the text describes no such job, or an experiment in it is out of bounds.
    """
    match kind:
        case "experiment":
            return Experiment.from_json(text)
        case "cohort":
            return CohortSpec.from_json(text)
        case "search":
            return SearchSpec.from_json(text)


def first_experiment(job: TrainingJob) -> Experiment:
    """The experiment that the job's record shows: its own, its first member's, or the one that a search varies."""
    return job if isinstance(job, Experiment) else job.experiments[0]


def datasets_of(job: TrainingJob) -> frozenset[str]:
    """The datasets that the job may train on."""
    if isinstance(job, Experiment):
        return frozenset({job.dataset})
    varied = job.vary.get("dataset", ()) if isinstance(job, SearchSpec) else ()
    return frozenset({*(experiment.dataset for experiment in job.experiments), *map(str, varied)})

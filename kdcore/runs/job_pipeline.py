"""Which pipeline trains a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kdcore.events import Checkpoint, Commands, Event
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs.training_job import TrainingJob

if TYPE_CHECKING:
    from kdcore.pipelines.find_or_train_twin import FindTwin


class JobPipeline(Protocol):
    """What makes a run's events: a pipeline for the run's job, or a stand-in of the tests."""

    def __call__(
        self,
        experiment: Experiment,
        *,
        data_folder: Path,
        runs_folder: Path,
        commands: Commands,
        resume: Checkpoint | None,
    ) -> Iterator[Event]:
        """The events from the run's beginning, or from a checkpoint."""
        ...


def pipeline_of(job: TrainingJob, find: FindTwin | None = None) -> JobPipeline:
    """The pipeline that trains a job of this kind; find: gives the twin where an earlier run trained it."""

    def train(experiment: Experiment, **options: Any) -> Iterator[Event]:
        # Imported late: whoever only reads records does not wait for torch.
        from kdcore.pipelines import bayesian_search, cohort_pipeline, experiment_pipeline

        match job:
            case SearchSpec():
                return bayesian_search.run(job, **options)
            case CohortSpec():
                return cohort_pipeline.run(job, **options)
            case _:
                if find is not None:
                    options["find"] = find
                return experiment_pipeline.run(experiment, **options)

    return train

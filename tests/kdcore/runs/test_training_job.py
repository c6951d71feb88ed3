"""Every kind of job is read as it was written, and nothing else is taken for it."""

from __future__ import annotations

import pytest

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs.store import Store
from kdcore.runs.training_job import JobKind, TrainingJob, first_experiment, kind_of, read_job

ONE = Experiment().with_flat(temperature=8.0, omit=(3, 5))
JOBS: dict[JobKind, TrainingJob] = {
    "experiment": ONE,
    "cohort": CohortSpec((ONE, Experiment())),
    "search": SearchSpec(ONE, {"temperature": (1, 20), "omit": ((), (3, 5))}, 2, 10),
}


@pytest.mark.parametrize("kind", JOBS)
def test_a_job_survives_its_json_and_its_run(store: Store, kind: JobKind) -> None:
    job = JOBS[kind]
    assert kind_of(job) == kind
    assert read_job(kind, job.to_json()) == job
    run = store.create(job, "alice", varied=["temperature", "omit"])
    assert (run.kind, run.job, run.hash, run.experiment) == (kind, job, job.hash, first_experiment(job))
    assert run.has_members == (kind != "experiment")
    assert run.varied == ("temperature", "omit")


@pytest.mark.parametrize("kind", JOBS)
@pytest.mark.parametrize("text", ["", "[]", "{", '{"search": {}}', '{"base": {}, "temperature": "hot"}'])
def test_what_is_no_such_job_is_refused(kind: JobKind, text: str) -> None:
    with pytest.raises(InvalidExperiment):
        read_job(kind, text)

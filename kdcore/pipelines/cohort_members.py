"""The members of a cohort: every twin and every student of its experiments, and which experiments can be among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kdcore.experiment import Experiment
from kdcore.methods.stages import stages_of
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.plan import Stage
from kdcore.training.members import Member, member


def can_share_loop(experiment: Experiment) -> bool:
    """Whether the experiment's students can train beside others.

    Not where it has a fault on purpose, where something is trained before them, where the stages depend on the networks, or where a method brings a
    student of its own, which the shared twin does not match.

    Raises:
        InvalidExperiment: as `stages_of` does.
    """
    return not experiment.fault and not any(
        stage.before or stage.becomes or stage.learns.get("student", experiment.student) != experiment.student
        for stage in stages_of(experiment)
    )


def members_of(cohort: CohortSpec, plans: Mapping[str, Sequence[Stage]] | None = None) -> list[Member]:
    """Every twin and every student; `plans` by the students' roles, where they are not the methods' own."""
    twins = [(f"twin-{i}", twin, stages_of(twin)) for i, twin in enumerate(cohort.twins)]
    students = [
        (entry.role, entry.experiment, (plans or {}).get(entry.role) or stages_of(entry.experiment))
        for entry in cohort.entries
    ]
    return [
        replace(
            member(role, experiment, stages, experiment.recipe, experiment.init_seed),
            stream=cohort.stream_of(experiment),
        )
        for role, experiment, stages in [*twins, *students]
    ]

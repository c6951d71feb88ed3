"""A sweep in the permalink: the fields that can be varied, their values as text, and the sweep that a link describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from dashboard.text.translation import _, told
from dashboard.url.parameters import Param
from dashboard.url.permalink import recipe_parameters
from dashboard.url.query_parameters import left_out, whole
from kdcore.errors import InvalidExperiment
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import FIXED_FIELDS, SEED_FIELDS, seeded
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep import MOST_MEMBERS, MOST_SEEDS, Sampler, Sweep
from kdcore.studies.sweep_values import values_of

DEFAULT_VARY = "temperature:1,2,3,4,6,8,12,16,20"
DEFAULT_SEEDS, DEFAULT_TRIALS = 3, 20
SAMPLERS = get_args(Sampler)
OFFERED_FIRST = ("temperature", "teacher_weight", "student", "method", "count", "fraction", "label_noise", "hidden_labels", "omit")  # fmt: skip
"""The fields that are offered first."""
SUGGESTED = {
    "temperature": "1,2,3,4,6,8,12,16,20",
    "teacher_weight": "0,0.25,0.5,0.75,0.9,1",
    "student": "mlp-10,mlp-30,mlp-100,mlp-300",
    "teacher": "mlp-30,mlp-300,mlp-300x2",
    "method": "labels-only,soft-targets",
    "count": "50,100,200,400",
    "fraction": "0.05,0.1,0.2,0.5,1",
    "label_noise": "0,0.2,0.4,0.6",
    "hidden_labels": "0,0.5,0.9",
    "corrected_labels": "0.5,0.8,1",
}
NETWORK_FIELDS = ("student",)
"""Fields whose values are networks."""


def offered_fields() -> list[str]:
    """The fields that can be varied, the most useful first."""
    return [
        *OFFERED_FIRST,
        *(name for name in FLAT_FIELDS if name not in (*OFFERED_FIRST, *FIXED_FIELDS, "dataset")),
    ]


def suggested_values(name: str, base: Experiment) -> str:
    """Values to begin with, as a person would write them."""
    if name in SUGGESTED:
        return SUGGESTED[name]
    entry, value = FLAT_FIELDS[name], base.value(name)
    if entry.choices:
        return ",".join(entry.choices)
    if isinstance(value, bool):
        return "no,yes"
    if not value:
        return "0,1"
    around = [value * factor for factor in (0.5, 1, 2)]
    return ",".join(f"{round(v) if isinstance(value, int) else v:g}" for v in around)


def vary_text(vary: Mapping[str, Sequence[Any]]) -> str:
    """The varied fields as the link's parameter; `read_vary` reads it back."""
    return ";".join(f"{name}:{values_text(values)}" for name, values in vary.items())


def values_text(values: Sequence[Any]) -> str:
    """Values as a person would write them."""
    texts = []
    for value in values:
        if isinstance(value, tuple | list):
            texts.append("+".join(map(str, value)) or "none")
        elif isinstance(value, bool):
            texts.append("yes" if value else "no")
        else:
            texts.append("all" if value is None else f"{value:g}" if isinstance(value, float) else str(value))
    return ",".join(texts)


def read_vary(text: str) -> dict[str, tuple[Any, ...]]:
    """The varied fields in the link's parameter.

    Raises:
        InvalidExperiment: a field or a value that a sweep does not take.
    """
    return dict(values_of(*part.partition(":")[::2]) for part in text.split(";") if part.strip())


def read_sweep(parameters: Mapping[str, str], base: Experiment, problems: list[str]) -> Sweep:
    """The sweep that the link describes around this experiment; what cannot be taken is left out, with a sentence."""
    if base.fault:
        problems.append(_("A sweep is made of sound runs: the fault on purpose is left out."))
        base = base.with_flat(fault="")
    sampler = parameters.get(Param.SAMPLER, SAMPLERS[0])
    if sampler not in SAMPLERS:
        problems.append(left_out(Param.SAMPLER, _("there is no such choice."), SAMPLERS[0], sampler))
        sampler = SAMPLERS[0]
    fields = {
        "base": base,
        "seeds": whole(Param.SEEDS, parameters.get(Param.SEEDS), DEFAULT_SEEDS, 1, MOST_SEEDS, problems),
        "sampler": sampler,
        "trials": whole(
            Param.TRIALS, parameters.get(Param.TRIALS), DEFAULT_TRIALS, 1, MOST_MEMBERS, problems
        ),
    }
    for text in (parameters.get(Param.VARY, DEFAULT_VARY), DEFAULT_VARY):
        try:
            return Sweep.read(fields | {"vary": read_vary(text)})
        except InvalidExperiment as error:
            if told(error) not in problems:
                problems.append(told(error))
    return Sweep.read({"base": base, "vary": read_vary(DEFAULT_VARY), "seeds": DEFAULT_SEEDS})


def link_to_sweep(run: Run) -> dict[str, str]:
    """The link to the sweep that a run belongs to, as far as its own members tell it."""
    job, usual = run.job, PRESETS[0].experiment
    if isinstance(job, SearchSpec):
        parameters = {
            Param.VARY: vary_text(job.vary),
            Param.SEEDS: str(job.seeds),
            Param.SAMPLER: "bayesian",
            Param.TRIALS: str(job.trials),
        }
        return parameters | recipe_parameters(seeded(job.base, usual.init_seed), usual)
    experiments = (job,) if isinstance(job, Experiment) else job.experiments
    first = experiments[0]
    differing = {name for other in experiments for name in other.changes(first)} - {*SEED_FIELDS}
    vary: dict[str, tuple[Any, ...]] = {
        name: tuple(dict.fromkeys(experiment.value(name) for experiment in experiments))
        for name in offered_fields()
        if name in differing
    }
    parameters = {Param.VARY: vary_text(vary)} if vary else {}
    parameters[Param.SEEDS] = str(1 + max(experiment.init_seed for experiment in experiments))
    return parameters | recipe_parameters(seeded(first, usual.init_seed), usual)


def link_to_seeds(experiment: Experiment, seeds: int) -> dict[str, str]:
    """The link to a sweep of one setting, this experiment with so many seeds, in which its own run is found again."""
    usual = PRESETS[0].experiment
    parameters = {Param.VARY: vary_text({"method": (experiment.method,)})}
    if seeds != DEFAULT_SEEDS:
        parameters[Param.SEEDS] = str(seeds)
    return parameters | recipe_parameters(seeded(experiment, usual.init_seed), usual)

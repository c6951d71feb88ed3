"""The definition of a sweep: one experiment with some of its fields varied, each setting with the same seeds.

Its members are experiments: `sweep_training` finds or trains them, `sweep_results` tabulates what came of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import seeded, with_setting
from kdcore.studies.sound_only import refuse_fault
from kdcore.studies.sweep_values import MOST_VALUES, checked_value, random_value
from kdcore.texts import N_

MOST_SEEDS, MOST_MEMBERS, MOST_FIELDS = 50, 1000, 4
CHOOSES = N_(
    "{who} chooses by the validation images. Leave train_on_validation off, and set it in a run of what was chosen."
)
Value = bool | int | float | str | tuple[int, ...] | None
Sampler = Literal["grid", "random", "bayesian"]


class Sweep(BaseModel):
    """What is varied, over which values, with how many seeds.

    Attributes:
        base: what all members have in common.
        vary: values by flat field, or by `parameters.<name>` for a method's own setting.
        seeds: of every setting.
        sampler: with `grid`, every combination of the values is a setting. With `random` and `bayesian` there are `trials`
            settings, with any number between the smallest and the largest value of a field of numbers, and one of the
            values of any other field.
        trials: settings of a random or Bayesian sweep.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    base: Experiment
    vary: dict[str, tuple[Value, ...]]
    seeds: int = Field(3, ge=1, le=MOST_SEEDS)
    sampler: Sampler = "grid"
    trials: int = Field(default=20, ge=1, le=MOST_MEMBERS)

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, values: Any) -> Any:
        """What the base has of the varied fields does not matter: two ways to write one sweep are one sweep."""
        if not isinstance(values, Mapping) or not isinstance(values.get("vary"), Mapping):
            return values
        base = values.get("base")
        experiment = base if isinstance(base, Experiment) else Experiment.read(base or {})
        vary = {
            name: tuple(dict.fromkeys(checked_value(experiment, name, value) for value in written))
            for name, written in values["vary"].items()
        }
        grid = {"trials": 20} if values.get("sampler", "grid") == "grid" else {}
        return {**values, **grid, "vary": vary, "base": _settled(experiment, vary)}

    @model_validator(mode="after")
    def _in_bounds(self) -> Sweep:
        refuse_fault(self.base)
        if not 1 <= len(self.vary) <= MOST_FIELDS:
            raise InvalidExperiment(f"A sweep varies 1 to {MOST_FIELDS} fields.")
        for name, values in self.vary.items():
            if not 1 <= len(values) <= MOST_VALUES:
                raise InvalidExperiment(f"{name}: a sweep takes 1 to {MOST_VALUES} values of a field.")
        if True in (self.base.train_on_validation, *self.vary.get("train_on_validation", ())):
            raise InvalidExperiment(CHOOSES.format(who="A sweep"))
        if self.size > MOST_MEMBERS:
            raise InvalidExperiment(
                f"This sweep would train {self.size:,} students; it may train {MOST_MEMBERS:,}. "
                "Take fewer values or fewer seeds."
            )
        return self

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Sweep:
        """Build from JSON-like values.

        Raises:
            InvalidExperiment: one sentence for what is wrong.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise InvalidExperiment(_sentence(error)) from error

    @classmethod
    def from_json(cls, text: str) -> Sweep:
        """Read what `to_json` wrote, or a file that a user edited.

        Raises:
            InvalidExperiment: the text is no JSON object, or something in it is wrong.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidExperiment(
                f"The sweep is not JSON: {error}. Export it again, or mend the file."
            ) from error
        if not isinstance(values, dict):
            raise InvalidExperiment("The sweep is not a JSON object. Export it again, or mend the file.")
        return cls.read(values)

    def to_json(self) -> str:
        """The sweep as canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """Names the sweep whatever machine trains it: 16 hex digits."""
        base = self.base.with_flat(device="auto", threads=0)
        definition = self.model_dump(mode="json") | {"base": base.identity()}
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def search(self) -> SearchSpec | None:
        """The search that a Bayesian sweep runs; None for a sweep whose settings are known beforehand."""
        if self.sampler != "bayesian":
            return None
        return SearchSpec(self.base, self.vary, self.seeds, self.trials)

    @property
    def size(self) -> int:
        """How many students it trains."""
        settings = self.trials if self.sampler != "grid" else math.prod(map(len, self.vary.values()))
        return settings * self.seeds

    @cached_property
    def settings(self) -> list[dict[str, Any]]:
        """The settings that are known before anything is trained; a Bayesian sweep draws them as it goes."""
        match self.sampler:
            case "grid":
                return [dict(zip(self.vary, values, strict=True)) for values in product(*self.vary.values())]
            case "random":
                draw = random.Random(0)
                return [
                    {name: random_value(draw, values) for name, values in self.vary.items()}
                    for _ in range(self.trials)
                ]
            case "bayesian":
                return []

    @cached_property
    def members(self) -> list[SweepMember]:
        """Every setting with every seed, setting by setting; none of a Bayesian sweep, whose runs tell: see `known_members`."""
        return self.members_of(self.settings)

    def members_of(self, settings: Sequence[Mapping[str, Any]]) -> list[SweepMember]:
        """These settings with every seed."""
        return [
            SweepMember(dict(setting), seed, seeded(with_setting(self.base, setting), seed))
            for setting in settings
            for seed in range(self.seeds)
        ]


@dataclass(frozen=True)
class SweepMember:
    """One setting with one seed."""

    setting: dict[str, Any]
    seed: int
    experiment: Experiment


def _settled(base: Experiment, vary: Mapping[str, Sequence[Any]]) -> Experiment:
    first = {name: values[0] for name, values in vary.items() if values}
    return seeded(with_setting(base, first), 0)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return (
        N_(f"This sweep cannot run. {where}: {first['msg']}.")
        if where
        else N_(f"This sweep cannot run. {first['msg']}.")
    )

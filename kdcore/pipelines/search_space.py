"""What a sweep varies: settings of an experiment's fields, and how a search draws them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment

SEEDED = ("init_seed", "order_seed", "noise_seed")
"""What a seed sets, so that no sweep varies it otherwise."""
FIXED = (*SEEDED, "device", "threads", "parameters")
OWN = "parameters."
"""Before the name of a method's own setting."""


def seeded(experiment: Experiment, seed: int) -> Experiment:
    """The experiment with another seed for weights, batches and the transfer set, on the same split and teacher."""
    return experiment.with_flat(**dict.fromkeys(SEEDED, seed))


def with_setting(base: Experiment, setting: Mapping[str, Any]) -> Experiment:
    """The base with a setting of a sweep: another method begins from its own settings, a fraction replaces a count.

    Raises:
        InvalidExperiment: a field that a sweep cannot vary, or a value out of its bounds.
    """
    flat: dict[str, Any] = {name: value for name, value in setting.items() if not name.startswith(OWN)}
    for name in flat:
        if name in FIXED:
            raise InvalidExperiment(
                f"A sweep cannot vary {name}. It varies seeds by itself (seeds = how many)."
            )
    if flat.get("method", base.method) != base.method:
        flat["parameters"] = {}
    if flat.get("fraction", 1.0) != 1.0:
        flat["count"] = None
    changed = base.with_flat(**flat)
    own = {name.removeprefix(OWN): value for name, value in setting.items() if name.startswith(OWN)}
    return changed.with_flat(parameters={**changed.parameters, **own}) if own else changed


def setting_of(experiment: Experiment, names: Sequence[str]) -> dict[str, Any]:
    """The values that an experiment has of these fields."""
    flat = experiment.flat()
    return {
        name: experiment.parameters[name.removeprefix(OWN)] if name.startswith(OWN) else flat[name]
        for name in names
    }


def numbers(values: Sequence[Any]) -> tuple[float, float] | None:
    """The smallest and the largest of values that are all numbers, else None."""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return None
    return min(values), max(values)


def is_wide(low: float, high: float) -> bool:
    """Whether a range is searched on a logarithmic scale: it spans a factor of ten or more."""
    return low > 0 and high / low >= 10


@dataclass(frozen=True)
class Search:
    """A search whose settings follow from what was found before: `trials` settings, each with `seeds` seeds.

    vary: by field, values between whose ends numbers are drawn, or of which one is taken.
    """

    base: Experiment
    vary: Mapping[str, tuple[Any, ...]]
    seeds: int
    trials: int

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The experiment that it goes around: what a record of it shows."""
        return (self.base,)

    @property
    def hash(self) -> str:
        """Names the search's work."""
        base = self.base.with_flat(device="auto", threads=0)
        said = json.dumps([base.to_json(), self._said()], sort_keys=True)
        return hashlib.sha256(f"search {said}".encode()).hexdigest()[:16]

    def _said(self) -> dict[str, Any]:
        return {"vary": self.vary, "seeds": self.seeds, "trials": self.trials}

    def to_json(self) -> str:
        """What `from_json` reads."""
        return json.dumps({"search": self._said() | {"base": self.base.model_dump(mode="json")}})

    @classmethod
    def from_json(cls, text: str) -> Search | None:
        """Read what `to_json` wrote; None where the text describes something else.

        Raises:
            InvalidExperiment: its experiment is out of bounds.
        """
        said = json.loads(text).get("search") if text.startswith('{"search"') else None
        if said is None:
            return None
        vary = {name: tuple(_hashable(v) for v in values) for name, values in said["vary"].items()}
        return cls(Experiment.read(said["base"]), vary, int(said["seeds"]), int(said["trials"]))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

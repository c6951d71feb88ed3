"""The specification of a Bayesian search: the experiment around which it searches, the fields it varies, seeds and trials."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment


@dataclass(frozen=True)
class SearchSpec:
    """A search in which each setting depends on the results so far.

    Attributes:
        base: the experiment whose fields are varied.
        vary: by field, the values between whose ends numbers are drawn, or of which one is chosen.
        seeds: how many times each setting is trained.
        trials: how many settings are tried.
    """

    base: Experiment
    vary: Mapping[str, tuple[Any, ...]]
    seeds: int
    trials: int

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The base experiment, which stands for the search in its run's record."""
        return (self.base,)

    @property
    def hash(self) -> str:
        """Identifies the search, not the machine."""
        base = self.base.with_flat(device="auto", threads=0)
        identity = json.dumps(base.identity(), sort_keys=True, separators=(",", ":"))
        text = json.dumps([identity, self._values()], sort_keys=True)
        return hashlib.sha256(f"search {text}".encode()).hexdigest()[:16]

    def _values(self) -> dict[str, Any]:
        return {"vary": self.vary, "seeds": self.seeds, "trials": self.trials}

    def to_json(self) -> str:
        """The text that `from_json` reads."""
        return json.dumps({"search": self._values() | {"base": self.base.model_dump(mode="json")}})

    @classmethod
    def from_json(cls, text: str) -> SearchSpec:
        """Read what `to_json` wrote.

        Raises:
            InvalidExperiment: the text describes no search, or its experiment is out of bounds.
        """
        try:
            values = json.loads(text)["search"]
            vary = {name: tuple(_hashable(v) for v in choices) for name, choices in values["vary"].items()}
            return cls(Experiment.read(values["base"]), vary, int(values["seeds"]), int(values["trials"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidExperiment(f"This is no search: {error}.") from error


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

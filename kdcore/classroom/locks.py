"""Which controls a class finds locked or hidden, and the most that its runs may ask for: enforced where a run is queued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kdcore.errors import ClassRefused
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.experiment_fields import field_label, value_text
from kdcore.faults.titles import shown_value
from kdcore.recipe import Recipe
from kdcore.texts import N_

LockKind = Literal["locked", "hidden"]
MOST_EPOCHS = 100_000
MOST_PICTURES = 1_000_000
LATER = N_("Ask your lecturer, or set it back.")


class Locks(BaseModel):
    """What of a prepared state students cannot change.

    Attributes:
        fields: of the experiment, by flat name: locked is shown and cannot be changed, hidden is not shown either.
        pages: paths of pages that are not there for the class.
        methods: that can be chosen; all where empty.
        presets: whether presets are offered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, LockKind] = Field(default={}, max_length=len(FLAT_FIELDS))
    pages: tuple[str, ...] = Field(default=(), max_length=20)
    methods: tuple[str, ...] = Field(default=(), max_length=200)
    presets: bool = True

    @field_validator("fields")
    @classmethod
    def _are_fields(cls, fields: dict[str, LockKind]) -> dict[str, LockKind]:
        if unknown := fields.keys() - FLAT_FIELDS.keys():
            raise ValueError(f"an experiment has no field '{min(unknown)}'")
        return fields

    @property
    def hidden(self) -> frozenset[str]:
        """The fields that are not shown."""
        return frozenset(name for name, kind in self.fields.items() if kind == "hidden")

    def applied(self, experiment: Experiment, prepared: Experiment) -> Experiment:
        """The experiment with what is locked as it was prepared; as it is where the two do not go together."""
        return experiment.with_flat(**self._prepared(prepared))

    def _prepared(self, prepared: Experiment) -> dict[str, Any]:
        flat = prepared.flat()
        return {name: flat[name] for name in self.fields}

    def refuse(self, experiment: Experiment, prepared: Experiment) -> None:
        """Refuse an experiment that differs in what is locked, or takes a method that is not offered.

        Raises:
            ClassRefused: it does, in a sentence.
        """
        flat = experiment.flat()
        for name, prepared_value in self._prepared(prepared).items():
            if flat[name] != prepared_value:
                value = shown_value(name, prepared_value)
                raise ClassRefused(f"In this class {field_label(name)} stays at {value_text(value)}. {LATER}")
        if self.methods and experiment.method not in self.methods:
            raise ClassRefused(f"This class does not use the method {experiment.method}. {LATER}")

    def refuse_varied(self, fields: Mapping[str, Any]) -> None:
        """Refuse to vary a field that is locked, as a search does.

        Raises:
            ClassRefused: one of them is.
        """
        for name in fields:
            if name in self.fields:
                raise ClassRefused(f"In this class {field_label(name)} cannot be varied. {LATER}")


NO_LOCKS = Locks()
"""Of who is in no class."""


class ClassBounds(BaseModel):
    """The most that a run of a class may ask for, whatever the plan says.

    Attributes:
        epochs: of students, and of a teacher that is trained first; None for no bound for this class.
        datasets: that may be trained on; all where empty.
        waiting: jobs of one student that wait; one trains at a time.
        students: that one job may train side by side, as a sweep's does.
        pictures: in one upload of a student's own; 0 takes no uploads, None has no bound of the class's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int | None = Field(default=None, ge=1, le=MOST_EPOCHS)
    datasets: tuple[str, ...] = Field(default=(), max_length=100)
    waiting: int = Field(default=2, ge=1, le=20)
    students: int = Field(default=40, ge=1, le=1000)
    pictures: int | None = Field(default=None, ge=0, le=MOST_PICTURES)

    def refuse(self, experiment: Experiment) -> None:
        """Refuse an experiment that asks for more.

        Raises:
            ClassRefused: it does, in a sentence.
        """
        if self.epochs is not None:
            _refuse_more("epochs", experiment.recipe.epochs, self.epochs)
            # A bundled teacher leaves these at what they begin with, and is not trained.
            _refuse_more(
                "teacher_epochs", experiment.teacher_recipe.epochs, max(self.epochs, Recipe().epochs)
            )
        if self.datasets and experiment.dataset not in self.datasets:
            offered = ", ".join(self.datasets)
            raise ClassRefused(
                f"This class does not train on {experiment.dataset}. Choose one of: {offered}."
            )

    def refuse_varied(self, fields: Mapping[str, Sequence[Any]]) -> None:
        """Refuse a search that tries more of a field.

        Raises:
            ClassRefused: it does, in a sentence.
        """
        if self.epochs is not None and "epochs" in fields:
            _refuse_more("epochs", int(max(fields["epochs"])), self.epochs)
        for dataset in fields.get("dataset", ()):
            if self.datasets and dataset not in self.datasets:
                raise ClassRefused(f"This class does not train on {dataset}.")


def _refuse_more(name: str, epochs: int, most: int) -> None:
    if epochs > most:
        label = field_label(name).capitalize()
        raise ClassRefused(f"{label} = {epochs:,}: a run of this class takes at most {most:,}. Choose fewer.")

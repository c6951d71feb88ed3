"""What is said of a teacher that somebody brings along: the card beside its file, the shell's flags and the page's form are made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kdcore import networks, teachers
from kdcore.data.answer_values import FLOOR
from kdcore.errors import TeacherUnavailable
from kdcore.experiment import NAME

LONGEST_NAME = 54
"""So that its content's hash fits behind it."""
MOST_CARD_BYTES = 1_000_000


class TeacherDescription(BaseModel):
    """What is asked of a stranger's teacher.

    Attributes:
        dataset: whose images it knows. image_size: of a folder of pictures, the side at which they are looked at.
        answers: what its numbers are; empty to take them for what they look like.
        floor: the least probability that is believed of probabilities and counts.
        columns: the class map: for each class of the dataset, in order, the column that stands for it, by place or name.
        split: of recorded answers, which images they are about, where the file does not say it.
        network: of weights, the network that they are of: one of the table, or of torchvision.
        mean, std: what it takes from each channel and divides it by, black being 0 and white 1.
        size: the side in pixels of what it looks at; 0 for the images as they are.
        colour: the order of its channels; empty for the dataset's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dataset: str = Field(pattern=NAME)
    image_size: int = Field(32, ge=8, le=256)
    answers: Literal["", "logits", "probabilities", "counts"] = ""
    floor: float = Field(FLOOR, gt=0, le=0.1)
    columns: tuple[int | str, ...] = Field((), max_length=30_000)
    split: Literal["", "train", "validation", "test", "all"] = ""
    network: str = Field("", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")
    mean: tuple[float, ...] = Field((), max_length=3)
    std: tuple[float, ...] = Field((), max_length=3)
    size: int = Field(0, ge=0, le=512)
    colour: Literal["", "rgb", "bgr", "grey"] = ""

    @model_validator(mode="after")
    def _normalises(self) -> TeacherDescription:
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std have a number for each channel, as many the one as the other")
        if any(not value > 0 for value in self.std):
            raise ValueError("std is above 0: images are divided by it")
        return self

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> TeacherDescription:
        """From JSON-like values.

        Raises:
            TeacherUnavailable: one of them is none that it takes, in a sentence.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            wrong = [
                f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg'].removeprefix('Value error, ')}."
                for one in error.errors()
            ]
            raise TeacherUnavailable(f"This teacher's card cannot be used. {' '.join(wrong)}") from error

    def told(self) -> dict[str, Any]:
        """What was said, as JSON values, without what is as usual."""
        return self.model_dump(mode="json", exclude_defaults=True)


@dataclass(frozen=True)
class TriedImage:
    """One image that a teacher was asked about: its picture as a data URL, its label, and the likeliest classes with their shares."""

    picture: str
    label: str
    answers: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class TeacherTrial:
    """What a teacher says before it counts: of three images, and of how many images it names another class than the label.

    notes: what was made of its file, in sentences.
    """

    images: tuple[TriedImage, ...]
    errors: int
    of: int
    notes: tuple[str, ...]


def card_beside(path: Path) -> dict[str, Any]:
    """What the card beside a file says (`network.onnx.json` or `network.json`); empty where there is none.

    Raises:
        TeacherUnavailable: it is no JSON object.
    """
    for card in (path.with_name(f"{path.name}.json"), path.with_suffix(".json")):
        if card.is_file() and card != path:
            return _card_values(card)
    return {}


def _card_values(card: Path) -> dict[str, Any]:
    try:
        if card.stat().st_size > MOST_CARD_BYTES:
            raise ValueError("it is larger than a megabyte")
        values = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TeacherUnavailable(f"The card {card.name} cannot be read: {error}.", where=card) from error
    if not isinstance(values, dict):
        raise TeacherUnavailable(f"The card {card.name} is no JSON object.", where=card)
    return values


def refuse_name(name: str, runs_folder: Path) -> None:
    """Refuse what cannot be a teacher's name, or means another teacher or a network.

    Raises:
        TeacherUnavailable: as said.
    """
    if not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME:
        raise TeacherUnavailable(
            f"'{name}' cannot be a teacher's name: it is made of letters, digits, dots, dashes and underscores, at most {LONGEST_NAME}."
        )
    card = teachers.find(name, runs_folder)
    if networks.is_network(name) or (card is not None and not card.inputs):
        raise TeacherUnavailable(
            f"The name '{name}' is taken: a network or another teacher has it. Give another (--name)."
        )

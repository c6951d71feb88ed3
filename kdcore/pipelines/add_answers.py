"""Recorded answers become a teacher: a table is read, its rows are given to their images, and it is kept under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kdcore import teachers
from kdcore.data import answer_values, datasets
from kdcore.data.answer_places import Places, PublishedImages, placed, published
from kdcore.data.answer_tables import read_tables
from kdcore.data.answer_values import AnswerKind
from kdcore.data.datasets import Dataset, Split
from kdcore.errors import TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.metrics import classification
from kdcore.pipelines.brought_teacher import TeacherDescription, TeacherTrial
from kdcore.pipelines.recorded_answers import RecordedAnswers, coverage_note, stored_tensors
from kdcore.pipelines.teacher_trial import trial
from kdcore.texts import N_

SAID: dict[AnswerKind, str] = {
    "logits": N_("Its numbers are taken for logits."),
    "probabilities": N_(
        "Its numbers are taken for probabilities: their logarithms are the logits, none below that of {floor:g}."
    ),
    "counts": N_(
        "Its numbers are taken for counts of answers: the logarithms of their shares are the logits, none below that of {floor:g}."
    ),
}

ListRows = Mapping[str, tuple[Places, Tensor]]
"""Places and logits by published list."""


@dataclass(frozen=True)
class PlacedAnswers:
    """A table's answers, given to the images of a dataset.

    rows: as they are kept. answers: split by split. kind: what the numbers were taken for. notes: what was made of the file.
    """

    dataset: Dataset
    images: PublishedImages
    rows: ListRows
    answers: RecordedAnswers
    kind: AnswerKind
    notes: tuple[str, ...]

    def trial(self) -> TeacherTrial:
        """What they say of test images, or of others where none of those has an answer."""
        split = next(name for name in ("test", "validation", "train") if self.answers.count(name))
        of: Split = getattr(self.dataset, split)
        return trial(self.dataset, of, self.answers.logits[split], self.notes)


def place_answers(path: Path, said: TeacherDescription, data_folder: Path) -> PlacedAnswers:
    """Read a table and give its rows to the dataset's images.

    Raises:
        TeacherUnavailable: it is none, or its rows or columns are not those of the dataset.
        DataUnavailable: the dataset is not here.
    """
    tables = read_tables(path)
    dataset = datasets.load(said.dataset, folder=data_folder, image_size=said.image_size, download=False)
    names = datasets.published_names(said.dataset, data_folder)
    images = published(dataset, names)
    kinds = {answer_values.kind_of(table.values) for table in tables}
    kind = said.answers or (kinds.pop() if len(kinds) == 1 else "logits")
    found: dict[str, list[tuple[Places, Tensor]]] = {}
    for table in tables:
        columns = answer_values.chosen_columns(
            dataset.classes, table.values.shape[1], table.columns, said.columns
        )
        logits = torch.from_numpy(answer_values.logits_of(table.values[:, list(columns)], kind, said.floor))
        for part in placed(table, images, said.split):
            found.setdefault(part.list, []).append((part.places, logits[torch.from_numpy(part.rows)]))
    rows = {name: _joined(parts) for name, parts in found.items()}
    answers = answers_of(dataset, images, rows)
    notes = [SAID[kind].format(floor=said.floor), coverage_note(answers)]
    return PlacedAnswers(dataset, images, rows, answers, kind, tuple(filter(None, notes)))


def _joined(parts: Sequence[tuple[Places, Tensor]]) -> tuple[Places, Tensor]:
    places = np.concatenate([places for places, _logits in parts])
    if len({*places.tolist()}) != len(places):
        raise TeacherUnavailable(N_("Two rows of the file are about the same image. Give one a row."))
    return places, torch.cat([logits for _places, logits in parts])


def answers_of(dataset: Dataset, images: PublishedImages, rows: ListRows) -> RecordedAnswers:
    """The same split by split."""
    whole = {name: torch.full((size, dataset.num_classes), torch.nan) for name, size in images.sizes.items()}
    for name, (places, logits) in rows.items():
        whole[name][torch.from_numpy(places)] = logits
    return RecordedAnswers(
        dataset, {name: whole[of][torch.from_numpy(places)] for name, (of, places) in images.splits.items()}
    )


def keep_answers(
    placed_answers: PlacedAnswers, said: TeacherDescription, name: str, runs_folder: Path, owner: str = ""
) -> teachers.TeacherCard:
    """Keep them as a teacher; returns its card, whose name ends with its content's hash.

    Raises:
        OutOfResources: the runs folder cannot be written.
    """
    dataset, answers = placed_answers.dataset, placed_answers.answers
    told = said.model_copy(update={"answers": placed_answers.kind}).told()
    card = teachers.TeacherCard(
        name=name,
        network=teachers.RECORDED,
        dataset=dataset.name,
        dataset_title=dataset.title,
        shape=dataset.shape,
        classes=dataset.classes,
        experiment=Experiment()
        .with_flat(dataset=dataset.name, image_size=said.image_size)
        .model_dump(mode="json"),
        validation=_errors(answers, "validation"),
        test=_errors(answers, "test"),
        parameters=0,
        weights="",
        mean=dataset.mean,
        std=dataset.std,
        inputs=told,
        owner=owner,
    )
    tensors = stored_tensors(placed_answers.rows, placed_answers.images.names)
    return teachers.save_by_content(card, tensors, runs_folder / "teachers")


def _errors(answers: RecordedAnswers, name: str) -> dict[str, int]:
    split: Split = getattr(answers.dataset, name)
    rows = answers.answered[name]
    if not rows.any():
        return {}
    wrong = classification.errors(answers.logits[name][rows], split.labels[rows])
    return {"errors": wrong, "images": int(rows.sum())}

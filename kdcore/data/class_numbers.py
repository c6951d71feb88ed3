"""Classes by their names, where somebody would rather not count them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from kdcore.data import catalogue, picture_survey, tensor_dataset
from kdcore.errors import InvalidExperiment


def class_numbers(dataset: str, classes: Iterable[int | str], folder: Path) -> tuple[int, ...]:
    """The numbers of these classes: a number stands for itself, and a word for the class of that name.

    Raises:
        InvalidExperiment: the dataset has no class of that name, or its names are known only once it is loaded.
        DataUnavailable: there is no such dataset.
    """
    found = [_number(one) for one in classes]
    if all(isinstance(one, int) for one in found):
        return tuple(one for one in found if isinstance(one, int))
    names = class_names(dataset, folder)
    return tuple(one if isinstance(one, int) else _place(one, names, dataset) for one in found)


def class_names(dataset: str, folder: Path) -> tuple[str, ...]:
    """The names of a dataset's classes, in order; empty where its files would have to be read first.

    Raises:
        DataUnavailable: there is no such dataset.
    """
    catalogue.entry(dataset, folder)
    if dataset == "digits":
        return catalogue.DIGITS
    if dataset in catalogue.SOURCES:
        return catalogue.SOURCES[dataset].class_names
    if dataset in catalogue.GENERATED:
        return catalogue.GENERATED[dataset].class_names
    if tensor_dataset.is_tensors(folder / dataset):
        return tensor_dataset.facts(folder / dataset).classes
    return picture_survey.survey(folder / dataset).classes


def _number(one: int | str) -> int | str:
    text = str(one).strip()
    return int(text) if text.lstrip("-").isdecimal() else unicodedata.normalize("NFC", text)


def _place(name: str, names: tuple[str, ...], dataset: str) -> int:
    if name in names:
        return names.index(name)
    if not names:
        raise InvalidExperiment(f"omit: the classes of {dataset} are given by number, such as 0,3.")
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InvalidExperiment(f"omit: {dataset} has no class '{name}'.{hint} It has: {', '.join(names)}.")

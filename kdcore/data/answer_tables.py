"""Tables of recorded answers, as other systems and people write them: npy, npz, csv, parquet, safetensors; nothing is unpickled.

One row is an image. Its columns are the classes, and in a csv or parquet also `split`, and `index` or `file`. An npz or a safetensors
has a table for each split (`train`, `validation`, `test`, `all`), or one by another name, and may have `index` or `test_index` beside it.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kdcore.errors import TeacherUnavailable
from kdcore.texts import N_

if TYPE_CHECKING:
    import pandas as pd

KINDS = (".npy", ".npz", ".csv", ".parquet", ".safetensors")
SPLITS = ("train", "validation", "test", "all")
ALSO_CALLED = {"val": "validation", "valid": "validation"}
INDEX, FILE, SPLIT = ("index", "i"), ("file", "filename", "image", "path", "name"), ("split", "subset")
MOST_ROWS, MOST_COLUMNS, MOST_NUMBERS = 2_000_000, 30_000, 200_000_000
"""Bounds of one table, known from its header before its numbers are read."""


@dataclass(frozen=True)
class AnswerRows:
    """Answers to images of one split: values float64 [n, columns].

    split: as the file says; empty where it does not. columns: their names, empty where they have none. index: [n], the images' places
    in the split, None where the rows stand in its order. files: the images' names, empty where they are not named.
    """

    split: str
    values: NDArray[np.float64]
    columns: tuple[str, ...] = ()
    index: NDArray[np.int64] | None = None
    files: tuple[str, ...] = ()


def read_tables(path: Path) -> list[AnswerRows]:
    """Every table of a file.

    Raises:
        TeacherUnavailable: it is no such table, damaged, or too large; nothing in it is run.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise TeacherUnavailable(
            f"{path.name} is no table of answers: those are {', '.join(KINDS)}.", where=path
        )
    try:
        tables = list(_READERS[kind](path))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, _other_errors()) as error:
        raise TeacherUnavailable(f"{path.name} cannot be read: {_first_line(error)}.", where=path) from error
    if not tables:
        raise TeacherUnavailable(f"{path.name} holds no table of answers.", where=path)
    for table in tables:
        _refuse_unfinished(table, path)
    return tables


def _other_errors() -> type[Exception]:
    from safetensors import SafetensorError

    return SafetensorError


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


# ---- kind by kind ---------------------------------------------------------------------------------------------------


def _npy(path: Path) -> Iterator[AnswerRows]:
    mapped = np.load(
        path, mmap_mode="r", allow_pickle=False
    )  # a header that promises more than the file has fails here
    yield AnswerRows("", _numbers(mapped, path))


def _npz(path: Path) -> Iterator[AnswerRows]:
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > 8 * MOST_NUMBERS:
            raise _too_large(path)
    with np.load(path, allow_pickle=False) as arrays:
        yield from _named_arrays({name: arrays[name] for name in arrays.files}, path)


def _safetensors(path: Path) -> Iterator[AnswerRows]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        names = [*file.keys()]
        yield from _named_arrays({name: file.get_tensor(name) for name in names}, path)


def _csv(path: Path) -> Iterator[AnswerRows]:
    import pandas as pd  # every process that trains reads this file, and hardly one a table

    with path.open(encoding="utf-8-sig") as file:
        first = file.readline().strip().split(",")
    numbered = first == [str(place) for place in range(len(first))]  # the classes of digits are called so
    header: int | None = None if all(map(_is_number, first)) and not numbered else 0
    if len(first) > MOST_COLUMNS:
        raise _too_large(path)
    yield from _frame(pd.read_csv(path, header=header, encoding="utf-8-sig", nrows=MOST_ROWS + 1), path)


def _parquet(path: Path) -> Iterator[AnswerRows]:
    from pyarrow import ArrowException, parquet

    try:
        about = parquet.read_metadata(path)
        if about.num_rows * about.num_columns > MOST_NUMBERS:
            raise _too_large(path)
        frame = parquet.read_table(path).to_pandas()
    except ArrowException as error:
        raise ValueError(_first_line(error)) from error
    yield from _frame(frame, path)


_READERS = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet, ".safetensors": _safetensors}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# ---- what they hold -------------------------------------------------------------------------------------------------


def _named_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> Iterator[AnswerRows]:
    """The tables among named arrays, each with its index or its files."""
    for name, array in arrays.items():
        if array.ndim != 2:
            continue
        split = ALSO_CALLED.get(name.lower(), name.lower())
        beside = [f"{name}_", f"{split}_", ""] if len(arrays) > 1 else []
        index = next((arrays[b + i] for b in beside for i in INDEX if b + i in arrays), None)
        files = next((arrays[b + f] for b in beside for f in FILE if b + f in arrays), None)
        yield AnswerRows(
            split if split in SPLITS else "",
            _numbers(array, path),
            index=None if index is None else _whole(index, path),
            files=() if files is None else tuple(map(str, files.tolist())),
        )


def _frame(frame: pd.DataFrame, path: Path) -> Iterator[AnswerRows]:
    """The tables of a frame, one a split."""
    if len(frame) > MOST_ROWS or frame.shape[1] > MOST_COLUMNS:
        raise _too_large(path)
    frame.columns = frame.columns.map(lambda name: str(name).strip())
    lower = {name.lower(): name for name in reversed(frame.columns)}
    about = {kind: next((lower[n] for n in kind if n in lower), None) for kind in (INDEX, FILE, SPLIT)}
    classes = [name for name in frame.columns if name not in about.values()]
    unnamed = classes == [str(place) for place in frame.columns] and frame.columns[0] == "0"
    parts = [("", frame)] if (by := about[SPLIT]) is None else list(frame.groupby(by, sort=False))
    for split, part in parts:
        word = str(split).strip().lower()
        index, files = about[INDEX], about[FILE]
        yield AnswerRows(
            ALSO_CALLED.get(word, word),
            _numbers(part[classes].to_numpy(), path),
            () if unnamed else tuple(classes),
            None if index is None else _whole(part[index].to_numpy(), path),
            () if files is None else tuple(map(str, part[files])),
        )


def _numbers(array: NDArray[Any], path: Path) -> NDArray[np.float64]:
    if array.ndim != 2 or not array.size:
        raise TeacherUnavailable(
            f"{path.name} holds an array of {' x '.join(map(str, array.shape)) or 'one number'}; a table has a row an image and a column a class.",
            where=path,
        )
    if array.size > MOST_NUMBERS or array.shape[1] > MOST_COLUMNS:
        raise _too_large(path)
    if array.dtype.kind not in "fiu":
        raise TeacherUnavailable(
            f"{path.name} holds something else than numbers in its classes' columns.", where=path
        )
    return array.astype(np.float64)


def _whole(array: NDArray[Any], path: Path) -> NDArray[np.int64]:
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise TeacherUnavailable(f"The index in {path.name} has to be whole numbers, one a row.", where=path)
    return array.astype(np.int64)


def _too_large(path: Path) -> TeacherUnavailable:
    return TeacherUnavailable(
        N_(
            f"{path.name} holds more than {MOST_ROWS:,} rows, {MOST_COLUMNS:,} columns or {MOST_NUMBERS // 1_000_000} million numbers."
        ),
        where=path,
    )


def _refuse_unfinished(table: AnswerRows, path: Path) -> None:
    """Refuse numbers that are none, a row named twice, and an index of another length."""
    n = len(table.values)
    if table.split not in ("", *SPLITS):
        raise TeacherUnavailable(
            f"{path.name} speaks of a split '{table.split}': there are {', '.join(SPLITS)}.", where=path
        )
    if not (finite := np.isfinite(table.values).all(axis=1)).all():
        raise TeacherUnavailable(
            f"Row {int((~finite).argmax())} of {path.name} (counted from 0) holds a value that is no finite number.",
            where=path,
        )
    named = table.files or (() if table.index is None else table.index.tolist())
    if named and len(named) != n:
        raise TeacherUnavailable(f"{path.name} has {n} rows and names {len(named)} images.", where=path)
    if len({*named}) != len(named):
        again = next(one for one, count in Counter(named).items() if count > 1)
        raise TeacherUnavailable(
            f"{path.name} has two rows for the image {again}. Give one a row.", where=path
        )

"""Tables of recorded answers: every kind of file is read alike, and what is none is refused in a sentence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from kdcore.data import answer_tables
from kdcore.data.answer_tables import read_tables
from kdcore.errors import TeacherUnavailable

VALUES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])


def npy(path: Path) -> None:
    np.save(path, VALUES)


def npz(path: Path) -> None:
    np.savez(path, probabilities=VALUES)


def safetensors(path: Path) -> None:
    save_file({"logits": VALUES}, path)


def csv(path: Path) -> None:
    pd.DataFrame(VALUES, columns=["cat", "dog", "egg"]).to_csv(path, index=False)


def parquet(path: Path) -> None:
    pd.DataFrame(VALUES, columns=["cat", "dog", "egg"]).to_parquet(path)


@pytest.mark.parametrize("write", [npy, npz, safetensors, csv, parquet], ids=lambda write: write.__name__)
def test_every_kind_of_file_is_read_alike(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / f"answers.{write.__name__}"
    write(path)
    [table] = read_tables(path)
    np.testing.assert_array_equal(table.values, VALUES)
    assert table.split == ""
    assert table.index is None


def test_a_csv_names_split_index_and_classes(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("\ufeffsplit,index,0,1\ntrain,5,0.5,0.5\nval,2,0.9,0.1\ntrain,3,0,1\n", encoding="utf-8")
    by_split = {table.split: table for table in read_tables(path)}
    assert {*by_split} == {"train", "validation"}
    assert by_split["train"].columns == ("0", "1")
    assert by_split["train"].index is not None
    assert by_split["train"].index.tolist() == [5, 3]


def test_a_csv_without_a_head_is_a_table_and_one_whose_classes_are_numbers_has_one(tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("0.5,0.5\n0.25,0.75\n")
    assert len(read_tables(tmp_path / "bare.csv")[0].values) == 2
    (tmp_path / "digits.csv").write_text("0,1\n0.5,0.5\n0.25,0.75\n")
    assert len(read_tables(tmp_path / "digits.csv")[0].values) == 2


def test_an_npz_has_a_table_a_split_each_with_its_index(tmp_path: Path) -> None:
    path = tmp_path / "answers.npz"
    np.savez(path, train=VALUES, train_index=np.array([4, 7]), test=VALUES)
    tables = {table.split: table for table in read_tables(path)}
    assert tables["train"].index is not None
    assert tables["train"].index.tolist() == [4, 7]
    assert tables["test"].index is None


def broken_npy(path: Path) -> None:
    np.save(path, VALUES)
    path.write_bytes(path.read_bytes()[:-8])


def bomb(path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**3)}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("all.npy", "w") as member:
        member.write(head.getvalue())
        for _ in range(200):
            member.write(bytes(1 << 20))


def words(path: Path) -> None:
    path.write_text("cat,dog\nyes,no\n")


def infinite(path: Path) -> None:
    np.save(path, np.array([[0.5, 0.5], [np.inf, 0.0]]))


def twice(path: Path) -> None:
    path.write_text("file,cat,dog\na.png,1,0\na.png,0,1\n")


def no_rows(path: Path) -> None:
    path.write_text("cat,dog\n")


def not_parquet(path: Path) -> None:
    path.write_bytes(b"PAR1 is not enough")


HOSTILE = [
    (broken_npy, "npy", "cannot be read"),
    (words, "csv", "something else than numbers"),
    (infinite, "npy", "Row 1 of .* no finite number"),
    (twice, "csv", "two rows for the image a.png"),
    (no_rows, "csv", "a row an image"),
    (not_parquet, "parquet", "cannot be read"),
    (words, "pt", "is no table of answers"),
]


@pytest.mark.parametrize(("write", "kind", "sentence"), HOSTILE, ids=lambda one: getattr(one, "__name__", ""))
def test_what_is_no_table_is_refused_in_a_sentence(
    write: Callable[[Path], None], kind: str, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / f"answers.{kind}"
    write(path)
    with pytest.raises(TeacherUnavailable, match=sentence):
        read_tables(path)


def test_more_than_fits_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_tables, "MOST_NUMBERS", 20_000_000)
    path = tmp_path / "answers.npz"
    bomb(path)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(TeacherUnavailable, match="million numbers"):
        read_tables(path)


def test_nothing_in_a_table_is_unpickled(tmp_path: Path) -> None:
    # Written by hand: a header that says "objects", as a pickled array has it.
    path = tmp_path / "answers.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (2, 2)})
        file.write(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(TeacherUnavailable, match="cannot be read"):
        read_tables(path)

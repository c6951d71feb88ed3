"""`teachers`: a teacher of one's own is tried, added, chosen by its short name, and removed, from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kdcore
from kdcore.cli.main import main

SHORT = ["--count", "100", "--epochs", "2", "--student", "mlp-10"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def probabilities(split: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    images, _labels = kdcore.images("digits", split)
    return kdcore.soft_targets("digits-mlp-300", images, T=1).numpy()


def write_csv(path: Path) -> None:
    names = [str(c) for c in range(10)]
    frames = [
        pd.DataFrame(probabilities(split), columns=names).assign(split=split, index=lambda frame: frame.index)
        for split in ("train", "validation", "test")
    ]
    pd.concat(frames).sample(frac=1, random_state=0).to_csv(path, index=False)


def write_npz(path: Path) -> None:
    np.savez(path, **{split: probabilities(split) for split in ("train", "validation", "test")})


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    value: dict[str, object] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return value


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_table_of_probabilities_teaches_a_student(
    kind: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (write_csv if kind == "csv" else write_npz)(folder / f"people.{kind}")
    assert main(["teachers", "try", f"people.{kind}", "--dataset", "digits"]) == 0
    said = capsys.readouterr().out
    assert "taken for probabilities" in said
    assert "8 of 360 images" in said
    assert main(["teachers", "add", f"people.{kind}", "--dataset", "digits"]) == 0
    assert "--teacher people-" in capsys.readouterr().out
    assert main(["distill", "--teacher", "people", *SHORT, "--json"]) == 0
    assert last_line(capsys)["teacher"]["test_errors"] == 8  # type: ignore[index]
    assert main(["teachers", "remove", "people"]) == 0
    capsys.readouterr()
    assert main(["distill", "--teacher", "people", *SHORT]) == 2
    assert "neither a trained teacher" in capsys.readouterr().err


def test_a_card_beside_the_file_says_what_flags_would_and_flags_count_more(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(folder / "counts.npy", np.rint(1000 * probabilities("test")).astype(int))
    card = {"dataset": "digits", "split": "train", "answers": "counts", "columns": [*range(10)]}
    (folder / "counts.json").write_text(json.dumps(card))
    assert main(["teachers", "try", "counts.npy"]) == 2
    assert "360 rows (train) fit no part" in capsys.readouterr().err
    assert (
        main(["teachers", "add", "counts.npy", "--split", "test", "--as-dataset", "answered", "--json"]) == 0
    )
    cards = last_line(capsys)
    assert [one["dataset"] for one in cards] == ["digits", "answered"]  # type: ignore[index]
    assert main(["distill", "--dataset", "answered", "--teacher", "counts", *SHORT, "--json"]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add"], "Say which"),
        (["add", "nowhere.csv", "--dataset", "digits"], "no file nowhere.csv"),
        (["try", "answers.npy"], "dataset: Field required"),
        (["try", "answers.npy", "--dataset", "digits", "--columns", "1,2"], "Name one column for each"),
        (["add", "answers.npy", "--dataset", "digits", "--name", "a/b"], "cannot be a teacher's name"),
        (["add", "answers.npy", "--dataset", "digits", "--name", "resnet18"], "is taken"),
        (["try", "answers.npy", "--dataset", "digits", "--mean", "0.5"], "mean and std"),
        (["remove", "digits-mlp-300"], "no teacher 'digits-mlp-300' that was added"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(folder / "answers.npy", np.full((1797, 10), 0.1))
    assert main(["teachers", *words]) == 2
    assert sentence in capsys.readouterr().err

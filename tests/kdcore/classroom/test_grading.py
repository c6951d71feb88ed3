"""From an archive to grades: what was tampered with fails, runs are trained again where asked, and the shell writes a table."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from kdcore.classroom.claims import read_claims
from kdcore.classroom.freeze import freeze
from kdcore.classroom.grading import INTACT, Grading
from kdcore.classroom.hand_in_archive import HandInFile, archive_of, file_stem
from kdcore.classroom.rerun import TimeToTrainAgain
from kdcore.classroom.seal import sealed
from kdcore.classroom.submission import FrozenRun, Submission
from kdcore.cli.main import main
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.kdcore.classroom.handed_in import frozen, handed_in
from tests.manual import ROOT

SHORT = Experiment.from_flat({"count": 100, "epochs": 3, "teacher": "digits-mlp-300", "student": "mlp-30"})
CLAIMS = read_claims("T in 2..8\nerrors(student) < errors(twin)\nhidden:\nerrors(student) <= 10")
EXAMPLE = ROOT / "docs/assignment"


def files(*submissions: Submission) -> list[HandInFile]:
    return [HandInFile(f"{file_stem(one)}.json", one) for one in submissions]


def test_a_sealed_file_passes_and_an_edited_one_fails_in_everything(tmp_path: Path) -> None:
    taken = sealed(handed_in(), tmp_path)
    edited = Submission.from_json(taken.to_json().replace('"test_errors": 20', '"test_errors": 2'))
    forged = handed_in(frozen(student=2)).model_copy(update={"seal": taken.seal})
    first, second, third = Grading(CLAIMS, tmp_path).grade(files(taken, edited, forged))
    assert [grade.verdict for grade in first.grades] == ["pass", "pass", "pass", "fail"]
    assert {grade.verdict for grade in second.grades} == {"fail"}
    assert "what stands there is not what was handed in" in second.grades[0].why
    assert {grade.verdict for grade in third.grades} == {"fail"}
    assert "seal does not fit" in third.grades[0].why


def test_without_a_seal_a_machine_cannot_tell(tmp_path: Path) -> None:
    [graded] = Grading(CLAIMS, tmp_path).grade(files(handed_in()))
    assert (graded.grades[0].claim, graded.grades[0].verdict) == (INTACT, "cannot tell")
    elsewhere = sealed(handed_in(), tmp_path / "elsewhere")
    [graded] = Grading(CLAIMS, tmp_path).grade(files(elsewhere))
    assert "another server's" in graded.grades[0].why


def test_a_student_checks_the_public_claims_alone() -> None:
    [graded] = Grading(CLAIMS, public=True).grade(files(handed_in()))
    assert [grade.claim for grade in graded.grades] == [INTACT, "T in 2..8", "errors(student) < errors(twin)"]
    assert {grade.verdict for grade in graded.grades} == {"pass"}


def test_what_could_not_be_read_fails_with_its_sentence() -> None:
    [graded] = Grading(CLAIMS).grade([HandInFile("odd.json", None, "It is no hand-in that can be read.")])
    assert {grade.verdict for grade in graded.grades} == {"fail"}
    assert graded.grades[0].why == "It is no hand-in that can be read."


def test_a_run_that_two_students_hand_in_is_told(tmp_path: Path) -> None:
    both = files(
        sealed(handed_in(student="clear flask"), tmp_path), sealed(handed_in(student="dark flask"), tmp_path)
    )
    for graded in Grading(CLAIMS, tmp_path).grade(both):
        assert "Run run-1 stands in 2 hand-ins" in graded.grades[0].why


# ---- trained again


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FrozenRun]:
    folder = tmp_path_factory.mktemp("runs")
    store = Store(folder)
    run = store.create(SHORT, "a student", status="running")
    train_run(store, run.id, data_folder=folder)
    one = freeze(store, run.id)
    store.close()
    return folder, one


def with_errors(run: FrozenRun, errors: int) -> FrozenRun:
    networks = {**run.networks, "student": {**run.networks["student"], "test_errors": errors}}
    return run.model_copy(update={"networks": networks}).with_digest()


@pytest.mark.parametrize("there", [True, False], ids=["found by its hash", "trained again"])
def test_training_again_tells_what_no_digest_can(
    trained: tuple[Path, FrozenRun], there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run = trained
    grader = folder if there else tmp_path / "grader"
    monkeypatch.setenv("STILLROOM_RUNS", str(grader))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    honest, forged = handed_in(run, student="honest"), handed_in(with_errors(run, 1), student="forger")
    assert forged.changes_found() == []
    Path("class.zip").write_bytes(archive_of([honest, forged]))
    Path("claims.txt").write_text("T in 2..8\nerrors(student) <= 300\n")
    before = len(Store(grader).runs())
    assert main(["grade", "class.zip", "--claims", "claims.txt", "--rerun", "--out", "grades.csv"]) == 0
    assert len(Store(grader).runs()) == before + (0 if there else 1)
    grades = pd.read_csv("grades.csv")
    assert set(grades[grades["student"] == "honest"]["verdict"]) == {"pass"}
    assert set(grades[grades["student"] == "forger"]["verdict"]) == {"fail"}
    why = grades[grades["student"] == "forger"]["why"].iloc[0]
    errors = int(run.networks["student"]["test_errors"])
    assert f"its record says 1 errors of the student, trained again it makes {errors}" in why


def test_a_run_that_breaks_a_limit_is_not_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    (tmp_path / "one.json").write_text(handed_in(frozen(epochs=2000)).to_json())
    (tmp_path / "claims.txt").write_text("epochs <= 40\n")
    words = ["--claims", str(tmp_path / "claims.txt"), "--out", str(tmp_path / "grades.csv"), "--json"]
    assert main(["grade", str(tmp_path / "one.json"), "--rerun", *words]) == 0
    [graded] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [grade["verdict"] for grade in graded["grades"]] == ["cannot tell", "fail"]
    assert Store(tmp_path / "runs").runs() == []


def test_a_run_whose_images_are_not_here_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    (tmp_path / "one.json").write_text(handed_in(frozen(dataset="my-pictures", teacher="mlp-30")).to_json())
    (tmp_path / "claims.txt").write_text("errors(student) < 300\n")
    words = ["--claims", str(tmp_path / "claims.txt"), "--out", str(tmp_path / "grades.csv"), "--json"]
    assert main(["grade", str(tmp_path / "one.json"), "--rerun", *words]) == 0
    [graded] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [grade["verdict"] for grade in graded["grades"]] == ["cannot tell", "cannot tell"]
    assert "could not be trained again" in graded["grades"][1]["why"]


@pytest.mark.parametrize(
    ("flags", "why"),
    [(["--minutes", "1e-6"], "than 1e-06 minutes"), (["--minutes-in-all", "1e-6"], "all hand-ins")],
)
def test_training_again_has_an_end(
    flags: list[str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    (tmp_path / "one.json").write_text(handed_in(frozen(epochs=2000)).to_json())
    (tmp_path / "claims.txt").write_text("errors(student) < 300\n")
    words = [
        "--claims",
        str(tmp_path / "claims.txt"),
        "--out",
        str(tmp_path / "grades.csv"),
        "--json",
        *flags,
    ]
    assert main(["grade", str(tmp_path / "one.json"), "--rerun", *words]) == 0
    [graded] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [grade["verdict"] for grade in graded["grades"]] == ["cannot tell", "cannot tell"]
    assert why in graded["grades"][1]["why"]
    [left] = Store(tmp_path / "runs").runs()
    assert left.status == "failed"


def test_a_bound_is_of_one_run_and_of_all_together() -> None:
    now = iter(range(0, 1000, 30))
    bound = TimeToTrainAgain(minutes=1, in_all=1.2, clock=lambda: float(next(now)))
    assert list(bound.watch([1])) == [1]  # type: ignore[list-item]
    assert bound.spent == 60
    with pytest.raises(RunRefused, match=r"all hand-ins again took longer than 1\.2 minutes"):
        list(bound.watch([1, 2]))  # type: ignore[list-item]


@pytest.mark.parametrize("minutes", ["-1", "inf", "nan"])
def test_no_time_and_endless_time_are_refused(
    minutes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    (tmp_path / "one.json").write_text(handed_in(frozen(epochs=1)).to_json())
    (tmp_path / "claims.txt").write_text("errors(student) < 300\n")
    words = ["--claims", str(tmp_path / "claims.txt"), f"--minutes={minutes}"]
    assert main(["grade", str(tmp_path / "one.json"), "--rerun", *words]) == 2
    assert "give 0 or more" in capsys.readouterr().err


# ---- the shell


def test_the_shell_hands_in_and_checks_and_grades(
    trained: tuple[Path, FrozenRun],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, run = trained
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    monkeypatch.chdir(tmp_path)
    words = ["hand-in", run.id, "--student", "clear flask", "--answer", "Why? = Because."]
    assert main(words) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"hand-in.json", "hand-in.html"}
    submission = Submission.from_json(Path("hand-in.json").read_bytes())
    assert submission.answers[0].answer == "Because."
    Path("claims.txt").write_text("errors(student) <= 360\nhidden:\nerrors(student) < 0\n")
    assert main(["grade", "hand-in.json", "--claims", "claims.txt", "--public"]) == 0
    assert "errors(student) < 0" not in capsys.readouterr().out
    assert not Path("grades.csv").exists()
    assert main(["grade", "hand-in.json", "--claims", "claims.txt"]) == 0
    assert pd.read_csv("grades.csv")["verdict"].tolist() == ["cannot tell", "pass", "fail"]
    Path("claims.txt").write_text("errors(student) < 0\n")
    assert main(["grade", "hand-in.json", "--claims", "claims.txt", "--public"]) == 1


@pytest.mark.parametrize(
    ("archive", "claims", "says"),
    [
        ("nothing.zip", "claims.txt", "nothing.zip cannot be read"),
        ("one.json", "nothing.txt", "cannot be read from nothing.txt"),
        ("one.json", "odd.txt", "Line 1 of the claims"),
        ("climbs.zip", "claims.txt", "climbs out of it"),
    ],
)
def test_what_is_refused_gets_a_sentence(
    archive: str,
    claims: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    Path("one.json").write_text(handed_in().to_json())
    Path("claims.txt").write_text("runs > 0\n")
    Path("odd.txt").write_text("better\n")
    with zipfile.ZipFile("climbs.zip", "w") as made:
        made.writestr("../one.json", "{}")
    assert main(["grade", archive, "--claims", claims]) == 2
    assert says in capsys.readouterr().err
    assert not Path("grades.csv").exists()


# ---- the example of the manual


def test_the_model_answer_is_borne_out_by_training_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    answer = EXAMPLE / "model-answer.json"
    words = [
        "--claims",
        str(EXAMPLE / "few-labels.txt"),
        "--rerun",
        "--out",
        str(tmp_path / "grades.csv"),
        "--json",
    ]
    assert main(["grade", str(answer), *words]) == 0
    [graded] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {grade["verdict"] for grade in graded["grades"]} == {"pass"}, graded
    assert len(Store(tmp_path / "runs").runs()) == 5

"""An archive of hand-ins, graded: whether each file is as it was handed in, and what its runs say to the assignment's claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kdcore.classroom.claims import Assignment
from kdcore.classroom.hand_in_archive import HandInFile
from kdcore.classroom.judging import ClaimGrade, GradeVerdict, JudgedRun, broken_limits, judge, recorded
from kdcore.classroom.rerun import differences_found
from kdcore.classroom.seal import SealState, seal_state
from kdcore.classroom.submission import Submission
from kdcore.texts import N_, together

INTACT = N_("the file is as it was handed in")
"""The first of every file's claims."""
UNSEALED = {
    "none": N_(
        "Its digests fit, but nobody sealed it: whoever edits a file can make new digests. Training again (--rerun) would tell."
    ),
    "another's": N_(
        "Its digests fit, and its seal is another server's, which is not checked here. Training again (--rerun) would tell."
    ),
}

TrainAgain = Callable[[JudgedRun], JudgedRun]


@dataclass(frozen=True)
class GradedHandIn:
    """A file and its grades; `submission` is None where it could not be read."""

    file: str
    submission: Submission | None
    grades: tuple[ClaimGrade, ...] = field(default=())

    def count(self, verdict: GradeVerdict) -> int:
        """How many of its grades are that."""
        return sum(grade.verdict == verdict for grade in self.grades)


@dataclass(frozen=True)
class Grading:
    """How hand-ins are graded.

    Attributes:
        assignment: the claims.
        runs_folder: whose secret seals are checked with; None to check none.
        public: whether only the public claims are checked, as a student does before handing in.
        train_again: trains a run again; None to take the records at their word.
    """

    assignment: Assignment
    runs_folder: Path | None = None
    public: bool = False
    train_again: TrainAgain | None = None

    def grade(self, files: Sequence[HandInFile]) -> Iterator[GradedHandIn]:
        """The files in their order, each as soon as it is graded."""
        shared = Counter(
            run_id for file in files if file.submission for run_id in {r.id for r in file.submission.runs}
        )
        for file in files:
            yield (
                self._refused(file)
                if file.submission is None
                else self._graded(file.name, file.submission, shared)
            )

    def _refused(self, file: HandInFile) -> GradedHandIn:
        return GradedHandIn(file.name, None, self._all_fail(file.refused))

    def _graded(self, name: str, submission: Submission, shared: Counter[str]) -> GradedHandIn:
        changed = submission.changes_found()
        state: SealState = "none" if self.runs_folder is None else seal_state(submission, self.runs_folder)
        if state == "broken":
            changed.append(N_("Its seal does not fit what stands in it."))
        if changed:
            return GradedHandIn(name, submission, self._all_fail(" ".join(changed[:3])))
        asked = self.assignment.claims(public=self.public)
        runs = [recorded(run) for run in submission.runs]
        confirmed = False
        if self.train_again is not None:
            skipped = {run.run.id for run in broken_limits(runs, asked)}
            runs = [run if run.run.id in skipped else self.train_again(run) for run in runs]
            again = [run for run in runs if run.run.id not in skipped]
            if told := [sentence for run in again for sentence in differences_found(run)]:
                return GradedHandIn(name, submission, self._all_fail(" ".join(told[:3])))
            confirmed = bool(runs) and len(again) == len(runs) and not any(run.problem for run in runs)
        intact = self._intact("confirmed" if confirmed else state, runs, shared)
        return GradedHandIn(name, submission, (intact, *judge(submission, runs, asked)))

    def _intact(
        self, state: SealState | Literal["confirmed"], runs: Sequence[JudgedRun], shared: Counter[str]
    ) -> ClaimGrade:
        several = [run for run in runs if shared[run.run.id] > 1]
        notes = [N_(f"Run {run.short_id} stands in {shared[run.run.id]} hand-ins.") for run in several[:3]]
        if state == "confirmed":
            return ClaimGrade(
                INTACT, "pass", together([N_("Its runs, trained again, come out as it says."), *notes])
            )
        if state == "own":
            return ClaimGrade(INTACT, "pass", together([N_("Digests and this server's seal fit."), *notes]))
        if self.public:
            return ClaimGrade(INTACT, "pass", together([N_("Its digests fit."), *notes]))
        return ClaimGrade(INTACT, "cannot tell", together([UNSEALED[state], *notes]))

    def _all_fail(self, why: str) -> tuple[ClaimGrade, ...]:
        """A file that was changed proves nothing."""
        asked = self.assignment.claims(public=self.public)
        return (
            ClaimGrade(INTACT, "fail", why),
            *(ClaimGrade(claim.text, "fail", N_("The file is not as it was handed in.")) for claim in asked),
        )


def grades_table(graded: Sequence[GradedHandIn]) -> str:
    """All grades as CSV: one row a file and claim."""
    import pandas as pd

    from kdcore.export.spreadsheet_text import as_csv

    columns = ["file", "student", "name", "handed in (UTC)", "claim", "verdict", "why"]
    rows = [
        (
            one.file,
            one.submission.student if one.submission else "",
            one.submission.name if one.submission else "",
            one.submission.handed_in_text if one.submission else "",
            grade.claim,
            grade.verdict,
            grade.why,
        )
        for one in graded
        for grade in one.grades
    ]
    return as_csv(pd.DataFrame(rows, columns=columns))

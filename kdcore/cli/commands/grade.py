"""`grade`: hand-ins held against the claims of an assignment."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.atomic_files import write_atomically
from kdcore.cli.command_parser import Commands, add_command, number_argument, path_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.exit_codes import FAILED
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import with_progress_bar
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.errors import HandInRefused
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_
from kdcore.translation import say

if TYPE_CHECKING:
    from kdcore.classroom.grading import GradedHandIn, TrainAgain
    from kdcore.classroom.judging import GradeVerdict

MINUTES = 30
VERDICTS: tuple[GradeVerdict, ...] = ("pass", "fail", "cannot tell")
SHOWN = (N_("pass"), N_("fail"), N_("cannot tell"))
"""The same, marked: the table's heads."""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "grade",
        grade,
        "Hold hand-ins against an assignment's claims: pass, fail or cannot tell.",
        examples=["ARCHIVE --claims claims.txt", "hand-in.json --claims claims.txt --public --rerun"],
    )
    parser.add_argument(
        "archive",
        type=path_argument,
        metavar="ARCHIVE",
        help="A class's archive of hand-ins, or one hand-in (JSON).",
    )
    parser.add_argument(
        "--claims",
        type=path_argument,
        required=True,
        metavar="FILE",
        help="The assignment's claims, one a line.",
    )
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="Train the runs again, or find them by their hash, and judge by what comes out here.",
    )
    _add_bounds(parser)
    parser.add_argument(
        "--public",
        action="store_true",
        help="Check the public claims only, as a student does before handing in; the exit code is 1 where one fails.",
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        metavar="PATH",
        help="The grades as CSV. Default: grades.csv; none with --public.",
    )


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minutes",
        type=number_argument(float, N_("a number")),
        default=MINUTES,
        metavar="FLOAT",
        help=f"How long training one run again may take; 0 for as long as it takes. Default: {MINUTES}.",
    )
    parser.add_argument(
        "--minutes-in-all",
        type=number_argument(float, N_("a number")),
        default=0,
        metavar="FLOAT",
        help="How long training again may take in all; 0 for as long as it takes. Default: 0.",
    )


def grade(options: argparse.Namespace) -> int:
    """Grade every hand-in; write a table, and print how many claims of each hold."""
    from kdcore.classroom.claims import read_claims
    from kdcore.classroom.grading import Grading, grades_table
    from kdcore.classroom.hand_in_archive import read_hand_ins

    assignment = read_claims(_text(options.claims))
    files = read_hand_ins(options.archive)
    grading = Grading(
        assignment,
        None if options.public else runs_folder(),
        options.public,
        _train_again(options) if options.rerun else None,
    )
    graded = list(grading.grade(files))
    out = options.out or (None if options.public else Path("grades.csv"))
    if out is not None:
        _write(out, grades_table(graded))
    if options.json:
        print(json.dumps([_as_json(one) for one in graded]))
    else:
        _print(graded, whole=options.public or len(graded) == 1)
        if out is not None:
            tell(N_(f"all grades: {out}"), aside=True)
    failed = any(one.count("fail") for one in graded)
    return FAILED if options.public and failed else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise HandInRefused(f"The claims cannot be read from {path}: {why}.") from error


def _write(path: Path, table: str) -> None:
    try:
        write_atomically(path, table, durable=False)
    except OSError as error:
        raise HandInRefused(
            f"The grades cannot be written to {path}: {error.strerror}. Name another file with --out."
        ) from error


def _train_again(options: argparse.Namespace) -> TrainAgain:
    from kdcore.classroom.rerun import TimeToTrainAgain, trained_again

    for minutes in (options.minutes, options.minutes_in_all):
        if not 0 <= minutes < math.inf:
            raise HandInRefused(f"{minutes:g} minutes: give 0 or more, 0 for as long as it takes.")
    store, data = open_runs(), data_folder()
    bound = TimeToTrainAgain(options.minutes, options.minutes_in_all)
    return lambda run: trained_again(run, store, data_folder=data, watch=with_progress_bar, bound=bound)


def _as_json(one: GradedHandIn) -> dict[str, Any]:
    grades = [{"claim": each.claim, "verdict": each.verdict, "why": each.why} for each in one.grades]
    return {
        "file": one.file,
        "student": one.submission.student if one.submission else None,
        "grades": grades,
    }


def _print(graded: list[GradedHandIn], *, whole: bool) -> None:
    """Each claim where it is one file that is looked at, else a line a file."""
    if whole:
        for one in graded:
            print_table(
                ["verdict", "claim", "why"],
                [[say(each.verdict), each.claim, each.why] for each in one.grades],
            )
        return
    rows = [
        [
            one.file,
            one.submission.student if one.submission else "",
            *(str(one.count(verdict)) for verdict in VERDICTS),
            one.grades[0].why if one.grades[0].verdict != "pass" else "",
        ]
        for one in graded
    ]
    print_table(["file", "student", *VERDICTS, "the file"], rows)

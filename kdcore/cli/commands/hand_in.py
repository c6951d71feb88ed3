"""`hand-in`: runs of this machine as the file that an assignment is handed in with."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from kdcore.atomic_files import write_atomically
from kdcore.cli.command_parser import Commands, add_command, path_argument
from kdcore.cli.open_runs import open_runs
from kdcore.cli.run_lookup import find_run
from kdcore.errors import HandInRefused


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "hand-in",
        hand_in,
        "Write runs as a hand-in: a file for `grade`, and a page to read.",
        examples=["RUN --student NAME --out hand-in.json"],
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="A run's id, or its first characters.")
    parser.add_argument("--student", required=True, metavar="NAME", help="Who hands in.")
    parser.add_argument("--assignment", default="", metavar="NAME", help="What it is handed in for.")
    parser.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="QUESTION=TEXT",
        help="A reflection; may be given several times.",
    )
    parser.add_argument("--out", type=path_argument, metavar="PATH", help="Default: hand-in.json.")


def hand_in(options: argparse.Namespace) -> int:
    """Freeze the runs as they are and write the file, with a page of the same name beside it."""
    from kdcore.classroom.freeze import freeze
    from kdcore.classroom.submission import LessonAnswer, Submission
    from kdcore.classroom.submission_page import submission_page

    store = open_runs()
    runs = [freeze(store, find_run(store, name).id) for name in options.runs]
    answers = [
        LessonAnswer(kind="reflection", asks=asks.strip()[:2000], answer=text.strip()[:5000])
        for asks, _sign, text in (re.sub(r"\s+", " ", one).partition("=") for one in options.answer)
    ]
    submission = Submission.hand_in(options.student, answers, runs, assignment=options.assignment)
    out = options.out or Path("hand-in.json")
    page = out.with_suffix(".html")
    try:
        write_atomically(out, submission.to_json(), durable=False)
        write_atomically(page, submission_page(submission), durable=False)
    except OSError as error:
        raise HandInRefused(
            f"{out} cannot be written: {error.strerror}. Name another file with --out."
        ) from error
    if options.json:
        print(json.dumps({"digest": submission.digest, "files": [str(out), str(page)]}))
    else:
        print(f"{out}\n{page}")
    return 0

"""`teach`: a teacher, trained and saved under a name; resumes what was interrupted."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kdcore.cli.command_parser import Commands, add_command, path_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.experiment_flags import add_experiment_flags, experiment_from_flags, flags_of
from kdcore.cli.progress_bar import fetch_dataset, with_progress_bar
from kdcore.cli.terminal import tell
from kdcore.errors import RunRefused
from kdcore.events import Checkpoint, Event
from kdcore.experiment import NAME, Experiment
from kdcore.runs.runs_folder import runs_folder

if TYPE_CHECKING:
    from kdcore.teachers import TeacherCard


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "teach",
        teach,
        "Train a teacher and save it under a name.",
        examples=["--name my-teacher --dataset digits --teacher mlp-300 --teacher-epochs 30"],
    )
    parser.add_argument("--name", required=True, help="The name to save it under.")
    parser.add_argument(
        "--folder", type=path_argument, help="Where to save it (default: the runs folder's teachers)."
    )
    parser.add_argument("--half", action="store_true", help="Store half-precision weights.")
    add_experiment_flags(parser)


def teach(options: argparse.Namespace) -> int:
    """Train a teacher and save it with its card; resumes where the same command was interrupted."""
    from kdcore.pipelines import checks, teacher_pipeline
    from kdcore.runs import checkpoints
    from kdcore.studies.sound_only import refuse_fault

    if not re.fullmatch(NAME, options.name):
        raise RunRefused(
            f"--name {options.name}: a teacher's name is made of letters, digits, dots, dashes and underscores, at most 64."
        )
    experiment = experiment_from_flags(options, Experiment())
    refuse_fault(experiment)
    checks.check(experiment, data_folder=data_folder(), runs_folder=runs_folder())
    fetch_dataset(experiment)
    folder = options.folder or runs_folder() / "teachers"
    underway = runs_folder() / "teaching" / f"{experiment.teacher_hash}-{options.name}"
    kept = checkpoints.newest(underway)
    if kept:
        tell(
            f"resuming at step {kept.checkpoint.step} of an interrupted training; remove {underway} to start over",
            aside=True,
        )
    card = teacher_pipeline.teach(
        experiment,
        options.name,
        folder,
        data_folder=data_folder(),
        runs_folder=runs_folder(),
        watch=partial(_kept, underway),
        half=options.half,
        command=_command(experiment, options),
        resume=kept.checkpoint if kept else None,
    )
    checkpoints.clear(underway)
    _print_card(card, folder, options.json)
    return 0


def _kept(underway: Path, events: Iterable[Event]) -> Iterator[Event]:
    """The same events, shown, and their checkpoints kept in a folder."""
    from kdcore.runs import checkpoints

    for event in with_progress_bar(events):
        if isinstance(event, Checkpoint):
            checkpoints.write(underway, event, 0)
        yield event


def _command(experiment: Experiment, options: argparse.Namespace) -> str:
    """The command that trains the same teacher again, for its card."""
    command = "python -m kdcore teach " + " ".join(flags_of(experiment)) + f" --name {options.name}"
    return command + (" --half" if options.half else "")


def _print_card(card: TeacherCard, folder: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(card)))
    else:
        parts = [(part, found) for part in ("validation", "test") if (found := getattr(card, part))]
        errors = [f"{found['errors']} of {found['images']} {part} errors" for part, found in parts]
        tell(f"{card.name}: {', '.join([card.network, *errors])}; saved in {folder}")

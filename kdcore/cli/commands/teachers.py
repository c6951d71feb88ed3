"""`teachers`: the trained teachers; and a teacher from a file, recorded answers or a network, tried, added and removed."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.cli.command_parser import Commands, add_command, path_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.teacher_flags import add_description_flags, said_by_flags
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.errors import TeacherUnavailable
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_
from kdcore.translation import say

if TYPE_CHECKING:
    from kdcore.pipelines.add_answers import PlacedAnswers
    from kdcore.pipelines.brought_teacher import TeacherDescription, TeacherTrial
    from kdcore.teachers import TeacherCard


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "teachers",
        manage_teachers,
        "List the trained teachers; try, add or remove one of your own: recorded answers or a network.",
        examples=[
            "list --dataset mnist",
            "try answers.csv --dataset digits --answers probabilities",
            "add network.onnx --dataset digits --mean 0 --std 1",
            "add answers.npz --dataset digits --name people --yes",
            r"fetch resnet18 --dataset cifar10 --columns airliner,minivan,jay,tabby,hartebeest,beagle,bullfrog,sorrel,liner,minibus",
            "remove people",
        ],
    )
    parser.add_argument(
        "action", nargs="?", choices=("list", "try", "add", "fetch", "remove"), default="list"
    )
    parser.add_argument(
        "what",
        nargs="?",
        metavar="FILE",
        help="try, add: recorded answers (npy, npz, csv, parquet, safetensors) or a network (safetensors, onnx); a card beside it (FILE.json) says what the flags say. fetch: a network of torchvision, with the weights that it publishes. remove: a teacher's name.",
    )
    parser.add_argument("--name", default="", help="add: the name to choose it by. Default: the file's.")
    parser.add_argument("--yes", action="store_true", help="add, remove: without asking.")
    parser.add_argument(
        "--as-dataset",
        default="",
        metavar="NAME",
        help="add: also keep the images that have an answer as a dataset, a fifth held out for the test, to learn from them.",
    )
    parser.add_argument("--owner", default="", help=argparse.SUPPRESS)
    add_description_flags(parser.add_argument_group("what is said of it"))


def manage_teachers(options: argparse.Namespace) -> int:
    """List, try, add or remove teachers."""
    if options.action == "list":
        return _list(options)
    if not options.what:
        raise TeacherUnavailable(f"Say which: python -m kdcore teachers {options.action} FILE_OR_NAME.")
    return {"remove": _remove, "fetch": _fetch}.get(options.action, _try_or_add)(options)


def _list(options: argparse.Namespace) -> int:
    from kdcore import teachers

    cards = teachers.all_cards(runs_folder(), getattr(options, "dataset", None))
    if options.json:
        print(json.dumps([asdict(card) for card in cards]))
        return 0
    head = ["name", "network", "dataset", "validation errors", "test errors", "own"]
    rows = [
        [
            c.name,
            c.network,
            c.dataset,
            _counted(c.validation),
            _counted(c.test),
            say(N_("yes")) if c.inputs else "",
        ]
        for c in cards
    ]
    print_table(head, rows)
    return 0


def _counted(errors: dict[str, int]) -> str:
    return f"{errors['errors']:,} / {errors['images']:,}" if errors else ""


def _try_or_add(options: argparse.Namespace) -> int:
    from kdcore.pipelines import brought_teacher

    path = path_argument(options.what)
    if not path.is_file():
        raise TeacherUnavailable(f"There is no file {path}.")
    values = brought_teacher.card_beside(path) | said_by_flags(options)
    return _tried_and_added(path, values, options)


def _fetch(options: argparse.Namespace) -> int:
    """Fetch published weights, once what they are was said and agreed to; then they are added as a file's are."""
    from kdcore.pipelines import published_weights

    weights = published_weights.published_weights(options.what)
    tell(weights.said, aside=options.json)
    if not _agreed(options, N_("Fetch it? [y/N] ")):
        return 1
    values = said_by_flags(options) | {"network": weights.network}
    values["columns"] = published_weights.columns_of(weights, tuple(values.get("columns", ())))
    with tempfile.TemporaryDirectory() as folder:
        path = published_weights.fetch_weights(weights, Path(folder), _say_fetched)
        return _tried_and_added(path, values, options)


def _say_fetched(done: int, total: int) -> None:
    """How much is there: over and over on a line of a terminal, at the end alone elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{done / 1e6:,.0f} / {total / 1e6:,.0f} MB", end="", file=sys.stderr)
    if done == total:
        print(f"\r{done / 1e6:,.1f} MB", file=sys.stderr)


def _tried_and_added(path: Path, values: Mapping[str, Any], options: argparse.Namespace) -> int:
    from kdcore.pipelines import add_teacher, brought_teacher, removed_teachers
    from kdcore.pipelines.add_answers import PlacedAnswers

    said = brought_teacher.TeacherDescription.read(values)
    name = options.name or (f"own-{path.stem}" if options.action == "fetch" else path.stem.replace(" ", "-"))
    brought_teacher.refuse_name(name, runs_folder())
    found = add_teacher.try_teacher(path, said, data_folder())
    if options.as_dataset and not isinstance(found, PlacedAnswers):
        raise TeacherUnavailable(
            "--as-dataset keeps the images that have a recorded answer, and this is a network."
        )
    if options.action == "try" or not options.json:
        _print_trial(found.trial(), options.json)
    if options.action == "try":
        return 0
    removed_teachers.refuse_many(options.owner, runs_folder())
    if not _agreed(options, N_("Add this teacher? [y/N] ")):
        return 1
    cards = [add_teacher.keep_teacher_file(found, said, name, runs_folder(), options.owner)]
    if options.as_dataset and isinstance(found, PlacedAnswers):
        cards.append(_kept_with_its_images(found, said, name, options))
    _print_added(cards, options.json)
    return 0


def _kept_with_its_images(
    found: PlacedAnswers, said: TeacherDescription, name: str, options: argparse.Namespace
) -> TeacherCard:
    """The same answers as the teacher of a dataset of the images that have one."""
    from kdcore.pipelines import add_teacher, answered_dataset

    moved, about = answered_dataset.keep_answered_images(found, said, options.as_dataset, data_folder())
    return add_teacher.keep_teacher_file(moved, about, name, runs_folder(), options.owner)


def _print_trial(tried: TeacherTrial, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(tried)))
        return
    rows = [
        [image.label, ", ".join(f"{name} {100 * share:.1f} %" for name, share in image.answers)]
        for image in tried.images
    ]
    print_table(["label", "it says"], rows)
    for note in tried.notes:
        tell(note)
    tell(f"It names another class than the label for {tried.errors:,} of {tried.of:,} images.")


def _agreed(options: argparse.Namespace, question: str) -> bool:
    if options.yes or not sys.stdin.isatty():
        return True
    return input(say(question)).strip().lower() in ("y", "yes", "j", "ja", "是")


def _print_added(cards: list[TeacherCard], as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(card) for card in cards]))
        return
    for card in cards:
        tell(f"{card.name}: added; --dataset {card.dataset} --teacher {card.name} learns from it.")


def _remove(options: argparse.Namespace) -> int:
    from kdcore import teachers

    removed = teachers.remove_brought(options.what, runs_folder())
    if options.json:
        print(json.dumps({"removed": removed}))
    else:
        tell(f"Removed: {', '.join(removed)}. Runs that learned from it stay as they are.")
    return 0

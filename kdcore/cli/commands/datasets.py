"""`datasets`: every dataset, and what is missing of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.texts import N_
from kdcore.translation import say


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "datasets",
        show_datasets,
        "List the datasets and what is missing.",
        examples=["", "--json", "--leave-out pets"],
    )
    parser.add_argument(
        "--leave-out",
        metavar="NAME",
        help="Look through a folder of pictures, and have those that cannot be read left out from now on.",
    )


def show_datasets(options: argparse.Namespace) -> int:
    """List the datasets."""
    from kdcore.data import catalogue

    if options.leave_out:
        return _leave_out(options.leave_out, options.json)
    entries = catalogue.catalogue(data_folder())
    if options.json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return 0
    rows = [
        [
            e.name,
            say(e.title),
            f"{e.channels} x {e.size or say(N_('any'))}",
            str(e.classes or ""),
            f"{e.images:,}",
            say(N_("here")) if e.available else e.why_not,
        ]
        for e in entries
    ]
    print_table(["name", "title", "channels x side", "classes", "images", "available"], rows)
    for entry in entries:
        print("".join(f"\n{entry.name}: {note}" for note in entry.notes), end="")
    tell(f"\nThe data folder is {data_folder()}")
    return 0


def _leave_out(name: str, as_json: bool) -> int:
    """Write down which pictures of a dataset cannot be read, so that it loads without them."""
    from kdcore.data import catalogue, image_folder, picture_survey

    root = data_folder() / name
    if name in {*catalogue.WITHOUT_FILES, *catalogue.SOURCES} or not (
        root.is_dir() and picture_survey.is_dataset(root)
    ):
        raise DataUnavailable(f"'{name}' is no folder of pictures in the data folder.", where=root)
    found = image_folder.unreadable(root)
    if found:
        try:
            picture_survey.leave_out(root, found)
        except OSError as error:
            raise OutOfResources(
                f"The list of them cannot be written ({error.strerror}). Give this user access to the folder.",
                where=root,
            ) from error
    if as_json:
        print(json.dumps({"left_out": found}))
    else:
        listed = f"; they are listed in {root / picture_survey.LEFT_OUT_FILE}" if found else ""
        print("\n".join([*found, f"{len(found)} pictures cannot be read and are left out{listed}"]))
    return 0

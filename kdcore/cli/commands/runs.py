"""`runs`: find, show, stop, resume, mark, delete, restore and clean up what was recorded."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import get_args

from kdcore.cli.command_parser import Commands, add_command, number_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.open_runs import open_runs
from kdcore.cli.run_in_process import run_in_process
from kdcore.cli.run_lookup import find_run, find_run_id
from kdcore.cli.run_summary import print_results, run_json
from kdcore.cli.terminal import tell, told
from kdcore.cli.text_table import print_table
from kdcore.data import uploaded_pictures
from kdcore.errors import RunRefused
from kdcore.faults.badge import badge
from kdcore.pipelines import removed_teachers
from kdcore.runs import run_marks
from kdcore.runs.clean_up import CLEAN_UP_KINDS, DAY, clean_up, pictures_to_clean, to_clean
from kdcore.runs.history import ORDERS, History, Summary
from kdcore.runs.history_filter import HistoryFilter
from kdcore.runs.kept_files import forget, to_forget
from kdcore.runs.run_record import RESUMABLE, Run, Status
from kdcore.runs.stop_runs import STOP, stop_all
from kdcore.runs.store import Store
from kdcore.texts import N_, signed
from kdcore.translation import say

TABLE_HEAD = [
    "id",
    "",
    "status",
    "dataset",
    "method",
    "student",
    "T",
    "errors",
    "twin",
    "student − twin",
    "title",
    "tags",
]


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "runs",
        manage_runs,
        "Find, show, stop, resume, mark, delete, restore or clean up runs.",
        examples=[
            "list --status finished --sort student",
            "show RUN --json",
            "resume RUN",
            "stop --all",
            "clean --what unfinished --yes",
        ],
    )
    parser.add_argument(
        "action", nargs="?", choices=("list", "stop", *OF_ONE_RUN, "restore", "clean"), default="list"
    )
    parser.add_argument(
        "run", nargs="?", help="A run's id; its first characters are enough if they are unique."
    )
    _add_finding(parser.add_argument_group("list: which runs, and in what order"))
    parser.add_argument_group("stop").add_argument(
        "--all", action="store_true", help="Stop every run that trains or waits, whoever started it."
    )
    _add_changing(parser)


def _add_changing(parser: argparse.ArgumentParser) -> None:
    marking = parser.add_argument_group("mark")
    marking.add_argument("--tags", metavar="A,B", help="Replaces the run's tags.")
    marking.add_argument("--note", metavar="TEXT", help="Replaces the run's note.")
    cleaning = parser.add_argument_group(
        "clean: without --yes it only reports what it would free; starred runs stay"
    )
    kept = N_("kept: no runs, but teachers and outputs that can be computed again.")
    choices = (*CLEAN_UP_KINDS, "kept")
    cleaning.add_argument("--what", choices=choices, default="deleted", help=f"Default: deleted runs. {kept}")
    cleaning.add_argument(
        "--older",
        type=number_argument(float, "a number of days"),
        default=0.0,
        metavar="DAYS",
        help="Only runs that are older.",
    )
    cleaning.add_argument("--yes", action="store_true", help="Remove it for good.")


def _add_finding(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--find", default="", metavar="WORDS", help="Words in title, note, tags, networks ...")
    group.add_argument("--status", choices=get_args(Status), default="", help="Only runs of this status.")
    for name in ("dataset", "method", "tag", "sweep"):
        group.add_argument(f"--{name}", default="", help=f"Only runs of this {name}.")
    group.add_argument("--starred", action="store_true", help="Only runs with a star.")
    group.add_argument("--deleted", action="store_true", help="Deleted runs, which can be restored.")
    group.add_argument("--sort", choices=ORDERS, default="date", help="Default: date, the newest first.")
    group.add_argument("--reverse", action="store_true", help="Reverse the order.")
    group.add_argument(
        "--limit",
        type=number_argument(int, N_("a whole number")),
        metavar="INT",
        default=1000,
        help="Show at most this many. Default: 1000.",
    )


def manage_runs(options: argparse.Namespace) -> int:
    """Find, show, stop, resume, mark, delete, restore or clean up runs."""
    store = open_runs()
    history = History(store)
    if options.action == "list":
        return _list_runs(history, options)
    if options.action == "clean":
        return _clean_kept(store, options) if options.what == "kept" else _clean_runs(history, options)
    if options.action == "restore":
        return _restore_run(history, options)
    if options.action == "stop":
        return _stop_runs(store, options)
    run = find_run(store, options.run)
    return OF_ONE_RUN[options.action](history, run, options)


# ---- several runs -------------------------------------------------------------------------------------------------


def _list_runs(history: History, options: argparse.Namespace) -> int:
    wanted = HistoryFilter(
        words=options.find,
        status=options.status,
        dataset=options.dataset,
        method=options.method,
        tag=options.tag,
        sweep=options.sweep,
        starred=options.starred,
        deleted=options.deleted,
    )
    page = history.find(wanted, order=options.sort, reverse=options.reverse, limit=options.limit)
    if options.json:
        lines = [asdict(line) | {"run_id": line.id} for line in page.lines]
        print(json.dumps([{k: v for k, v in line.items() if k not in ("id", "owner")} for line in lines]))
        return 0
    print_table(TABLE_HEAD, [_cells(line) for line in page.lines])
    if page.total > len(page.lines):
        tell(f"{len(page.lines)} of {page.total} runs; --limit shows more", aside=True)
    return 0


def _cells(line: Summary) -> list[str]:
    texts = ["" if figure is None else str(figure) for figure in (line.student_errors, line.twin_errors)]
    texts.append("" if line.difference is None else signed(line.difference))
    star, tags = "*" if line.starred else "", ", ".join(line.tags)
    settings = [line.dataset, line.method, line.student, f"{line.temperature:g}"]
    return [line.id, star, line.status, *settings, *texts, _titled(line), tags]


def _titled(line: Summary) -> str:
    """The run's title after the mark of a fault on purpose."""
    return "; ".join(filter(None, [badge(line.fault), line.title]))


def _clean_runs(history: History, options: argparse.Namespace) -> int:
    clean = clean_up if options.yes else to_clean
    freed = clean(history.store, options.what, older=options.older * DAY)
    pictures = pictures_to_clean(history.store, data_folder(), older=options.older * DAY)
    teachers = removed_teachers.to_purge(history.store.folder, options.older * DAY)
    if options.yes:
        uploaded_pictures.purge(data_folder(), pictures)
        removed_teachers.purge(history.store.folder, options.older * DAY)
    size = freed.bytes + sum(one.bytes for one in pictures) + sum(teachers.values())
    word = "freed" if options.yes else "would free"
    if options.json:
        names = [one.name for one in pictures]
        kept = {
            "runs": list(freed.run_ids),
            "pictures": names,
            "teachers": [*teachers],
            "starred": freed.starred,
        }
        print(json.dumps({word.replace(" ", "_"): size} | kept))
    else:
        tell(f"{word} {size / 1e6:.1f} MB: {len(freed.run_ids)} runs")
        if pictures:
            tell(f"with {len(pictures)} uploads of pictures")
        if teachers:
            tell(f"with {len(teachers)} teachers that were removed on the page")
        if freed.starred:
            tell(f"{freed.starred} starred runs stay")
        if (freed.run_ids or pictures or teachers) and not options.yes:
            tell("--yes removes them for good", aside=True)
    return 0


def _clean_kept(store: Store, options: argparse.Namespace) -> int:
    things = to_forget(store.folder, most=float("inf"), unused=options.older * DAY)
    freed = forget(things) if options.yes else sum(thing.bytes for thing in things)
    word = "freed" if options.yes else "would free"
    if options.json:
        print(json.dumps({word.replace(" ", "_"): freed, "kept": len(things)}))
    else:
        tell(f"{word} {freed / 1e6:.1f} MB: {len(things)} kept teachers and outputs")
        if things and not options.yes:
            tell("--yes removes them for good", aside=True)
    return 0


def _stop_runs(store: Store, options: argparse.Namespace) -> int:
    if options.all == bool(options.run):
        raise RunRefused(
            "Say what to stop: runs stop RUN, or runs stop --all for every run that trains or waits."
        )
    stopped = stop_all(store) if options.all else [find_run(store, options.run).id]
    if not options.all:
        store.command(stopped[0], STOP)
    if options.json:
        print(json.dumps({"stopped": stopped}))
    else:
        tell("\n".join(N_(f"stopped {run_id}") for run_id in stopped) or N_("nothing trains or waits"))
    return 0


# ---- one run ------------------------------------------------------------------------------------------------------


def _show_run(history: History, run: Run, options: argparse.Namespace) -> int:
    marks = {"starred": run.starred, "tags": list(run.tags), "note": run.note}
    if options.json:
        print(json.dumps(run_json(run) | marks))
        return 0
    facts = (run.id, say(run.status), run.experiment.dataset, run.experiment.method, told(run.error))
    print("  ".join(facts))
    notes = [say(N_("starred")) if run.starred else "", ", ".join(run.tags), run.note]
    if any(notes):
        print("; ".join(filter(None, notes)))
    if run.results:
        print_results(history.store, run)
    return 0


def _resume_run(history: History, run: Run, options: argparse.Namespace) -> int:
    if run.status not in RESUMABLE:
        raise RunRefused(f"The run {run.id} is {run.status}: there is nothing to resume.")
    return run_in_process(history.store, run.id, options.json)


def _mark_run(history: History, run: Run, options: argparse.Namespace) -> int:
    starred = {"star": True, "unstar": False}.get(options.action)
    if starred is None and options.tags is None and options.note is None:
        raise RunRefused("Say what to mark the run with: --tags A,B or --note TEXT.")
    tags = None if options.tags is None else options.tags.split(",")
    run_marks.mark(history.store, run.id, starred=starred, tags=tags, note=options.note)
    return _done("marked" if starred is None else f"{options.action}red", run.id, options)


def _delete_run(history: History, run: Run, options: argparse.Namespace) -> int:
    history.store.delete(run.id)
    return _done("deleted", run.id, options)


def _restore_run(history: History, options: argparse.Namespace) -> int:
    run_id = find_run_id(history, options.run, deleted=True)
    history.store.restore(run_id)
    return _done("restored", run_id, options)


def _done(word: str, run_id: str, options: argparse.Namespace) -> int:
    print(json.dumps({word: run_id}) if options.json else f"{say(word)} {run_id}")
    return 0


WORDS = (
    N_("freed"),
    N_("would free"),
    N_("marked"),
    N_("starred"),
    N_("unstarred"),
    N_("deleted"),
    N_("restored"),
)
"""What was done with a run, as the last line says it."""
STATUSES = (
    N_("queued"),
    N_("running"),
    N_("paused"),
    N_("parked"),
    N_("finished"),
    N_("stopped"),
    N_("failed"),
    N_("lost"),
)
"""What is said of them."""
OF_ONE_RUN: dict[str, Callable[[History, Run, argparse.Namespace], int]] = {
    "show": _show_run,
    "resume": _resume_run,
    "star": _mark_run,
    "unstar": _mark_run,
    "mark": _mark_run,
    "delete": _delete_run,
}
"""What can be done with a run that is not deleted; a deleted one can only be restored."""

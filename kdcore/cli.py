"""The command line: `python -m kdcore distill | sweep | teach | datasets | networks | methods | presets | runs | export | knowledge`.

Tables for people on stdout, progress and errors on stderr; with `--json` the last line of stdout is one JSON value.
Exit code 2: refused before any work. 1: a run failed, or a preset's claim does not hold. 130: interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, get_args

from tqdm import tqdm

from kdcore.calm import CALM, keep_freed_memory
from kdcore.environment import check_pair
from kdcore.errors import RunRefused, StillroomError
from kdcore.events import Checkpoint, Command, Event, Finished, Phase, Progress
from kdcore.experiment import FLAT_FIELDS, NAME, Experiment
from kdcore.flags import add_experiment_flags, experiment_from, flag

OWNER = "shell"
DEFAULT_TEMPERATURE = FLAT_FIELDS["temperature"].default
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    for name, value in CALM.items():
        os.environ.setdefault(name, value)
    keep_freed_memory()
    try:
        check_pair()
        return int(options.command(options))
    except StillroomError as error:
        print(f"kdcore: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """Takes flags before, between and after the words, also where a word may be left out."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # argparse parses intermixed arguments by calling this method in turn.
        if self._mixing:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m kdcore", description="Knowledge distillation from the shell.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    distill = _command(
        commands, "distill", distil, "Train a teacher where needed, a twin and a distilled student."
    )
    distill.add_argument("--preset", help="Start from a preset; further flags change it.")
    distill.add_argument("--experiment", type=Path, metavar="FILE", help="Start from an experiment's JSON.")
    add_experiment_flags(distill)

    teaching = _command(commands, "teach", teach, "Train a teacher and save it under a name.")
    teaching.add_argument("--name", required=True, help="The name to save it under.")
    teaching.add_argument(
        "--folder", type=Path, help="Where to save it (default: the runs folder's teachers)."
    )
    teaching.add_argument("--half", action="store_true", help="Store half-precision weights.")
    add_experiment_flags(teaching)

    _command(commands, "datasets", datasets, "List the datasets and what is missing.")
    nets = _command(
        commands, "networks", show_networks, "List the networks with their size and cost on a dataset."
    )
    nets.add_argument("--dataset", default="mnist", help="The images they would see. Default: mnist.")
    _command(commands, "methods", show_methods, "List the ways to distil.")

    comparing = _command(
        commands,
        "compare",
        compare_methods,
        "Measure methods beside each other; goes on where it was stopped.",
    )
    comparing.add_argument("--methods", default="all", help="Names with commas between them. Default: all.")
    comparing.add_argument("--seeds", type=int, default=3, help="Seeds to measure with. Default: 3.")
    comparing.add_argument("--out", type=Path, metavar="FILE", help="Write the measurements there as JSON.")
    add_experiment_flags(comparing)

    sweeping = _command(
        commands,
        "sweep",
        sweep,
        "Vary fields of an experiment over several seeds, all side by side; trains only what is missing.",
    )
    sweeping.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="FIELD=VALUES",
        help="A field and its values: temperature=1,2,4 or epochs=1..20; several of them make a grid.",
    )
    sweeping.add_argument("--seeds", type=int, default=3, help="Seeds of every setting. Default: 3.")
    sweeping.add_argument(
        "--sampler",
        choices=("grid", "random", "bayesian"),
        default="grid",
        help="Every combination, or --trials settings between the smallest and the largest values.",
    )
    sweeping.add_argument(
        "--trials", type=int, default=20, help="Settings of a random or Bayesian sweep. Default: 20."
    )
    sweeping.add_argument("--preset", help="Start from a preset; further flags change it.")
    sweeping.add_argument("--experiment", type=Path, metavar="FILE", help="Start from an experiment's JSON.")
    add_experiment_flags(sweeping)

    presets = _command(
        commands, "presets", show_presets, "List the presets; `presets verify` measures their claims."
    )
    presets.add_argument("action", nargs="?", choices=("list", "verify"), default="list")
    presets.add_argument("name", nargs="?", help="One preset; all where none is named.")
    presets.add_argument("--seeds", type=int, default=3, help="Seeds to measure with. Default: 3.")
    presets.add_argument("--fresh", action="store_true", help="Measure again what was measured before.")

    reproducing = _command(
        commands, "reproduce", reproduce, "Measure a paper's figures again; goes on where it was stopped."
    )
    reproducing.add_argument(
        "paper", choices=("hinton2015",), help="Hinton, Vinyals and Dean 2015, section 3."
    )
    reproducing.add_argument("--seeds", type=int, default=3, help="Seeds of every student. Default: 3.")
    reproducing.add_argument("--out", type=Path, metavar="FILE", help="Write the measurements there as JSON.")

    _add_runs(commands)

    exporting = _command(commands, "export", export_runs, "Take a run away in another tool's format.")
    exporting.add_argument("runs", nargs="+", metavar="RUN", help="A run's id, or its first characters.")
    exporting.add_argument("--as", dest="format", required=True, help=_formats())
    exporting.add_argument(
        "--out", type=Path, metavar="PATH", help="A file or a folder. Default: here, named by run and format."
    )
    exporting.add_argument(
        "--role", default="student", help="Which network: student (default), twin, teacher ..."
    )
    exporting.add_argument("--server", metavar="ADDRESS", help="Where the pages are served, for the link.")

    knowing = _command(
        commands, "knowledge", show_knowledge, "Compare what a run's networks, or trained teachers, know."
    )
    knowing.add_argument("run", nargs="?", help="A run's id, or its first characters.")
    knowing.add_argument(
        "--teachers", nargs="+", default=[], metavar="NAME", help="Trained teachers, beside the run or alone."
    )
    knowing.add_argument("--temperature", type=float, help="Default: the run's, else 4.")
    knowing.add_argument("--split", choices=("validation", "test"), default="test", help="Default: test.")
    return parser


def _formats() -> str:
    from kdcore.export import makers

    return ", ".join(makers()) + "."


def _add_runs(commands: Any) -> None:
    from kdcore.runs.history import KINDS, ORDERS
    from kdcore.runs.store import Status

    runs = _command(
        commands, "runs", show_runs, "Find, show, resume, mark, delete, restore or clean up runs."
    )
    runs.add_argument("action", nargs="?", choices=("list", *RUN_ACTIONS, "clean"), default="list")
    runs.add_argument(
        "run", nargs="?", help="A run's id; its first characters are enough where they are unique."
    )
    finding = runs.add_argument_group("list: which runs, and in what order")
    finding.add_argument(
        "--find", default="", metavar="WORDS", help="Words in title, note, tags, networks ..."
    )
    finding.add_argument("--status", choices=get_args(Status), default="", help="Only runs of this status.")
    for name in ("dataset", "method", "tag", "sweep"):
        finding.add_argument(f"--{name}", default="", help=f"Only runs of this {name}.")
    finding.add_argument("--starred", action="store_true", help="Only runs with a star.")
    finding.add_argument("--deleted", action="store_true", help="Those that can be restored.")
    finding.add_argument("--sort", choices=ORDERS, default="date", help="Default: date, the newest first.")
    finding.add_argument("--reverse", action="store_true", help="The other way about.")
    finding.add_argument("--limit", type=int, default=1000, help="At most so many. Default: 1000.")
    marking = runs.add_argument_group("mark")
    marking.add_argument("--tags", metavar="A,B", help="Tags in place of those there are.")
    marking.add_argument("--note", metavar="TEXT", help="A note in place of the one there is.")
    cleaning = runs.add_argument_group(
        "clean: without --yes it only says what it would free; starred runs stay"
    )
    cleaning.add_argument("--what", choices=KINDS, default="deleted", help="Default: deleted runs.")
    cleaning.add_argument("--older", type=float, default=0.0, metavar="DAYS", help="Only what is older.")
    cleaning.add_argument("--yes", action="store_true", help="Remove it for good.")


def _command(commands: Any, name: str, function: Any, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="Print one JSON value as the last line.")
    parser.set_defaults(command=function)
    return parser


def data_folder() -> Path:
    """The data folder: STILLROOM_DATA, or `data` here."""
    from kdcore import catalogue

    return catalogue.data_folder()


def runs_folder() -> Path:
    """The runs folder: STILLROOM_RUNS, or `runs` beside the code."""
    from kdcore.runs.store import runs_folder

    return runs_folder()


# ---- distil and teach ---------------------------------------------------------------------------------------------


def distil(options: argparse.Namespace) -> int:
    """Run one experiment in this process, recorded as a run."""
    from kdcore import distillation
    from kdcore.runs.store import Store

    experiment = experiment_from(options, _base(options))
    distillation.check(experiment, data_folder=data_folder(), runs_folder=runs_folder())
    _fetch(experiment)
    store = Store(runs_folder())
    run = store.create(experiment, OWNER, title=options.preset or "", status="running")
    return _carry_out(store, run.id, options.json)


def _fetch(experiment: Experiment) -> None:
    """Fetch a dataset that is not here, before a run is begun."""
    from kdcore import catalogue, data

    if catalogue.entry(experiment.dataset, data_folder()).available:
        return
    with tqdm(unit="B", unit_scale=True, file=sys.stderr, leave=False) as bar:

        def progress(what: str, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        data.load(
            experiment.dataset, folder=data_folder(), image_size=experiment.image_size, progress=progress
        )


def _base(options: argparse.Namespace) -> Experiment:
    from kdcore.studies.presets import preset

    if options.preset and options.experiment:
        raise RunRefused("Give --preset or --experiment, not both.")
    if options.preset:
        return preset(options.preset).experiment
    if options.experiment:
        try:
            return Experiment.from_json(options.experiment.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunRefused(f"{options.experiment} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise RunRefused(f"{options.experiment} is not text. Name an experiment's JSON file.") from error
    return Experiment()


def _carry_out(store: Any, run_id: str, as_json: bool) -> int:
    from kdcore.runs.recording import record_run

    with _StopOnInterrupt(store, run_id) as interrupt:
        run = record_run(store, run_id, data_folder=data_folder(), watch=_shown)
    summary = _summary(run)
    if run.status not in ("finished", "stopped"):
        print(f"kdcore: {run.error}", file=sys.stderr)
    elif not as_json:
        _print_results(run.id, run.results)
    if as_json:
        print(json.dumps(summary))
    if interrupt.came:
        return INTERRUPTED
    return 0 if run.status == "finished" else 1


def _summary(run: Any) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "status": run.status,
        "error": run.error,
        "device": run.device,
        "threads": run.results.get("threads", run.threads),
        "experiment": run.experiment.model_dump(mode="json"),
        "experiment_hash": run.hash,
        **{name: value for name, value in run.results.items() if name not in ("device", "threads")},
    }


class _StopOnInterrupt:
    """Ctrl-C stops the run at its next step, tested and recorded; a second one ends the process at once."""

    def __init__(self, store: Any, run_id: str) -> None:
        self.store, self.run_id, self.came = store, run_id, False

    def __enter__(self) -> _StopOnInterrupt:
        self.before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True
        print("\nStopping; press again to end at once.", file=sys.stderr)
        try:
            self.store.command(self.run_id, Command("stop"))
        except StillroomError as error:  # such as: the run has just ended
            print(f"kdcore: {error}", file=sys.stderr)


def _shown(events: Iterable[Event]) -> Iterator[Event]:
    """The same events, with a progress bar on stderr."""
    bar: tqdm[Any] | None = None
    for event in events:
        match event:
            case Phase(name=name):
                if bar is not None:
                    bar.close()
                bar = None
                print(f"{name.replace('_', ' ')} ({event.device}, threads: {event.threads})", file=sys.stderr)
            case Progress():
                if bar is None:
                    bar = tqdm(
                        total=event.steps, unit="step", file=sys.stderr, leave=False, initial=event.step
                    )
                bar.update(event.step - bar.n)
                if event.images_per_second:
                    bar.set_postfix_str(
                        f"epoch {event.epoch:.1f}/{event.epochs}, {event.images_per_second:,.0f} img/s"
                    )
            case Finished():
                if bar is not None:
                    bar.close()
        yield event
    if bar is not None:
        bar.close()


def _print_results(run_id: str, results: dict[str, Any]) -> None:
    if "student" not in results:
        print(f"run {run_id} was stopped before the students were trained")
        return
    rows = [
        [
            role,
            results[role]["network"],
            f"{results[role]['parameters']:,}",
            f"{results[role]['test_errors']}",
            f"{100 * (1 - results[role]['test_accuracy']):.2f} %",
            f"{results[role]['test_nll']:.4f}",
            f"{results[role]['test_ece']:.4f}",
        ]
        for role in results
        if isinstance(results[role], dict) and "test_errors" in results[role]
    ]
    images = results["student"]["test_images"]
    _table(["", "network", "parameters", f"errors of {images:,}", "error", "NLL", "ECE"], rows)
    seconds = results["seconds"]
    print(f"run {run_id}: 1 seed; " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))


def teach(options: argparse.Namespace) -> int:
    """Train a teacher and save it with its card; what was interrupted goes on where the same command left it."""
    from kdcore import distillation
    from kdcore.runs import checkpoints

    if not re.fullmatch(NAME, options.name):
        raise RunRefused(
            f"--name {options.name}: a teacher's name is made of letters, digits, dots, dashes and underscores, at most 64."
        )
    experiment = experiment_from(options, Experiment())
    distillation.check(experiment, data_folder=data_folder(), runs_folder=runs_folder())
    _fetch(experiment)
    folder = options.folder or runs_folder() / "teachers"
    command = "python -m kdcore teach " + " ".join(_flags_of(experiment)) + f" --name {options.name}"
    underway = runs_folder() / "teaching" / f"{experiment.teacher_hash}-{options.name}"
    kept = checkpoints.newest(underway)
    if kept:
        print(
            f"going on at step {kept.checkpoint.step} of an interrupted training; remove {underway} to begin anew",
            file=sys.stderr,
        )

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        for event in _shown(events):
            if isinstance(event, Checkpoint):
                checkpoints.write(underway, event, 0)
            yield event

    card = distillation.teach(
        experiment,
        options.name,
        folder,
        data_folder=data_folder(),
        runs_folder=runs_folder(),
        watch=watch,
        half=options.half,
        command=command + (" --half" if options.half else ""),
        resume=kept.checkpoint if kept else None,
    )
    checkpoints.clear(underway)
    if options.json:
        print(json.dumps(asdict(card)))
    else:
        print(
            f"{card.name}: {card.network}, {card.validation['errors']} of {card.validation['images']} validation errors, "
            f"{card.test['errors']} of {card.test['images']} test errors; saved in {folder}"
        )
    return 0


def _flags_of(experiment: Experiment) -> list[str]:
    parts = []
    for name, value in experiment.changes().items():
        match value:
            case bool():
                parts.append(flag(name) if value else flag(name).replace("--", "--no-", 1))
            case dict():
                parts += [f"--set {key}={setting}" for key, setting in value.items()]
            case tuple():
                parts.append(f"{flag(name)} {','.join(map(str, value))}")
            case _:
                parts.append(f"{flag(name)} {value}")
    return parts


# ---- lists --------------------------------------------------------------------------------------------------------


def datasets(options: argparse.Namespace) -> int:
    """List the datasets."""
    from kdcore import catalogue

    entries = catalogue.catalogue(data_folder())
    if options.json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return 0
    rows = [
        [
            e.name,
            e.title,
            f"{e.channels} x {e.size or 'any'}",
            str(e.classes or ""),
            f"{e.images:,}",
            "here" if e.available else e.why_not,
        ]
        for e in entries
    ]
    _table(["name", "title", "channels x side", "classes", "images", "available"], rows)
    return 0


def show_networks(options: argparse.Namespace) -> int:
    """List the networks with their facts on a dataset's images."""
    from kdcore import catalogue, networks

    entry = catalogue.entry(options.dataset, data_folder())
    side = entry.size or FLAT_FIELDS["image_size"].default
    shape, classes = (entry.channels, side, side), entry.classes or 10
    values: list[dict[str, Any]] = []
    for name in networks.names():
        sentence = networks.refusal(name, shape, classes)
        values.append(
            {"name": name, "refused": sentence}
            if sentence
            else asdict(networks.describe(name, shape, classes))
        )
    if options.json:
        print(json.dumps(values))
        return 0
    rows = [
        [v["name"], "", "", "", v["refused"]]
        if "refused" in v
        else [v["name"], f"{v['parameters']:,}", f"{v['macs']:,}", f"{v['bytes'] / 1e6:.2f} MB", ""]
        for v in values
    ]
    _table(["name", "parameters", "MACs", "size", ""], rows)
    return 0


def show_methods(options: argparse.Namespace) -> int:
    """List the methods' cards."""
    from kdcore.methods import cards

    if options.json:
        print(json.dumps([asdict(card) for card in cards()]))
        return 0
    _table(
        ["name", "title", "transfers", "source"],
        [[c.name, c.title, c.transfers, c.citation] for c in cards()],
    )
    for card in cards():
        for parameter in card.parameters:
            value = (
                parameter.choices[int(parameter.default)] if parameter.choices else f"{parameter.default:g}"
            )
            print(f"{card.name} --set {parameter.name}={value}  {parameter.help}")
    return 0


def compare_methods(options: argparse.Namespace) -> int:
    """Measure methods on the same teacher, student, budget, seeds and batches."""
    from kdcore.runs.store import Store
    from kdcore.studies import compare

    base = experiment_from(options, Experiment())
    names = compare.chosen(options.methods)
    _fetch(base)
    command = " ".join(
        [
            "python -m kdcore compare",
            *_flags_of(base.with_flat(method=Experiment().method)),
            f"--methods {options.methods} --seeds {options.seeds}",
        ]
    )
    rows: list[compare.Row] = []
    for row in compare.compare(
        base,
        names,
        options.seeds,
        Store(runs_folder()),
        data_folder=data_folder(),
        watch=_shown,
        known=compare.known_from(options.out, base),
    ):
        rows.append(row)
        print(f"{row.method}: {row.refused or f'{row.student} errors, twin {row.twin}'}", file=sys.stderr)
        if options.out:
            options.out.write_text(json.dumps(compare.as_json(base, rows, command), indent=1) + "\n")
    if options.json:
        print(json.dumps(compare.as_json(base, rows, command)))
    else:
        head, *lines = compare.table(rows)
        _table(head, lines)
    return 0


def sweep(options: argparse.Namespace) -> int:
    """Train what a sweep lacks, and print what its settings' errors support."""
    from kdcore import distillation
    from kdcore.runs.store import Store
    from kdcore.studies import sweep as sweeping

    vary = dict(sweeping.values_of(*text.partition("=")[::2]) for text in options.vary)
    base = experiment_from(options, _base(options))
    asked = {"base": base, "vary": vary, "seeds": options.seeds, "sampler": options.sampler}
    wanted = sweeping.Sweep.read(asked | {"trials": options.trials})
    for setting in sweeping.corners(wanted):
        distillation.check(setting, data_folder=data_folder(), runs_folder=runs_folder())
    _fetch(base)
    store = Store(runs_folder())
    before = sum(f.run is not None for f in sweeping.found(sweeping.members(wanted, store), store))
    _say_what_is_there(before, wanted.size if sweeping.missing(wanted, store) else before)
    code = 0
    for run in sweeping.train(
        wanted, store, data_folder=data_folder(), watch=_shown, around=_StopOnInterrupt
    ):
        if run.status != "finished":
            print(f"kdcore: the run {run.id} is {run.status}: {run.error}", file=sys.stderr)
            code = INTERRUPTED if run.status == "stopped" else 1
            break
    trained = sweeping.found(sweeping.members(wanted, store), store)
    if options.json:
        fresh = sum(f.run is not None for f in trained) - before
        print(json.dumps(sweeping.as_json(wanted, trained, fresh)))
    else:
        head, *lines = sweeping.table(trained)
        _table(head, lines)
        print(sweeping.supported(trained))
    return code


def _say_what_is_there(there: int, wanted: int) -> None:
    if there == wanted:
        print(f"All {wanted} students were trained before: nothing is trained again.", file=sys.stderr)
    elif there:
        print(
            f"{there} of {wanted} students were trained before: the others are trained now.", file=sys.stderr
        )


def reproduce(options: argparse.Namespace) -> int:
    """Measure a paper's figures again, and print them beside the paper's."""
    from kdcore.runs.store import Store
    from kdcore.studies import hinton2015

    _fetch(hinton2015.DISTILLED)
    measured = hinton2015.reproduce(
        Store(runs_folder()), options.seeds, data_folder=data_folder(), watch=_shown
    )
    if options.out:
        options.out.write_text(json.dumps(hinton2015.as_json(measured), indent=1) + "\n")
    if options.json:
        print(json.dumps(hinton2015.as_json(measured)))
        return 0
    for part in hinton2015.report(measured):
        if isinstance(part, str):
            print(f"{part}\n")
        else:
            head, *lines = part
            _table(head, lines)
            print()
    return 0


def show_presets(options: argparse.Namespace) -> int:
    """List the presets, or measure their claims again; exits 1 where one fails."""
    from kdcore.studies.presets import PRESETS, preset

    chosen = [preset(options.name)] if options.name else list(PRESETS)
    if options.action == "verify":
        return _verify(chosen, options)
    if options.json:
        print(json.dumps([asdict(p) | {"experiment": p.experiment.model_dump(mode="json")} for p in chosen]))
    else:
        _table(["name", "about", "shows"], [[p.name, f"{p.seconds} s", p.shows] for p in chosen])
    return 0


def _verify(chosen: Sequence[Any], options: argparse.Namespace) -> int:
    from kdcore.runs.store import Store
    from kdcore.studies import verify

    if options.seeds < 1:
        raise RunRefused(f"--seeds {options.seeds}: a claim is measured with one seed or more.")
    store = Store(runs_folder())
    measured = []
    for one in chosen:
        found = verify.measure(
            one, options.seeds, store, data_folder=data_folder(), watch=_shown, fresh=options.fresh
        )
        measured.append(found)
        if not options.json:
            print(verify.report(found))
    if options.json:
        print(json.dumps([verify.as_json(found) for found in measured]))
    return 0 if all(found.holds for found in measured) else 1


def show_runs(options: argparse.Namespace) -> int:
    """Find, show, resume, mark, delete, restore or clean up runs."""
    from kdcore.runs.history import History
    from kdcore.runs.store import Store

    store = Store(runs_folder())
    history = History(store)
    if options.action == "list":
        return _list_runs(history, options)
    if options.action == "clean":
        return _clean_runs(history, options)
    if options.action == "restore":
        run_id = _beginning(history, options.run, deleted=True)
        store.restore(run_id)
        return _done("restored", run_id, options)
    run = _named(store, options.run)
    return int(RUN_ACTIONS[options.action](history, run, options))


def _list_runs(history: Any, options: argparse.Namespace) -> int:
    from kdcore.runs.history import Wanted

    wanted = Wanted(
        words=options.find,
        status=options.status,
        dataset=options.dataset,
        method=options.method,
        tag=options.tag,
        sweep=options.sweep,
        starred=options.starred,
        deleted=options.deleted,
    )
    found = history.find(wanted, order=options.sort, reverse=options.reverse, limit=options.limit)
    if options.json:
        lines = [asdict(line) | {"run_id": line.id} for line in found.lines]
        print(json.dumps([{k: v for k, v in line.items() if k not in ("id", "owner")} for line in lines]))
        return 0
    head = [
        "id",
        "",
        "status",
        "dataset",
        "method",
        "student",
        "T",
        "errors",
        "twin",
        "gain",
        "title",
        "tags",
    ]
    _table(head, [_run_line(line) for line in found.lines])
    if found.total > len(found.lines):
        print(f"{len(found.lines)} of {found.total} runs; --limit shows more", file=sys.stderr)
    return 0


def _run_line(line: Any) -> list[str]:
    figures = [line.student_errors, line.twin_errors, line.gain]
    said = ["" if figure is None else str(figure) for figure in figures]
    star, tags = "*" if line.starred else "", ", ".join(line.tags)
    what = [line.dataset, line.method, line.student, f"{line.temperature:g}"]
    return [line.id, star, line.status, *what, *said, line.title, tags]


def _clean_runs(history: Any, options: argparse.Namespace) -> int:
    from kdcore.runs.history import DAY

    act = history.clean_up if options.yes else history.to_clean
    taken = act(options.what, older=options.older * DAY)
    word = "freed" if options.yes else "would free"
    if options.json:
        print(
            json.dumps(
                {word.replace(" ", "_"): taken.bytes, "runs": list(taken.run_ids), "starred": taken.starred}
            )
        )
    else:
        starred = f"; {taken.starred} starred stay" if taken.starred else ""
        print(f"{word} {taken.bytes / 1e6:.1f} MB: {len(taken.run_ids)} runs{starred}")
        if taken.run_ids and not options.yes:
            print("--yes removes them for good", file=sys.stderr)
    return 0


def _show_run(history: Any, run: Any, options: argparse.Namespace) -> int:
    marks = {"starred": run.starred, "tags": list(run.tags), "note": run.note}
    if options.json:
        print(json.dumps(_summary(run) | marks))
        return 0
    print(f"{run.id}  {run.status}  {run.experiment.dataset}  {run.experiment.method}  {run.error}")
    said = ["starred" if run.starred else "", ", ".join(run.tags), run.note]
    if any(said):
        print("; ".join(filter(None, said)))
    if run.results:
        _print_results(run.id, run.results)
    return 0


def _resume_run(history: Any, run: Any, options: argparse.Namespace) -> int:
    from kdcore.runs.store import RESUMABLE

    if run.status not in RESUMABLE:
        raise RunRefused(f"The run {run.id} is {run.status}: there is nothing to resume.")
    return _carry_out(history.store, run.id, options.json)


def _mark_run(history: Any, run: Any, options: argparse.Namespace) -> int:
    starred = {"star": True, "unstar": False}.get(options.action)
    if starred is None and options.tags is None and options.note is None:
        raise RunRefused("Say what to mark the run with: --tags A,B or --note TEXT.")
    tags = None if options.tags is None else options.tags.split(",")
    history.mark(run.id, starred=starred, tags=tags, note=options.note)
    return _done("marked" if starred is None else f"{options.action}red", run.id, options)


def _delete_run(history: Any, run: Any, options: argparse.Namespace) -> int:
    history.store.delete(run.id)
    return _done("deleted", run.id, options)


def _done(word: str, run_id: str, options: argparse.Namespace) -> int:
    print(json.dumps({word: run_id}) if options.json else f"{word} {run_id}")
    return 0


RUN_ACTIONS: dict[str, Any] = {
    "show": _show_run,
    "resume": _resume_run,
    "star": _mark_run,
    "unstar": _mark_run,
    "mark": _mark_run,
    "delete": _delete_run,
    "restore": None,  # asked among the deleted
}
"""What is done with one run."""


def export_runs(options: argparse.Namespace) -> int:
    """Write a run, or several, in another tool's format; a link is printed."""
    from kdcore import export
    from kdcore.export.record import read
    from kdcore.runs.store import Store

    export.maker(options.format)
    store = Store(runs_folder())
    records = [read(store, _named(store, name).id) for name in options.runs]
    server = options.server or f"http://localhost:{os.environ.get('PORT', '8501')}"
    made = export.export(options.format, records, export.Options(options.role, server))
    if made.format.line and options.out is None and not options.json:
        print(made.packed().decode(), end="")
        return 0
    written = [str(path) for path in export.write(made, options.out)]
    if options.json:
        print(json.dumps({"runs": [r.run.id for r in records], "as": options.format, "files": written}))
    else:
        print("\n".join(written))
    return 0


def show_knowledge(options: argparse.Namespace) -> int:
    """Ask the networks of a run, or trained teachers, about their images, and print what the answers say."""
    from kdcore.runs.store import Store
    from kdcore.studies import knowers
    from kdcore.studies.report import lines, refuse_different_images, report

    folder = runs_folder()
    run = _named(Store(folder), options.run) if options.run or not options.teachers else None
    chosen = knowers.of_run(run, folder) if run else []
    if run and not chosen:
        raise RunRefused(f"The run {run.id} is {run.status} and has no trained networks to ask.")
    for name in options.teachers:
        teacher = knowers.named(f"teacher:{name}", folder)
        chosen.append(knowers.as_asked_beside(chosen[0], teacher) if chosen else teacher)
    temperature = options.temperature
    if temperature is None:
        temperature = run.experiment.temperature if run else DEFAULT_TEMPERATURE
    Experiment().with_flat(temperature=temperature)  # refuses what is out of bounds
    refuse_different_images(chosen)
    _ask(chosen, folder)
    found = report(chosen, temperature, folder, split=options.split, results=run.results if run else None) | {
        "run": run.id if run else None
    }
    if options.json:
        print(json.dumps(found))
    else:
        head, *rows = lines(found)
        _table(head, rows)
    return 0


def _ask(chosen: Sequence[Any], folder: Path) -> None:
    """Have the networks answer what they were not asked before, with a progress bar on stderr."""
    from kdcore.studies import answering

    with tqdm(unit="image", file=sys.stderr, leave=False) as bar:

        def tell(what: str, done: int, total: int) -> None:
            bar.set_description(what, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        answering.answer(chosen, folder, data_folder=data_folder(), tell=tell)


def _named(store: Any, name: str | None) -> Any:
    from kdcore.runs.history import History

    return store.run(_beginning(History(store), name))


def _beginning(history: Any, name: str | None, *, deleted: bool = False) -> str:
    """The one run whose id begins so."""
    lists = "python -m kdcore runs list" + (" --deleted" if deleted else "")
    if not name:
        raise RunRefused(f"Name a run: {lists} shows their ids.")
    found = history.beginning(name, deleted=deleted)
    if len(found) != 1:
        many = "Several" if found else "No"
        raise RunRefused(f"{many} runs begin with '{name}': {lists} shows their ids.")
    return str(found[0])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(str(line[i])) for line in [head, *rows]) for i in range(len(head))]
    for line in [head, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

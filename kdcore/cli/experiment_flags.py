"""Command-line flags made from the experiment's fields, so that a new field is a new flag."""

from __future__ import annotations

import argparse
from typing import Any

from kdcore.cli.command_parser import number_argument, path_argument
from kdcore.cli.data_folder import data_folder
from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.experiment_fields import FlatField, value_text
from kdcore.texts import N_
from kdcore.translation import say

UNFLAGGED = ("parameters",)


def add_experiment_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every field, `--seed` for the three that vary a run, and `--set key=value` for a method's own."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name, entry in FLAT_FIELDS.items():
        if name in UNFLAGGED:
            continue
        group = groups.setdefault(entry.group, parser.add_argument_group(entry.group))
        group.add_argument(flag(name), dest=name, default=argparse.SUPPRESS, **_argument(name, entry))
    parser.add_argument(
        "--seed",
        type=number_argument(int, N_("a whole number")),
        metavar="INT",
        help="Sets the init, order and teacher seeds at once.",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="A setting of the method, as its card names it.",
    )


def add_start_flags(parser: argparse.ArgumentParser) -> None:
    """Add `--preset` and `--experiment`, which name what the other flags change."""
    parser.add_argument("--preset", help="Start from a preset; further flags change it.")
    parser.add_argument(
        "--experiment", type=path_argument, metavar="FILE", help="Start from an experiment's JSON."
    )


def start_experiment(arguments: argparse.Namespace) -> Experiment:
    """The experiment that `--preset` or `--experiment` names, the default one where neither is given.

    Raises:
        InvalidExperiment: no such preset, or a file that holds no experiment.
        RunRefused: both are given, or the file cannot be read.
    """
    from kdcore.studies.presets import preset

    if arguments.preset and arguments.experiment:
        raise RunRefused("Give --preset or --experiment, not both.")
    if arguments.preset:
        return preset(arguments.preset).experiment
    if arguments.experiment:
        try:
            return Experiment.from_json(arguments.experiment.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunRefused(f"{arguments.experiment} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise RunRefused(
                f"{arguments.experiment} is not text. Name an experiment's JSON file."
            ) from error
    return Experiment()


def flag(name: str) -> str:
    """The flag of a flat field."""
    return "--" + name.replace("_", "-")


def experiment_from_flags(arguments: argparse.Namespace, base: Experiment) -> Experiment:
    """The experiment that the flags describe, over `base`.

    Raises:
        InvalidExperiment: a value out of bounds, or a `--set` that is no KEY=VALUE, or whose value its setting does not take.
    """
    given = {name: value for name, value in vars(arguments).items() if name in FLAT_FIELDS}
    if any(isinstance(one, str) for one in given.get("omit", ())):
        given["omit"] = _class_numbers(given.get("dataset", base.dataset), given["omit"])
    if "teacher" in given:
        given["teacher"] = _whole_teacher_name(given["teacher"], given.get("dataset", base.dataset))
    experiment = (base if arguments.seed is None else base.with_seed(arguments.seed)).with_flat(**given)
    if not arguments.set:
        return experiment
    return experiment.with_flat(parameters=dict(_setting(experiment.method, text) for text in arguments.set))


def flags_of(experiment: Experiment) -> list[str]:
    """The flags that describe the experiment: `experiment_from` gives it again."""
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


def _whole_teacher_name(name: str, dataset: str) -> str:
    """The name with its hash of a teacher that was brought along, which may be called without it; others as they are."""
    from kdcore import teachers
    from kdcore.runs.runs_folder import runs_folder

    brought = [
        card.name for card in teachers.all_cards(runs_folder(), dataset) if teachers.is_brought_as(name, card)
    ]
    if len(brought) > 1:
        raise InvalidExperiment(f"Several teachers were added as '{name}': say which, {', '.join(brought)}.")
    return brought[0] if brought else name


def _setting(method: str, text: str) -> tuple[str, float]:
    # Imported late: it takes torch with it, and most calls set nothing.
    from kdcore.methods.settings import setting

    key, given, value = text.partition("=")
    if not given:
        raise InvalidExperiment(f"--set {text}: write it as key=value, for example --set confidence=0.9.")
    return key.strip(), setting(method, key.strip(), value.strip())


def _argument(name: str, entry: FlatField) -> dict[str, Any]:
    default = say(N_("{help} Default: {value}."))
    help = default.format(help=say(entry.help), value=value_text(entry.default, say)).replace("%", "%%")
    if isinstance(entry.default, bool):
        return {"action": argparse.BooleanOptionalAction, "help": help}
    if entry.choices:
        return {"choices": entry.choices, "help": help}
    if name == "omit":
        return {
            "type": _classes,
            "metavar": "CLASS,CLASS",
            "help": help.replace("(by number)", "(by number or name)"),
        }
    kind = int if name == "count" else type(entry.default)
    if kind is str:
        return {"metavar": "NAME", "help": help}
    return {"type": number_argument(kind, entry.takes), "metavar": kind.__name__.upper(), "help": help}


def _classes(text: str) -> tuple[int | str, ...]:
    """Numbers, and the names of classes as they are: the dataset says what they stand for."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def _class_numbers(dataset: str, classes: tuple[int | str, ...]) -> tuple[int, ...]:
    # Imported late: whoever names no class does not wait for numpy.
    from kdcore.data.class_numbers import class_numbers

    return class_numbers(dataset, classes, data_folder())

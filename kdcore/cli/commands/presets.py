"""`presets`: what they show; `presets verify` measures whether their claims hold."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.exit_codes import FAILED
from kdcore.cli.measurement_flags import add_seeds_flag
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import with_progress_bar
from kdcore.cli.text_table import print_table
from kdcore.errors import RunRefused
from kdcore.texts import N_
from kdcore.translation import say

if TYPE_CHECKING:
    from kdcore.studies.presets import Preset


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "presets",
        show_presets,
        "List the presets; `presets verify` measures their claims.",
        examples=["", "verify digits-100 --seeds 3"],
    )
    parser.add_argument("action", nargs="?", choices=("list", "verify"), default="list")
    parser.add_argument("name", nargs="?", help="One preset; default: all.")
    add_seeds_flag(parser, N_("Seeds to measure with. Default: 3."))
    parser.add_argument("--fresh", action="store_true", help="Measure again what was measured before.")


def show_presets(options: argparse.Namespace) -> int:
    """List the presets, or measure their claims again; exits with FAILED where one does not hold."""
    from kdcore.studies.presets import PRESETS, preset

    chosen = [preset(options.name)] if options.name else list(PRESETS)
    if options.action == "verify":
        return _verify(chosen, options)
    if options.json:
        print(json.dumps([asdict(p) | {"experiment": p.experiment.model_dump(mode="json")} for p in chosen]))
    else:
        print_table(["name", "about", "shows"], [[p.name, f"{p.seconds} s", p.shows] for p in chosen])
    return 0


def _verify(chosen: Sequence[Preset], options: argparse.Namespace) -> int:
    from kdcore.compression.small_teachers import small_teachers
    from kdcore.studies import preset_verification

    if options.seeds < 1:
        raise RunRefused(f"--seeds {options.seeds}: a claim is measured with one seed or more.")
    store = open_runs()
    measurements = []
    for preset in chosen:
        measurement = preset_verification.measure(
            preset,
            options.seeds,
            store,
            data_folder=data_folder(),
            watch=with_progress_bar,
            fresh=options.fresh,
            compress=partial(small_teachers, store, data_folder(), again=options.fresh),
        )
        measurements.append(measurement)
        if not options.json:
            print(preset_verification.figures_report(measurement, say))
    if options.json:
        print(json.dumps(preset_verification.as_json(measurements)))
    else:
        print(preset_verification.claims_report(measurements, say))
    held = [found.verdict.holds for judged in preset_verification.judge(measurements) for found in judged]
    return 0 if all(held) else FAILED

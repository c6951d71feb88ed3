"""`export`: a run, or several, in another tool's format."""

from __future__ import annotations

import argparse
import json
import os

from kdcore import export
from kdcore.cli.command_parser import Commands, add_command, number_argument, path_argument
from kdcore.cli.open_runs import open_runs
from kdcore.cli.run_lookup import find_run
from kdcore.export.recorded_run import read
from kdcore.texts import N_
from kdcore.translation import ENGLISH, spoken_language


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "export",
        export_runs,
        "Export a run, or several, in another tool's format.",
        examples=["RUN --as csv", "RUN --as onnx --role twin --out student.onnx"],
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="A run's id, or its first characters.")
    parser.add_argument("--as", dest="format", required=True, help=", ".join(export.format_modules()) + ".")
    parser.add_argument(
        "--out",
        type=path_argument,
        metavar="PATH",
        help="A file or a folder. Default: here, named by run and format.",
    )
    parser.add_argument(
        "--role", default="student", help="Which network: student (default), twin, teacher ..."
    )
    parser.add_argument(
        "--figure",
        choices=export.FIGURES,
        default="",
        help="page: only this figure, large, for a slide. Default: all of them.",
    )
    parser.add_argument(
        "--language", default="", help="Of what is written for people. Default: the terminal's."
    )
    parser.add_argument(
        "--opset",
        type=number_argument(int, N_("a whole number")),
        metavar="INT",
        help="Of ONNX: the version of its operators, for an older runtime. Default: the exporter's own, in the file's metadata.",
    )
    parser.add_argument("--server", metavar="ADDRESS", help="Where the pages are served, for the link.")


def export_runs(options: argparse.Namespace) -> int:
    """Write a run, or several, in another tool's format; a link is printed."""
    export.format_module(options.format)
    store = open_runs()
    records = [read(store, find_run(store, name).id) for name in options.runs]
    server = options.server or f"http://localhost:{os.environ.get('PORT', '8501')}"
    bundle = export.export_runs(
        options.format,
        records,
        export.ExportOptions(
            options.role,
            server,
            options.figure,
            options.language or spoken_language() or ENGLISH,
            options.opset,
        ),
    )
    if bundle.format.one_line and options.out is None and not options.json:
        print(bundle.packed().decode(), end="")
        return 0
    written = [str(path) for path in export.write_bundle(bundle, options.out)]
    if options.json:
        print(json.dumps({"runs": [r.run.id for r in records], "as": options.format, "files": written}))
    else:
        print("\n".join(written))
    return 0

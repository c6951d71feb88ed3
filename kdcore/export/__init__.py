"""A run, or several, in other tools' formats: one file per format in `formats/`, found by being there.

A format's file offers `FORMAT` (its name, what it is for, how its files are called), `refusal(record)` (why it cannot be
had of a run, known without work) and `make(records, options)` (the files).
"""

from kdcore.export.export_bundle import ExportBundle, bundle_name, export_runs, write_bundle
from kdcore.export.export_format import FIGURES, ExportFormat, ExportOptions, FormatModule
from kdcore.export.format_registry import format_module, format_modules, refusal

__all__ = [
    "FIGURES",
    "ExportBundle",
    "ExportFormat",
    "ExportOptions",
    "FormatModule",
    "bundle_name",
    "export_runs",
    "format_module",
    "format_modules",
    "refusal",
    "write_bundle",
]

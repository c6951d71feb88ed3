"""The menu that exports a run, or a comparison of several, in other tools' formats."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.data import export_files
from dashboard.session import Key
from dashboard.text.roles import in_order, role
from dashboard.text.translation import _, language, told
from kdcore import export
from kdcore.export import ExportFormat, ExportOptions
from kdcore.export.run_link import run_link
from kdcore.runs.run_record import Run
from kdcore.texts import N_

NETWORKS = N_("Network")
TITLE = 90
"""Pixels for the text before each row of buttons."""
FORMAT_HELP = {
    "onnx": N_("Runs without PyTorch; checked against the network's answers with onnxruntime."),
    "safetensors": N_("The weights, with normalisation and classes in the file's metadata."),
    "script": N_("A short program that repeats this run with PyTorch alone, and the tensors it begins from."),
    "notebook": N_("The same program, cell by cell."),
    "tensorboard": N_("Event files, a folder a network."),
    "html": N_("One file that opens without a network: figures, curves, recipe, method."),
    "page": N_("One file to hand out: soft targets to drag, and this run step by step, without a server."),
}


def export_menu(runs: Sequence[Run], key: str = "exports") -> None:
    """Draw the button and its menu. What takes long to make is made on the click."""
    with st.popover(_("Take it away"), icon=":material/download:", key=key):
        for group, offered in _groups(len(runs) > 1).items():
            chosen = _network(runs, key) if group == NETWORKS else "student"
            with _row(f"{key}_{group.lower()}"):
                st.caption(_(group), width=TITLE)
                for format in offered:
                    _button(runs, format, ExportOptions(chosen, server(), language=language()), key)
        if len(runs) == 1:
            address = run_link(export_files.record(runs[0].id), server())
            st.code(address, language=None, wrap_lines=True)


def _row(key: str) -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="small", key=key)


def _groups(several: bool) -> dict[str, list[ExportFormat]]:
    """The formats that can be downloaded, by group."""
    groups: dict[str, list[ExportFormat]] = {}
    for maker in export.format_modules().values():
        if not maker.FORMAT.one_line and (maker.FORMAT.several_runs or not several):
            groups.setdefault(maker.FORMAT.group, []).append(maker.FORMAT)
    return groups


def _network(runs: Sequence[Run], key: str) -> str:
    """The network to export, chosen where there is a choice."""
    tested = [
        name
        for name, result in runs[0].results.items()
        if isinstance(result, dict) and "test_errors" in result
    ]
    if len(runs) > 1 or not tested:
        return "student"
    names = in_order(tested)
    with _row(f"{key}_role"):
        st.caption(_("Which network"), width=TITLE)
        chosen = st.segmented_control(
            _(NETWORKS),
            names,
            default="student" if "student" in names else names[-1],
            format_func=lambda name: role(name).label,
            key=f"{Key.EXPORT_ROLE}.{key}",
            required=True,
            label_visibility="collapsed",
        )
    return chosen or "student"


def _button(runs: Sequence[Run], format: ExportFormat, options: ExportOptions, key: str) -> None:
    of = export_files.export_request(runs, format.name, options)
    refused = export_files.refusal(of)
    st.download_button(
        _(format.title),
        partial(export_files.export_file, of),
        file_name=export_files.file_name(of),
        mime=format.mime,
        key=f"{key}_{format.name}",
        help=told(refused) or (_(FORMAT_HELP[format.name]) if format.name in FORMAT_HELP else None),
        disabled=bool(refused),
        on_click="ignore",
    )


def server() -> str:
    """The address under which this browser sees the pages."""
    parts = urlsplit(st.context.url or ExportOptions().server)
    base = parts.path.rstrip("/").rpartition("/")[0]
    return f"{parts.scheme}://{parts.netloc}{base}"

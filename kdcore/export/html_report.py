"""The report's page: what was measured, drawn and written down so that it can be read without this project.

Whatever comes from a run is escaped here; the page forbids itself to fetch anything or to run a script.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.experiment_fields import PARAMETER_PREFIX, value_text
from kdcore.export import Options
from kdcore.export.exported_run import Record
from kdcore.export.formats.link import link
from kdcore.export.svg_chart import SvgLine, chart
from kdcore.role_styles import FURTHER, LOOKS, role_style
from kdcore.runs import run_names

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
ROLES = ("teacher", "twin", "student")
MAIN = ("dataset", "teacher", "student", "method", "temperature", "teacher_weight", "init_seed")
"""Fields that are shown whether they differ from the defaults or not."""
TEX = {
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\|": "‖",
    r"\arg": r"\mathrm{arg}",
    r"\setminus": "∖",
    "aligned": "matrix",
}
"""What the formulas say that the converter to MathML does not know, in words that it does."""
LINE_OVER = "\N{HORIZONTAL BAR}"
MATHML = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", MATHML)


def page(records: Sequence[Record], options: Options) -> str:
    """One HTML page on a run, or on several: their comparison, then each."""
    if len(records) == 1:
        title = _title(records[0])
        body = f"<h1>{escape(title)}</h1>" + _one(records[0], options)
    else:
        title = f"{len(records)} runs compared"
        parts = (
            f"<details><summary>{number}. {escape(name)}: {escape(_title(record))}</summary>{_one(record, options)}</details>"
            for number, (name, record) in enumerate(zip(_names(records), records, strict=True), 1)
        )
        body = f"<h1>{escape(title)}</h1>{_comparison(records)}<h2>Each run</h2>{''.join(parts)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Stillroom</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _style() -> str:
    def variables(theme: str) -> str:
        looks = {**LOOKS, "other": FURTHER[0]}
        return " ".join(f"--role-{name}: {getattr(of, theme)};" for name, of in looks.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {variables('dark')} }} }}\n"
    sheet = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    return f"{sheet}:root {{ {variables('light')} }}\n{dark}"


def _title(record: Record) -> str:
    experiment, results = record.run.experiment, record.run.results
    from kdcore.methods.stages import asks_teacher

    dataset = results.get("dataset", {}).get("title", experiment.dataset)
    source = f" learns from {experiment.teacher}" if asks_teacher(experiment) else ""
    return f"{_card(experiment).title}: {experiment.student}{source} ({dataset})"


def _card(experiment: Experiment) -> Any:
    from kdcore.methods.registry import method

    return method(experiment.method).CARD


# ---- one run --------------------------------------------------------------------------------------------------------


def _one(record: Record, options: Options) -> str:
    return "".join(
        [
            _about(record, options),
            _headline(record),
            _section("On the test images", _tested(record), _said(record)),
            _section("Validation error", _error_chart(record), _changes(record)),
            _section("Loss terms, as they enter the sum", _loss_chart(record)),
            _section("Costs", _costs(record)),
            _section("The method", _method(record)),
            _section("The recipe", _recipe(record)),
        ]
    )


def _section(title: str, *parts: str) -> str:
    inside = "".join(parts)
    return f"<h2>{escape(title)}</h2>{inside}" if inside else ""


def _about(record: Record, options: Options) -> str:
    run, results = record.run, record.run.results
    made = time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.created))
    said = [f"Run {run.id}", f"{made} UTC", run.status]
    if "epochs" in results:
        said.append(f"{results['epochs']:g} of {run.experiment.recipe.epochs} epochs")
    if run.device:
        said.append(f"{run.device}, threads: {results.get('threads', run.threads)}")
    member = ", ".join(_named(*one) for one in run_names.member_setting(run).items())
    said = [*filter(None, (run.title, member)), *said]
    address = escape(link(record, options))
    error = f"<p>{escape(run.error)}</p>" if run.error else ""
    return f'<p class="faint">{escape(" · ".join(said))}</p><p class="faint"><a href="{address}">{address}</a></p>{error}'


def _tested_roles(record: Record) -> list[str]:
    results = record.run.results
    tested = [n for n, said in results.items() if isinstance(said, Mapping) and "test_errors" in said]
    return [*(n for n in ROLES if n in tested), *(n for n in tested if n not in ROLES)]


def _who(role: str) -> str:
    name = role if role in LOOKS else "other"
    return f'<span style="color: var(--role-{name})">{role_style(role).mark} {escape(role)}</span>'


def _percent(share: float, of: int) -> str:
    return f"{100 * share:.{1 if of <= 2000 else 2}f} %"


def _headline(record: Record) -> str:
    cells = []
    for role in _tested_roles(record)[:3]:
        said = record.run.results[role]
        images = said["test_images"]
        cells.append(
            f'<div>{_who(role)}<span class="value">{_percent(1 - said["test_accuracy"], images)}</span>'
            f'<span class="faint">{said["test_errors"]:,} of {images:,} test images wrong</span></div>'
        )
    return f'<div class="headline">{"".join(cells)}</div>' if cells else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of figures. Cells are HTML already; heads are escaped here."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return f'<div class="scroll"><table class="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _tested(record: Record) -> str:
    results, roles = record.run.results, _tested_roles(record)
    rows = []
    for role in roles:
        said = results[role]
        rows.append(
            [
                f"{_who(role)} {escape(said['network'])}",
                f"{said['test_errors']:,} of {said['test_images']:,}",
                _percent(said["test_accuracy"], said["test_images"]),
                f"{said['test_nll']:.4f}",
                f"{100 * said['test_ece']:.1f} %",
            ]
        )
    if not rows:
        return ""
    return _table(["", "errors", "accuracy", "NLL, nats an image", "calibration error (ECE)"], rows)


def _said(record: Record) -> str:
    results = record.run.results
    if "student" not in results or "twin" not in results:
        return ""
    fewer = results["twin"]["test_errors"] - results["student"]["test_errors"]
    word = (
        "fewer errors than" if fewer > 0 else "more errors than" if fewer < 0 else "difference in errors from"
    )
    said = f"The student made {abs(fewer) or 'no'} {word} its twin, the same network from the same first weights on the same batches, taught by labels only. This is one seed: another may differ."
    if record.run.status == "stopped":
        said += " It was stopped before its end."
    if record.of_kind("HotChange"):
        said += " Settings were changed while it ran, so it stands for no single setting."
    return f"<p>{escape(said)}</p>"


def _curve(record: Record, role: str, series: str, phase: str = "students") -> list[tuple[float, float]]:
    return [
        (point.epoch, point.value)
        for point in record.points
        if (point.role, point.series, point.phase) == (role, series, phase)
    ]


def _error_chart(record: Record) -> str:
    lines = []
    roles = dict.fromkeys(p.role for p in record.points if p.series == "val_error" and p.phase == "students")
    for role in roles:
        points = [(epoch, 100 * share) for epoch, share in _curve(record, role, "val_error")]
        lines.append(SvgLine(role, role, points))
    known = [point.value for point in record.points if (point.role, point.series) == ("teacher", "val_error")]
    if known and "teacher" not in roles and lines:
        end = max(x for line in lines for x, _ in line.points)
        lines.append(SvgLine("teacher", "teacher", [(0.0, 100 * known[-1]), (end, 100 * known[-1])]))
    return chart(lines, "Validation error in percent against epoch", "epoch", "validation error, %")


def _loss_chart(record: Record) -> str:
    named = dict.fromkeys(
        (p.role, p.series)
        for p in record.points
        if p.phase == "students" and p.series.startswith("loss.") and p.series.endswith(".scaled")
    )
    lines: list[SvgLine] = []
    for role, series in named:
        label = series.removeprefix("loss.").removesuffix(".scaled")
        turn = sum(line.role == role for line in lines)
        lines.append(SvgLine(role, f"{role}: {label}", _curve(record, role, series), turn))
    return chart(lines, "Loss terms against epoch, logarithmic", "epoch", "nats an image", log=True)


def _changes(record: Record) -> str:
    said = [
        f"<li>epoch {change['epoch']:.2f}: {escape(change['setting'])} = {change['value']:g}</li>"
        for change in record.of_kind("HotChange")
    ]
    return f"<p>Changed while it ran:</p><ul>{''.join(said)}</ul>" if said else ""


def _costs(record: Record) -> str:
    results, rows = record.run.results, []
    for role in [r for r in ("teacher", "student") if r in results]:
        said = results[role]
        rows.append(
            [
                f"{_who(role)} {escape(said['network'])}",
                f"{said['parameters']:,}",
                f"{said['macs']:,}",
                f"{said['bytes'] / 1000:,.0f} kB",
                *(_milliseconds(said.get("latency", {}), batch) for batch in ("1", "128")),
            ]
        )
    heads = ["", "parameters", "multiply-adds", "size", "1 image, median", "128 images, median"]
    return _table(heads, rows) if rows else ""


def _milliseconds(latency: Mapping[str, Any], batch: str) -> str:
    if batch not in latency:
        return "–"
    return f"{1000 * latency[batch]['p50']:.3g} ms" + (" (disturbed)" if latency.get("disturbed") else "")


def _method(record: Record) -> str:
    card = _card(record.run.experiment)
    symbols = "".join(f"<li>{_math(name)}: {escape(text)}</li>" for name, text in card.symbols.items())
    return (
        f"<p><b>{escape(card.title)}</b> (transfers {escape(card.transfers)}). {escape(card.what)}</p>"
        f'<div class="formula">{_math(card.formula)}</div><ul>{symbols}</ul>'
        f'<p class="faint">{escape(card.citation)}</p><p><b>Costs.</b> {escape(card.cost)}</p>'
        f"<p><b>Hurts.</b> {escape(card.hurts)}</p>"
    )


def _math(formula: str) -> str:
    """The formula as MathML, which browsers draw by themselves."""
    from latex2mathml.converter import convert

    for said, known in TEX.items():
        formula = formula.replace(said, known)
    root = ElementTree.fromstring(convert(formula))
    for over in root.iter(f"{{{MATHML}}}mover"):
        # Its line over an expression does not grow with it in most fonts.
        if over[-1].text == LINE_OVER:
            over.tag = f"{{{MATHML}}}mrow"
            over.set("class", "over")
            over.remove(over[-1])
    return ElementTree.tostring(root, encoding="unicode")


def _recipe(record: Record) -> str:
    experiment = record.run.experiment
    changed = experiment.changes()
    shown = {name: value for name, value in experiment.flat().items() if name in (*MAIN, *changed)}
    rows = "".join(_row(name, value, name in changed) for name, value in experiment.flat().items())
    text = escape(experiment.model_dump_json(indent=1))
    return (
        f'<div class="scroll"><table>{_short_rows(shown)}</table></div>'
        "<details><summary>All fields, those that differ from the defaults in bold</summary>"
        f'<div class="scroll"><table>{rows}</table></div></details>'
        f"<details><summary>The experiment as JSON, to load or to run again</summary><pre>{text}</pre></details>"
    )


def _row(name: str, value: Any, changed: bool) -> str:
    mark = ' class="changed"' if changed else ""
    head = f'<th scope="row">{escape(name.replace("_", " "))}</th>'
    return f"<tr{mark}>{head}<td>{escape(value_text(value, empty='–'))}</td><td>{escape(FLAT_FIELDS[name].help)}</td></tr>"


def _short_rows(shown: Mapping[str, Any]) -> str:
    return "".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{escape(value_text(value, empty="–"))}</td></tr>'
        for name, value in shown.items()
    )


# ---- several --------------------------------------------------------------------------------------------------------


def _comparison(records: Sequence[Record]) -> str:
    return (
        _section(
            "Validation error of the students",
            chart(
                [
                    SvgLine("student", f"{number}", _percents(record), turn)
                    for turn, (number, record) in enumerate(enumerate(records, 1))
                ],
                "Validation error of each run's student in percent against epoch",
                "epoch",
                "validation error, %",
            ),
        )
        + _section("On the test images", _table(_COMPARED, list(_compared(records))))
        + _differences(records)
    )


def _names(records: Sequence[Record]) -> list[str]:
    """The runs by all in which they differ; by their titles where nothing differs."""
    said = run_names.run_names([record.run for record in records], _named)
    return [name or record.run.title or record.short for name, record in zip(said, records, strict=True)]


def _named(field: str, value: Any) -> str:
    """A setting in a run's name."""
    if field in run_names.SEEDS:
        return f"{'seed' if field == run_names.SEED else field.replace('_', ' ')} {value}"
    if isinstance(value, str):
        return value
    label = "T" if field == "temperature" else field.removeprefix(PARAMETER_PREFIX).replace("_", " ")
    return f"{label} = {value_text(value, empty='–')}"


_COMPARED = ["run", "teacher", "twin", "student", "student − twin", "NLL", "ECE"]


def _percents(record: Record) -> list[tuple[float, float]]:
    return [(epoch, 100 * share) for epoch, share in _curve(record, "student", "val_error")]


def _compared(records: Sequence[Record]) -> Iterator[list[str]]:
    for number, (name, record) in enumerate(zip(_names(records), records, strict=True), 1):
        results = record.run.results
        errors = [results.get(role, {}).get("test_errors") for role in ROLES]
        student = results.get("student", {})
        difference = "–" if None in errors[1:] else _signed(errors[2] - errors[1])
        yield [
            f"{number}. {escape(name)}",
            *("–" if wrong is None else f"{wrong:,}" for wrong in errors),
            difference,
            f"{student['test_nll']:.4f}" if "test_nll" in student else "–",
            f"{100 * student['test_ece']:.1f} %" if "test_ece" in student else "–",
        ]


def _signed(number: int) -> str:
    sign = "+" if number > 0 else "\N{MINUS SIGN}" if number < 0 else ""
    return f"{sign}{abs(number):,}"


def _differences(records: Sequence[Record]) -> str:
    """The fields in which the runs differ, a column a run."""
    flats = [record.run.experiment.flat() for record in records]
    differing = [name for name in flats[0] if len({repr(flat[name]) for flat in flats}) > 1]
    if not differing:
        return "<p>Their recipes are the same.</p>"
    heads = ["", *(str(number) for number in range(1, len(records) + 1))]
    rows = [
        [escape(name.replace("_", " ")), *(escape(value_text(flat[name], empty="–")) for flat in flats)]
        for name in differing
    ]
    return _section("What differs in their recipes", _table(heads, rows))

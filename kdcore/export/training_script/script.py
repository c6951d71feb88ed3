"""The program: a template in `templates/` for each section, and the tensors beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kdcore.data import catalogue
from kdcore.export.recorded_run import RecordedRun
from kdcore.export.training_script import prose
from kdcore.export.training_script.core import core_parts
from kdcore.export.training_script.script_run import ScriptRun, script_run
from kdcore.export.training_script.template_rendering import render
from kdcore.export.training_script.tensor_files import tensor_files


@dataclass(frozen=True)
class ScriptSection:
    """A part of the program.

    Attributes:
        title: its heading.
        prose: a sentence or two about it.
        code: its Python source.
        formula: what the code computes, in TeX; empty for most.
    """

    title: str
    prose: str
    code: str
    formula: str = ""


@dataclass(frozen=True)
class TrainingScript:
    """A run as a program.

    Attributes:
        title: one line.
        summary: what it repeats, and what came of it in the run.
        sections: the program, in order.
        files: the tensors that it reads, by file name.
    """

    title: str
    summary: str
    sections: list[ScriptSection]
    files: dict[str, bytes]


def training_script(record: RecordedRun, here: str) -> TrainingScript:
    """The run as a program; `here` is the expression for the folder in which its files lie.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    run = script_run(record, here)
    return TrainingScript(prose.title(run), prose.summary(run), list(_sections(run)), tensor_files(run))


def packages(record: RecordedRun) -> str:
    """The packages that the program imports."""
    dataset = record.run.experiment.dataset
    images = (
        "scikit-learn" if dataset == "digits" else "torchvision" if dataset in catalogue.SOURCES else "pillow"
    )
    return f"torch numpy safetensors {images}"


def _sections(run: ScriptRun) -> Iterator[ScriptSection]:
    core = core_parts(run.core)

    def code(section: str) -> str:
        return render(f"{section}.py.jinja", run=run, core=core)

    yield ScriptSection("Settings", "As in the run.", code("settings"))
    yield ScriptSection("Images", prose.images(run), code("images"))
    if run.has_teacher:
        yield ScriptSection("The teacher", prose.teacher(run), code("teacher"))
    yield ScriptSection("The student", prose.student(run), code("student"))
    yield ScriptSection("The loss", prose.loss(run), core["loss"], prose.formula(run))
    yield ScriptSection(
        "Batches", "The run's own order: a permutation from the seed and the epoch.", code("batches")
    )
    yield ScriptSection("Training", "One loop for the twin (labels only) and the student.", core["training"])
    yield ScriptSection("The result", "Errors on the test images, beside those of the run.", code("result"))

"""A run in other tools' formats: each file is opened by the tool that it is for, and says there what it says here."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import safetensors
import torch
from nbclient import NotebookClient
from PIL import Image
from safetensors.torch import load, load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from kdcore import export, networks
from kdcore.cli.main import main
from kdcore.data import datasets, transfer_set
from kdcore.errors import NetworkRefused, RunRefused, StillroomError
from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.export import ExportOptions, network_with_normalisation, training_script
from kdcore.export.formats import onnx as onnx_format
from kdcore.export.html_report.formula import mathml
from kdcore.export.html_report.svg_chart import LineChart, SvgLine, round_numbers, svg
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.export.sequential_source import sequential_source
from kdcore.inference import models
from kdcore.methods.registry import cards, method, methods
from kdcore.methods.source import plain_losses
from kdcore.plan import Batch, Labels, Output
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.schedules import rate

TOLERANCE = 4
"""Test errors of 360 by which a program may differ from its run: the sums run in another order. Seen: 0, under augmentation 3."""
SMALL = {
    "count": 300, "epochs": 10, "batch_size": 50, "teacher": "digits-mlp-300", "student": "mlp-30", "learning_rate": 0.01,
}  # fmt: skip

Finished = Callable[..., RecordedRun]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export") / "runs"


@pytest.fixture(scope="module")
def finished(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Trains a run on the digits, once for each recipe."""
    made: dict[str, RecordedRun] = {}

    def run(*commands: Command, title: str = "", **flat: object) -> RecordedRun:
        experiment = Experiment.from_flat({**SMALL, **flat})
        key = f"{experiment.hash}{commands}{title}"
        if key not in made:
            store = Store(folder)
            one = store.create(experiment, "test", title=title, status="running")
            for command in commands:
                store.command(one.id, command)
            train_run(store, one.id, data_folder=tmp_path_factory.mktemp("data"))
            made[key] = read(store, one.id)
            assert made[key].run.status in ("finished", "stopped"), made[key].run.error
            store.close()
        return made[key]

    return run


def only(name: str, record: RecordedRun, **options: str) -> bytes:
    return export.export_runs(name, [record], ExportOptions(**options)).packed()


def pixels(record: RecordedRun, count: int = 7) -> torch.Tensor:
    shape = record.run.results["dataset"]["shape"]
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(1))


def expected(record: RecordedRun, images: torch.Tensor, role: str = "student") -> torch.Tensor:
    """What the network says, normalised by hand."""
    about = record.run.results["dataset"]
    mean, std = (torch.tensor(about[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    return models.network(record.model(role))((images - mean) / std)


# ---- curves ---------------------------------------------------------------------------------------------------------


def test_pandas_reads_the_curves_as_they_were_said(finished: Finished) -> None:
    record = finished()
    csv = pd.read_csv(io.BytesIO(only("csv", record)), keep_default_na=False)
    parquet = pd.read_parquet(io.BytesIO(only("parquet", record)))
    for table in (csv, parquet):
        assert list(table) == ["step", "epoch", "phase", "role", "series", "value"]
        assert list(table.itertuples(index=False, name=None)) == [tuple(point)[1:] for point in record.points]


def test_curves_of_several_runs_name_their_run(finished: Finished) -> None:
    records = [finished(), finished(temperature=8)]
    made = export.export_runs("csv", records)
    table = pd.read_csv(io.BytesIO(made.packed()))
    assert made.file_name == f"stillroom-2-runs-{records[0].short_id}-curves.csv"
    assert table.groupby("run").size().to_dict() == {r.run.id: len(r.points) for r in records}


def test_tensorboard_reads_every_finite_value_under_its_network(finished: Finished, tmp_path: Path) -> None:
    record = finished()
    export.write_bundle(export.export_runs("tensorboard", [record]), tmp_path / "log")
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["student", "teacher", "twin"]
    reader = EventAccumulator(str(tmp_path / "log/student"), size_guidance={"scalars": 0})
    reader.Reload()
    for tag, series in {
        "val_error": "val_error",
        "loss/soft targets.scaled": "loss.soft targets.scaled",
    }.items():
        said = [(p.step, p.value) for p in record.points if (p.role, p.series) == ("student", series)]
        assert [event.step for event in reader.Scalars(tag)] == [step for step, _ in said]
        assert [event.value for event in reader.Scalars(tag)] == pytest.approx([value for _, value in said])


# ---- networks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["mlp-30", "cnn-medium"])
def test_onnxruntime_answers_to_pixels_as_the_network_does(finished: Finished, student: str) -> None:
    record = finished(student=student, epochs=2)
    content = only("onnx", record)
    onnx.checker.check_model(onnx.load_from_string(content))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for count in (1, 7):
        images = pixels(record, count)
        said = session.run(["logits"], {"pixels": images.numpy()})[0]
        np.testing.assert_allclose(said, expected(record, images).numpy(), atol=1e-4)
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == list("0123456789")
    assert json.loads(about["mean"]) == record.run.results["dataset"]["mean"]
    assert about["run"] == record.run.id


def test_every_network_of_a_run_can_be_taken(finished: Finished) -> None:
    record = finished()
    images = pixels(record)
    for role in ("teacher", "twin"):
        traced = torch.jit.load(io.BytesIO(only("torchscript", record, role=role)))
        torch.testing.assert_close(traced(images), expected(record, images, role))


def test_onnx_whose_logits_differ_is_not_exported(
    finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, with_normalisation = finished(), network_with_normalisation.with_normalisation
    model = record.model("student")
    content = only("onnx", record)
    onnx_format._check(content, model)

    def another(asked: models.InferenceModel) -> nn.Module:
        return with_normalisation(record.model("twin"))

    monkeypatch.setattr(network_with_normalisation, "with_normalisation", another)
    with pytest.raises(NetworkRefused, match="logits differ"):
        onnx_format._check(content, model)


@pytest.mark.parametrize("student", ["mlp-30", "cnn-medium"])
def test_pytorch_loads_its_own_graphs_for_any_number_of_pictures(finished: Finished, student: str) -> None:
    record = finished(student=student, epochs=2)
    script, graph = only("torchscript", record), only("torch-export", record)
    about: dict[str, str] = {"about.json": ""}
    traced = torch.jit.load(io.BytesIO(script), _extra_files=about)
    program = torch.export.load(io.BytesIO(graph)).module()
    for count in (1, 7):
        images = pixels(record, count)
        torch.testing.assert_close(traced(images), expected(record, images))
        torch.testing.assert_close(program(images), expected(record, images))
    assert json.loads(about["about.json"])["network"] == student


def test_weights_say_how_they_are_used(finished: Finished, tmp_path: Path) -> None:
    record = finished()
    path = tmp_path / "student.safetensors"
    path.write_bytes(only("safetensors", record))
    with safetensors.safe_open(path, "pt") as opened:
        about = opened.metadata()
    student = networks.build(
        about["network"], tuple(json.loads(about["shape"])), len(json.loads(about["classes"])), 0
    )
    student.load_state_dict(load(path.read_bytes()))
    mean, std = (torch.tensor(json.loads(about[name])).view(1, -1, 1, 1) for name in ("mean", "std"))
    images = pixels(record)
    torch.testing.assert_close(student.eval()((images - mean) / std), expected(record, images))
    assert "(pixels - mean) / std" in about["input"]


# ---- a program without this project ---------------------------------------------------------------------------------

OUTSIDE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def results_of(printed: str) -> dict[str, tuple[int, int]]:
    """role -> (errors of the program, errors that it says the run made)."""
    found = re.findall(r"^(\w+): (\d+) test errors of \d+ \(the run: (\d+)\)$", printed, re.M)
    return {role: (int(errors), int(was)) for role, errors, was in found}


def assert_reached(printed: str, record: RecordedRun, roles: set[str]) -> None:
    found = results_of(printed)
    assert found.keys() == roles
    for role, (errors, was) in found.items():
        assert was == record.run.results[role]["test_errors"]
        assert abs(errors - was) <= TOLERANCE, (role, errors, was)


def run_outside(record: RecordedRun, place: Path, *words: str) -> str:
    export.write_bundle(export.export_runs("script", [record]), place)
    done = subprocess.run(
        [sys.executable, str(place / "distil.py"), *words],
        cwd="/",
        env=OUTSIDE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_where_the_script_runs_there_is_no_such_project() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import kdcore"], cwd="/", env=OUTSIDE, capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in done.stderr


ALL = {"teacher", "twin", "student"}
PROGRAMS: dict[str, tuple[dict[str, object], set[str]]] = {
    "plain": ({"epochs": 30}, ALL),
    "augmented, best kept": (
        {"student": "cnn-small", "optimiser": "sgd", "learning_rate": 0.05, "schedule": "cosine", "keep": "best",
         "shift": 1, "flip": True, "crop": 1, "cutout": 2},
        ALL,
    ),
    "noise, hidden labels": (
        {"hidden_labels": 0.5, "label_noise": 0.3, "label_smoothing": 0.1, "clip_norm": 1.0, "l1": 1e-4, "schedule": "step"},
        ALL,
    ),
    "labels only": ({"method": "labels-only", "student": "cnn-small", "schedule": "constant"}, {"student"}),
    "a teacher that branches": ({"teacher": "resnet8", "teacher_epochs": 1, "early_stop": 3, "epochs": 30}, {"twin", "student"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", PROGRAMS)
def test_the_script_reaches_the_result_without_this_project(
    finished: Finished, tmp_path: Path, case: str
) -> None:
    flat, roles = PROGRAMS[case]
    record = finished(**flat)
    assert_reached(run_outside(record, tmp_path / "script"), record, roles)


def trained(place: Path, images: Path, **flat: object) -> RecordedRun:
    store = Store(place)
    run = store.create(Experiment.from_flat({**SMALL, **flat}), "test", status="running")
    assert train_run(store, run.id, data_folder=images).status == "finished"
    record = read(store, run.id)
    store.close()
    return record


@pytest.mark.slow
def test_the_script_reads_a_folder_of_pictures_as_the_run_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for split, each in (("train", 30), ("test", 20)):
        for label, name in enumerate(("dark", "light")):
            folder = tmp_path / "images/tiny" / split / name
            folder.mkdir(parents=True)
            for i in range(each):
                pixels = rng.integers(0, 200, (14, 18, 3)) + 50 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
    images = tmp_path / "images"
    flat = {
        "dataset": "tiny",
        "image_size": 12,
        "teacher": "mlp-20",
        "teacher_epochs": 2,
        "student": "cnn-small",
        "epochs": 3,
    }
    record = trained(tmp_path / "runs", images, **flat, count=None, batch_size=10)
    monkeypatch.setenv("STILLROOM_DATA", str(images))
    assert_reached(run_outside(record, tmp_path / "script", str(images)), record, ALL)


@pytest.mark.slow
def test_the_script_reads_mnist_as_the_run_did(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = {"dataset": "mnist", "teacher": "mnist-cnn-medium", "student": "mlp-30", "count": 500, "epochs": 2}
    record = trained(tmp_path / "runs", data_folder, **flat)
    monkeypatch.setenv("STILLROOM_DATA", str(data_folder))
    found = results_of(run_outside(record, tmp_path / "script", str(data_folder)))
    assert found["teacher"] == (39, 39)
    for role in ("twin", "student"):
        errors, was = found[role]
        assert was == record.run.results[role]["test_errors"]
        assert abs(errors - was) <= 0.01 * was, role


@pytest.mark.slow
def test_the_script_changes_settings_as_they_were_changed(finished: Finished, tmp_path: Path) -> None:
    hot = finished(Command("set", "learning_rate", 0.0001), Command("set", "temperature", 20.0), epochs=30)
    printed = run_outside(hot, tmp_path / "script")
    assert_reached(printed, hot, ALL)
    plain = finished(epochs=30).run.results["student"]["test_errors"]
    assert abs(results_of(printed)["student"][0] - plain) > TOLERANCE, "the change is seen in the result"


@pytest.mark.slow
def test_jupyter_runs_the_notebook_to_the_result(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = finished(epochs=30)
    export.write_bundle(export.export_runs("notebook", [record]), tmp_path / "notebook")
    notebook = nbformat.read(tmp_path / "notebook/distil.ipynb", as_version=4)
    nbformat.validate(notebook)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    NotebookClient(
        notebook, timeout=240, resources={"metadata": {"path": str(tmp_path / "notebook")}}
    ).execute()
    printed = "".join(
        output["text"] for output in notebook.cells[-1].outputs if output.output_type == "stream"
    )
    assert_reached(printed, record, ALL)


def test_the_script_draws_the_runs_own_batches_and_views(finished: Finished) -> None:
    record = finished(
        student="cnn-small", epochs=2, flip=True, crop=2, shift=1, cutout=3, order_seed=7, count=70
    )
    [section] = [
        s for s in training_script.training_script(record, "Path()").sections if s.title == "Batches"
    ]
    experiment = record.run.experiment
    loaded = datasets.load("digits")
    transfer = transfer_set.transfer_set(loaded.train, experiment)
    said = {
        "torch": torch,
        "F": nn.functional,
        "images": transfer.images,
        "DEVICE": "cpu",
        "ORDER_SEED": 7,
        "BATCH_SIZE": 50,
    }
    said |= {name: torch.tensor(getattr(loaded, name.lower())).view(1, -1, 1, 1) for name in ("MEAN", "STD")}
    exec(section.code, said)
    feed = BatchSampler(transfer, experiment.recipe, 7, loaded.black)
    for step in range(4):
        sight = feed.batch(step)
        chosen = said["batches"](step // 2)[step % 2]
        assert torch.equal(chosen, sight.indices)
        torch.testing.assert_close(said["augmented"](transfer.images[chosen], step), sight.images)
        share = (step + 1) / 5
        assert said["schedule"](share) == pytest.approx(rate(experiment.recipe.schedule, share))


def test_the_script_begins_with_the_runs_own_networks(finished: Finished, tmp_path: Path) -> None:
    record = finished(init_seed=3, epochs=2)
    made = training_script.training_script(record, "Path()")
    for name, content in made.files.items():
        (tmp_path / name).write_bytes(content)
    said = {"torch": torch, "nn": nn, "load_file": load_file, "HERE": tmp_path, "DEVICE": "cpu"}
    said["images"] = torch.rand(5, 1, 8, 8)
    for section in made.sections:
        if section.title in ("The teacher", "The student"):
            exec(section.code, said)
    first = networks.build("mlp-30", (1, 8, 8), 10, 3)
    torch.testing.assert_close(said["first_student"]()(said["images"]), first(said["images"]))
    teacher = models.network(record.model("teacher"))
    torch.testing.assert_close(said["teacher_logits"], teacher(said["images"]))


def test_the_zip_holds_what_the_script_needs_and_is_the_same_each_time(finished: Finished) -> None:
    record = finished()
    first, second = (export.export_runs("script", [record]) for _ in range(2))
    assert first.file_name == f"stillroom-{record.short_id}-script.zip"
    assert first.packed() == second.packed()
    names = zipfile.ZipFile(io.BytesIO(first.packed())).namelist()
    assert sorted(Path(name).name for name in names) == [
        "distil.py", "first_weights.safetensors", "images.safetensors", "teacher.safetensors",
    ]  # fmt: skip
    assert "kdcore" not in first.files["distil.py"].decode()


@pytest.mark.parametrize("name", sorted(plain_losses()))
def test_a_plain_loss_is_the_methods_objective(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = torch.randn(2, 12, 10, generator=generator)
    labels = torch.randint(10, (12,), generator=generator)
    batch = Batch(
        images=torch.zeros(12, 1, 8, 8),
        labels=Labels(labels),
        outputs={"student": Output(student[None]), "teacher": Output(teacher)},
        temperature=torch.tensor([3.0]),
        teacher_weight=torch.tensor([0.7]),
        notes={},
        partner_notes={},
        progress=0.0,
    )
    [stage] = method(name).plan(Experiment())
    terms = [term for term in stage.objective(batch) if hasattr(term, "raw")]
    summed = sum(term.scale * term.raw for term in terms)
    hard = nn.functional.cross_entropy(student, labels)
    torch.testing.assert_close(plain_losses()[name](student, teacher, hard, 3.0, 0.7), summed.squeeze())


@pytest.mark.parametrize("name", ["mlp-30", "mlp-1200x2", "lenet5", "cnn-small", "cnn-medium", "vgg8"])
def test_a_chain_as_it_is_spelled_is_the_network(name: str) -> None:
    shape = (3, 32, 32)
    found = sequential_source(name, shape, 10)
    assert found is not None
    original = networks.build(name, shape, 10, seed=3).eval()
    spelled = nn.Sequential(*(eval(layer, {"nn": nn}) for layer in found.layers)).eval()
    spelled.load_state_dict(found.state(original.state_dict()))
    images = torch.rand(2, *shape)
    assert torch.equal(spelled(images), original(images))
    kinds = [type(m) for m in original.modules() if isinstance(m, nn.Dropout | nn.BatchNorm2d)]
    assert [type(m) for m in spelled if isinstance(m, nn.Dropout | nn.BatchNorm2d)] == kinds


@pytest.mark.parametrize("name", ["resnet8", "resnet11-slim", "densenet-40-12"])
def test_a_network_that_branches_is_no_chain(name: str) -> None:
    assert sequential_source(name, (3, 32, 32), 10) is None


def test_places_are_those_of_the_images_that_are_loaded(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    loaded, places = (
        of("digits", folder=tmp_path, split_seed=5) for of in (datasets.load, datasets.split_indices)
    )
    published = load_digits()
    assert places.test is not None
    for split, chosen in (
        (loaded.train, places.train),
        (loaded.validation, places.validation),
        (loaded.test, places.test),
    ):
        seen = (published.images[chosen][:, None] / 16 - loaded.mean[0]) / loaded.std[0]
        np.testing.assert_allclose(split.images.numpy(), seen, atol=1e-6)
        assert split.labels.tolist() == published.target[chosen].tolist()


# ---- the report -----------------------------------------------------------------------------------------------------


class Fetched(HTMLParser):
    """What a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "object", "embed"):
            self.found.append(tag)
        self.found += [
            f"{tag} {name}" for name, _ in attrs if name in ("src", "srcset") or name.startswith("on")
        ]


def test_a_report_escapes_what_a_user_wrote_and_fetches_nothing(finished: Finished) -> None:
    record = finished(title="<script>alert(1)</script><img src=x onerror=alert(1)>")
    for records in ([record], [record, finished()]):
        page = export.export_runs("html", records).packed().decode()
        parser = Fetched()
        parser.feed(page)
        assert parser.found == []
        assert "&lt;script&gt;alert(1)" in page
        assert "default-src 'none'" in page


def test_a_report_shows_the_figures_the_recipe_and_the_method(finished: Finished) -> None:
    record = finished()
    page = only("html", record, server="https://example.org/lab").decode()
    for role in ("teacher", "twin", "student"):
        assert f"{record.run.results[role]['test_errors']} of 360" in page
    assert f"https://example.org/lab/train?run={record.run.id}" in page
    assert page.count("<svg") == 2
    assert "<math" in page
    assert "Hinton, Vinyals and Dean 2015" in page


def test_a_report_names_the_members_of_a_sweep_by_what_sets_them_apart(finished: Finished) -> None:
    varied = ("temperature", "teacher_weight")

    def member(**flat: object) -> RecordedRun:
        record = finished(**flat)
        swept = replace(record.run, title="sweep: temperature x teacher_weight", sweep="s", varied=varied)
        return replace(record, run=swept)

    one, other = member(), member(temperature=8)
    page = export.export_runs("html", [one, other]).packed().decode()
    assert '<th scope="row">1. T = 4</th>' in page
    assert '<th scope="row">2. T = 8</th>' in page
    assert "<summary>2. T = 8: Soft targets" in page
    alone = only("html", other).decode()
    assert "sweep: temperature x teacher_weight · T = 8, teacher weight = 0.9, seed 0" in alone
    assert '<th scope="row">init seed</th><td>0</td></tr>' in alone, "its short recipe has its seed"


def test_a_comparison_shows_what_differs_and_no_more(finished: Finished) -> None:
    page = export.export_runs("html", [finished(), finished(temperature=8)]).packed().decode()
    differing = page.partition("What differs in their recipes")[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">([^<]+)</th>', differing) == ["temperature"]


@pytest.mark.parametrize("card", cards(), ids=lambda card: card.name)
def test_every_formula_becomes_mathml(card: object) -> None:
    for formula in (card.formula, *card.symbols):  # type: ignore[attr-defined]
        assert "\\" not in mathml(formula)


def test_a_chart_keeps_out_what_has_no_place() -> None:
    assert svg(LineChart([], "nothing", "x", "y")) == ""
    nothing = [SvgLine("student", "s", [(0, 0.0), (1, float("nan"))])]
    assert svg(LineChart(nothing, "nothing", "x", "y", log=True)) == ""
    drawn = svg(LineChart([SvgLine("student", "<b>", [(0, 1.0), (1, 0.1)])], "t", "x", "y", log=True))
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert round_numbers(0, 150, 8) == [0, 20, 40, 60, 80, 100, 120, 140]


# ---- what is refused, and the command line --------------------------------------------------------------------------


def test_a_method_without_a_script_is_refused_with_what_is_offered(finished: Finished) -> None:
    record = finished()
    other = next(name for name in methods() if name not in plain_losses())
    changed = replace(record, run=replace(record.run, experiment=Experiment().with_flat(method=other)))
    for name in ("script", "notebook"):
        with pytest.raises(RunRefused, match=f"labels-only and soft-targets, not for {other}"):
            export.export_runs(name, [changed])


def test_settings_and_networks_that_no_script_knows_are_refused(finished: Finished) -> None:
    record = finished()
    mixed = replace(record, run=replace(record.run, experiment=record.run.experiment.with_flat(mixup=0.2)))
    assert "without mixup" in export.refusal("script", mixed)
    results = record.run.results | {"student": record.run.results["student"] | {"network": "resnet8"}}
    branching = replace(record, run=replace(record.run, results=results))
    assert "plain chain" in export.refusal("script", branching)


def test_a_run_that_has_not_ended_has_nothing_but_its_experiment(folder: Path) -> None:
    store = Store(folder)
    record = read(store, store.create(Experiment(), "test").id)
    store.close()
    refused = {name for name in export.format_modules() if export.refusal(name, record)}
    assert refused == export.format_modules().keys() - {"json", "link"}


def test_one_run_at_a_time_where_there_is_no_comparison(finished: Finished) -> None:
    records = [finished(), finished(temperature=8)]
    with pytest.raises(RunRefused, match="Several at once: csv, parquet, tensorboard, html"):
        export.export_runs("onnx", records)


def test_the_experiment_is_loaded_again(finished: Finished) -> None:
    record = finished()
    assert Experiment.from_json(only("json", record).decode()) == record.run.experiment


def test_the_command_line_writes_what_it_says(
    finished: Finished,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = finished()
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    monkeypatch.chdir(tmp_path)
    assert main(["export", record.run.id, "--as", "csv", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["files"] == [f"stillroom-{record.short_id}-curves.csv"]
    assert Path(said["files"][0]).is_file()
    assert main(["export", record.run.id, "--as", "tensorboard", "--out", "logs"]) == 0
    assert {path.name for path in Path("logs").iterdir()} == ALL
    assert main(["export", record.run.id, "--as", "tensorboard", "--out", "logs.zip"]) == 0
    assert zipfile.is_zipfile("logs.zip")
    assert main(["export", record.run.id, "--as", "link", "--server", "https://example.org"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"https://example.org/train?run={record.run.id}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing-here", "--as", "csv"], "nothing-here"),
        (["{run}", "--as", "magic"], "There are: csv, parquet"),
        (["{run}", "--as", "onnx", "--role", "nobody"], "It has: teacher, twin, student"),
        (["{run}", "--as", "csv", "--out", "/proc/nowhere/x.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_exported_gets_a_sentence(
    finished: Finished,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    assert main(["export", *(word.format(run=finished().run.id) for word in words)]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_what_is_made_says_which_run_and_format(finished: Finished) -> None:
    names = {
        export.bundle_name(module.FORMAT, [finished()], "student")
        for module in export.format_modules().values()
    }
    assert len(names) == len(export.format_modules())
    assert all(finished().short_id in name for name in names)
    assert issubclass(RunRefused, StillroomError)

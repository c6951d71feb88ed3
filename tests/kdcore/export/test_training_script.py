"""A run as a program: without this project it reaches the run's result."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from kdcore import export, networks
from kdcore.data import datasets, transfer_set
from kdcore.errors import RunRefused
from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.export import training_script
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.inference import models
from kdcore.methods.registry import methods
from kdcore.methods.source import plain_losses
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.schedules import rate
from tests.kdcore.export.helpers import ALL, SMALL, Finished

TOLERANCE = 4
"""Test errors of 360 by which a program may differ from its run: the sums run in another order. Seen: 0, under augmentation 3."""


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


PROGRAMS: dict[str, tuple[dict[str, object], set[str]]] = {
    "plain": ({"epochs": 30}, ALL),
    "augmented, best kept": (
        {"student": "cnn-small", "optimiser": "sgd", "learning_rate": 0.05, "schedule": "cosine", "keep": "best",
         "shift": 1, "flip": True, "crop": 1, "cutout": 2},
        ALL,
    ),
    "validation images too, weights bounded": (
        {"student": "cnn-tiny", "max_norm": 0.7, "learning_rate": 0.03, "train_on_validation": True, "teacher": "mlp-20",
         "teacher_epochs": 2},
        ALL,
    ),
    "noise, hidden labels": (
        {"hidden_labels": 0.5, "label_noise": 0.3, "label_smoothing": 0.1, "clip_norm": 1.0, "l1": 1e-4, "schedule": "step"},
        ALL,
    ),
    "bfloat16": ({"student": "cnn-tiny", "epochs": 5, "precision": "bfloat16"}, ALL),
    "labels only": ({"method": "labels-only", "student": "cnn-small", "schedule": "constant"}, {"student"}),
    "a teacher that branches": ({"teacher": "resnet8", "teacher_epochs": 1, "early_stop": 3, "epochs": 30}, ALL),
    "a student that branches, decoupled": (
        {"student": "resnet8", "teacher": "resnet8", "teacher_epochs": 1, "epochs": 3, "method": "decoupled", "shift": 1}, ALL),
    "directions of logits, a low rank": (
        {"student": "lowrank-30x3r4", "method": "logit-regression", "parameters": {"form": 2.0}, "epochs": 10}, ALL),
    "standardised logits": ({"method": "standardised-logits"}, ALL),
    "hints": (
        {"method": "hint", "student": "cnn-tiny", "teacher": "cnn-small", "teacher_epochs": 2, "epochs": 3, "learning_rate": 0.003}, ALL),
    "a kernel, the best kept, under augmentation": (
        {"method": "correlation-congruence", "student": "cnn-tiny", "shift": 1, "keep": "best", "learning_rate": 0.003}, ALL),
}  # fmt: skip


IN_EVERY_RUN = ("plain", "augmented, best kept", "a student that branches, decoupled", "hints")


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [pytest.param(one, marks=[] if one in IN_EVERY_RUN else pytest.mark.proof) for one in PROGRAMS]
)
def test_the_script_reaches_the_result_without_this_project(
    finished: Finished, tmp_path: Path, case: str
) -> None:
    flat, roles = PROGRAMS[case]
    record = finished(**flat)
    assert_reached(run_outside(record, tmp_path / "script"), record, roles)
    kept = load_file(tmp_path / "script" / "student.safetensors")
    assert (
        sum(t.numel() for n, t in kept.items() if "running" not in n and "num_" not in n)
        == record.run.results["student"]["parameters"]
    )


def trained(place: Path, images: Path, **flat: object) -> RecordedRun:
    store = Store(place)
    run = store.create(Experiment.from_flat({**SMALL, **flat}), "test", status="running")
    assert train_run(store, run.id, data_folder=images).status == "finished"
    record = read(store, run.id)
    store.close()
    return record


def test_what_a_program_lacks_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    """As where there is no network: every address of the download is refused at once."""
    read_images = Path(training_script.__file__).parent / "templates/read_images"
    for name in ("cifar", "idx", "matlab"):
        text = (read_images / f"{name}.py.jinja").read_text(encoding="utf-8")
        made = text.replace("{{ run.torchvision_class }}", "Nothing").replace(
            "{{ run.dataset.title }}", "MNIST"
        )
        stub = "class datasets:\n    def Nothing(*_, **__):\n        raise RuntimeError('Error downloading')\n\n\n"
        program = tmp_path / f"{name}.py"
        program.write_text(f"FOLDER = 'data'\n\n\n{stub}{made}", encoding="utf-8")
        done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("The images of MNIST are not in 'data', and cannot be downloaded")
        assert "Traceback" not in done.stderr


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


@pytest.mark.proof
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
    program = {
        "torch": torch,
        "F": nn.functional,
        "images": transfer.images,
        "DEVICE": "cpu",
        "ORDER_SEED": 7,
        "BATCH_SIZE": 50,
    }
    program |= {
        name: torch.tensor(getattr(loaded, name.lower())).view(1, -1, 1, 1) for name in ("MEAN", "STD")
    }
    exec(section.code, program)
    sampler = BatchSampler(transfer, experiment.recipe, 7, loaded.black)
    for step in range(4):
        batch = sampler.batch(step)
        chosen = program["batches"](step // 2)[step % 2]
        assert torch.equal(chosen, batch.indices)
        torch.testing.assert_close(program["augmented"](transfer.images[chosen], step), batch.images)
        share = (step + 1) / 5
        assert program["schedule"](share) == pytest.approx(rate(experiment.recipe.schedule, share))


def test_the_script_begins_with_the_runs_own_networks(finished: Finished, tmp_path: Path) -> None:
    record = finished(init_seed=3, epochs=2)
    script = training_script.training_script(record, "Path()")
    for name, content in script.files.items():
        (tmp_path / name).write_bytes(content)
    program = {"torch": torch, "nn": nn, "load_file": load_file, "HERE": tmp_path, "DEVICE": "cpu"}
    program["images"] = torch.rand(5, 1, 8, 8)
    for section in script.sections:
        if section.title in ("The teacher", "The student"):
            exec(section.code, program)
    first = networks.build("mlp-30", (1, 8, 8), 10, 3)
    torch.testing.assert_close(program["first_student"]()(program["images"]), first(program["images"]))
    teacher = models.network(record.model("teacher"))
    torch.testing.assert_close(program["teacher_logits"], teacher(program["images"]))


def test_the_zip_holds_what_the_script_needs_and_is_the_same_each_time(finished: Finished) -> None:
    record = finished()
    first, second = (export.export_runs("script", [record]) for _ in range(2))
    assert first.file_name == f"stillroom-{record.short_id}-script.zip"
    assert first.packed() == second.packed()
    names = zipfile.ZipFile(io.BytesIO(first.packed())).namelist()
    assert sorted(Path(name).name for name in names) == [
        "distil.py", "first_weights.safetensors", "images.safetensors", "prepare_photo.py", "teacher.safetensors",
    ]  # fmt: skip
    assert "kdcore" not in first.files["distil.py"].decode()


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


def test_a_method_without_a_script_is_refused_with_what_is_offered(finished: Finished) -> None:
    record = finished()
    other = next(name for name in methods() if name not in plain_losses())
    changed = replace(record, run=replace(record.run, experiment=Experiment().with_flat(method=other)))
    for name in ("script", "notebook"):
        with pytest.raises(
            RunRefused, match=f"labels-only, .*, soft-targets, standardised-logits, not for {other}"
        ):
            export.export_runs(name, [changed])


def test_settings_and_networks_that_no_script_knows_are_refused(finished: Finished) -> None:
    record = finished()
    mixed = replace(record, run=replace(record.run, experiment=record.run.experiment.with_flat(mixup=0.2)))
    assert "without mixup" in export.refusal("script", mixed)
    partly = record.run.experiment.with_flat(method="decoupled", hidden_labels=0.5)
    assert "labels are all known" in export.refusal(
        "script", replace(record, run=replace(record.run, experiment=partly))
    )

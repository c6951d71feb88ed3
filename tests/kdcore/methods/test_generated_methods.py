"""Methods that go through the image: gradients with respect to it, and images that a generator makes."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kdcore import networks
from kdcore.events import BatchMetrics, Event, Finished, NoCommands, Pictures, Trained, Validation
from kdcore.experiment import Experiment
from kdcore.methods.input_gradients import largest
from kdcore.methods.settings import setting
from kdcore.methods.stages import stages_of
from kdcore.pipelines.experiment_pipeline import run

SMALL = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 100,
        "batch_size": 25,
        "epochs": 2,
        "teacher": "digits-mlp-300",
        "student": "cnn-small",
        "threads": 1,
    }
)


def events(method: str, folder: Path, **changes: object) -> list[Event]:
    experiment = SMALL.with_flat(method=method, **changes)
    return list(run(experiment, data_folder=folder, runs_folder=folder / "runs", commands=NoCommands()))


def pictures(said: list[Event], view: str, role: str) -> list[Pictures]:
    return [e for e in said if isinstance(e, Pictures) and (e.view, e.role) == (view, role)]


# ---- input gradients ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["mlp-30", "mlp-30x2", "cnn-small", "resnet8"])
def test_students_of_any_kind_turn_their_gradients_towards_the_teachers(student: str, tmp_path: Path) -> None:
    said = events("input-gradients", tmp_path, student=student, epochs=12, learning_rate=0.01)
    terms = [e.terms for e in said if isinstance(e, BatchMetrics) and e.role == "student"]
    apart = [term.raw for shown in terms for term in shown if term.name == "gradients"]
    assert 1.5 < apart[0] < 2.5, "directions that have nothing in common"
    assert apart[-1] < apart[0] - 0.3


@pytest.mark.parametrize("of", ["largest-logit", "label-logit", "label-loss"])
def test_hidden_labels_leave_the_class_to_the_teacher(of: str, tmp_path: Path) -> None:
    parameters = {"of": setting("input-gradients", "of", of)}

    def student(noise: float) -> dict[str, torch.Tensor]:
        said = events(
            "input-gradients", tmp_path, hidden_labels=1.0, label_noise=noise, parameters=parameters
        )
        return next(dict(e.tensors) for e in said if isinstance(e, Trained) and e.role == "student")

    one, other = student(0.0), student(0.9)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_maps_show_which_pixels_count_of_teacher_twin_and_student(tmp_path: Path) -> None:
    said = events("input-gradients", tmp_path)
    for role in ("teacher", "twin", "student"):
        shown = pictures(said, "map", role)
        assert np.array(shown[-1].values).shape == (6, 8, 8)
        assert np.array(shown[-1].values).min() >= 0
    assert pictures(said, "map", "student")[0].values != pictures(said, "map", "student")[-1].values


def test_a_map_is_how_far_the_largest_logit_moves_with_each_pixel() -> None:
    network = networks.build("cnn-small", (3, 8, 8), 5, seed=0).double().eval()
    image = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    found, said = largest(network, image)[0], network(image)[0]
    best, step = int(said.argmax()), 1e-6
    for row, column in ((0, 0), (3, 4), (7, 7)):
        slopes = []
        for channel in range(3):
            moved = image.clone()
            moved[0, channel, row, column] += step
            slopes.append((network(moved)[0, best] - said[best]).item() / step)
        assert float(found[row, column]) == pytest.approx(np.hypot.reduce(slopes), rel=1e-3)


# ---- without data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["mlp-30", "cnn-medium"])
def test_neither_images_nor_labels_reach_a_data_free_student(student: str, tmp_path: Path) -> None:
    """Two runs on other images with other labels: the twins differ, the students are one, batch statistics too."""

    def trained(omit: tuple[int, ...], noise: float) -> dict[str, dict[str, torch.Tensor]]:
        said = events(
            "data-free", tmp_path, student=student, omit=omit, label_noise=noise, smoothness=0.5, shift=1
        )
        return {e.role: dict(e.tensors) for e in said if isinstance(e, Trained)}

    one, other = trained((0, 1, 2), 0.0), trained((7, 8, 9), 0.5)
    assert any(not torch.equal(one["twin"][name], other["twin"][name]) for name in one["twin"])
    assert all(torch.equal(one["student"][name], other["student"][name]) for name in one["student"])
    assert any(not torch.equal(one["student"][name], one["twin"][name]) for name in one["twin"])


def test_a_student_learns_from_made_images_alone(tmp_path: Path) -> None:
    said = events("data-free", tmp_path, student="mlp-30", count=None, epochs=25, batch_size=128)
    wrong = [e.errors / e.images for e in said if isinstance(e, Validation) and e.role == "student"]
    finished = said[-1]
    assert isinstance(finished, Finished)
    assert wrong[0] > 0.8
    assert finished.results["student"]["test_accuracy"] > 0.6, "chance is 0.1"


def test_made_images_are_shown_as_pictures_with_the_class_that_the_teacher_sees(tmp_path: Path) -> None:
    shown = pictures(events("data-free", tmp_path, student="mlp-30"), "images", "generator")
    assert len(shown) >= 2
    assert shown[0].values != shown[-1].values
    for event in shown:
        assert len(event.values) == len(event.classes) == 12
        assert set(event.classes) <= set(range(10))
    kind, _, data = shown[-1].values[0].partition(",")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert kind == "data:image/png;base64"
    assert picture.shape == (8, 8)
    assert (picture.min(), picture.max()) == (0, 255)


@pytest.mark.parametrize("pixels", [(1, 4, 4), (1, 8, 8), (3, 32, 32), (3, 17, 30)])
@pytest.mark.parametrize("images", [1, 3])
def test_a_generator_makes_images_of_any_size_and_number(pixels: tuple[int, int, int], images: int) -> None:
    [stage] = stages_of(SMALL.with_flat(method="data-free"))
    made = stage.adapters["generator"]({"images": {"pixels": pixels}})(torch.randn(images, 32))
    assert made.shape == (images, *pixels)
    assert made.isfinite().all()
    assert made.mean(dim=(0, 2, 3)).tolist() == pytest.approx([0] * pixels[0], abs=1e-5)

"""A whole experiment, from its data to its test results; on scikit-learn's digits with the bundled teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from kdcore import networks, teachers
from kdcore.data import datasets
from kdcore.errors import (
    DataUnavailable,
    InvalidExperiment,
    NetworkRefused,
    OutOfResources,
    StillroomError,
    TeacherUnavailable,
)
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Command,
    Event,
    Finished,
    HotChange,
    NoCommands,
    Phase,
    Pinned,
    Snapshot,
    Trained,
    Validation,
)
from kdcore.experiment import Experiment
from kdcore.metrics import classification, evaluation
from kdcore.networks import mlp
from kdcore.pipelines import checks, experiment_pipeline
from kdcore.studies.presets import preset
from kdcore.training.batch_sampler import BatchSampler, InputBatch

SHORT = preset("digits-100").experiment.with_flat(epochs=8)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs"}


def events_of(experiment: Experiment, folders: dict[str, Path], **more: Any) -> list[Event]:
    return list(
        experiment_pipeline.run(experiment, commands=more.pop("commands", NoCommands()), **folders, **more)
    )


def results_of(events: list[Event]) -> dict[str, Any]:
    assert isinstance(events[-1], Finished)
    return dict(events[-1].results)


def test_a_run_goes_through_its_phases_and_ends_with_three_tested_networks(folders: dict[str, Path]) -> None:
    events = events_of(SHORT, folders)
    assert [e.name for e in events if isinstance(e, Phase)] == [
        "load",
        "teacher",
        "teacher_logits",
        "students",
        "test",
    ]
    results = results_of(events)
    for role in ("teacher", "twin", "student"):
        said = results[role]
        assert said["test_images"] == 360
        assert said["test_accuracy"] == pytest.approx(1 - said["test_errors"] / 360)
        assert said["latency"]["1"]["p50"] > 0
    assert set(results["seconds"]) == {"load", "teacher", "teacher_logits", "students", "students_per_epoch"}
    assert results["dataset"]["images"] == {"transfer": 100, "validation": 360, "test": 360}


def test_the_numbers_are_those_of_the_weights_that_it_hands_over(folders: dict[str, Path]) -> None:
    events = events_of(SHORT, folders)
    results, digits = results_of(events), datasets.load("digits")
    for event in events:
        if isinstance(event, Trained):
            network = networks.build(event.network, digits.shape, 10, seed=5)
            network.load_state_dict(dict(event.tensors))
            logits = evaluation.evaluate(network, digits.test.images)
            assert results[event.role]["test_errors"] == classification.errors(logits, digits.test.labels)
    last = {e.role: e for e in events if isinstance(e, Validation)}
    assert results["student"]["val_errors"] == last["student"].errors


def test_errors_on_left_out_classes_are_counted_of_who_was_not_shown_them(folders: dict[str, Path]) -> None:
    events = events_of(SHORT.with_flat(omit=(3, 8)), folders)
    digits, results = datasets.load("digits"), results_of(events)
    among = torch.isin(digits.test.labels, torch.tensor([3, 8]))
    for event in events:
        if isinstance(event, Trained) and event.role in ("twin", "student"):
            network = networks.build(event.network, digits.shape, digits.num_classes, seed=5)
            network.load_state_dict(dict(event.tensors))
            wrong = evaluation.evaluate(network, digits.test.images).argmax(1) != digits.test.labels
            counts = {"images": int(among.sum()), "errors": int((wrong & among).sum())}
            assert results[event.role]["test_omitted"] == {"classes": [3, 8]} | counts
    assert results["twin"]["test_omitted"]["errors"] == results["twin"]["test_omitted"]["images"] > 0
    whole = results_of(events_of(SHORT, folders))
    assert not any("test_omitted" in whole[role] for role in ("teacher", "twin", "student"))


def test_pinned_images_are_different_classes_and_followed(folders: dict[str, Path]) -> None:
    events = events_of(SHORT, folders)
    pinned = next(e for e in events if isinstance(e, Pinned))
    assert len(set(pinned.labels)) == len(pinned.images) == 6
    assert all(url.startswith("data:image/png;base64,") for url in pinned.png)
    assert {e.images for e in events if isinstance(e, Snapshot)} == {pinned.images}


def test_of_what_was_left_out_an_image_is_followed_first(folders: dict[str, Path]) -> None:
    events = events_of(SHORT.with_flat(omit=(3, 8)), folders)
    pinned = next(e for e in events if isinstance(e, Pinned))
    assert {*pinned.labels[:2]} == {3, 8}
    assert len(set(pinned.labels)) == 6


def test_a_teacher_is_trained_once_and_found_again(folders: dict[str, Path]) -> None:
    experiment = SHORT.with_flat(teacher="mlp-64", teacher_epochs=5)
    first, second = events_of(experiment, folders), events_of(experiment, folders)
    assert any(isinstance(e, Trained) and e.role == "teacher" for e in first)
    assert not any(isinstance(e, Trained) and e.role == "teacher" for e in second)
    assert results_of(first)["student"]["test_errors"] == results_of(second)["student"]["test_errors"]
    assert results_of(first)["teacher_was_trained"]
    other = events_of(experiment.with_flat(teacher_seed=1), folders)
    assert any(isinstance(e, Trained) and e.role == "teacher" for e in other)


def test_results_say_how_often_the_teacher_is_agreed_with_and_what_a_fitted_temperature_gives(
    folders: dict[str, Path],
) -> None:
    events = events_of(SHORT, folders)
    results = results_of(events)
    dataset = datasets.load(SHORT.dataset, split_seed=SHORT.split_seed)
    card = teachers.find(SHORT.teacher, folders["runs_folder"])
    assert card is not None
    weights = {event.role: dict(event.tensors) for event in events if isinstance(event, Trained)}
    weights["teacher"] = teachers.load(card, folders["runs_folder"])
    names = {role: results[role]["network"] for role in ("teacher", "twin", "student")}

    def logits(role: str, images: torch.Tensor) -> torch.Tensor:
        network = networks.build(names[role], dataset.shape, dataset.num_classes, seed=0)
        network.load_state_dict(weights[role])
        return evaluation.evaluate(network, images).double()

    named = {role: logits(role, dataset.test.images).argmax(dim=1) for role in names}
    for role in ("twin", "student"):
        shared = float((named[role] == named["teacher"]).double().mean())
        assert results[role]["test_agreement"] == pytest.approx(shared)
        p, q = (logits(one, dataset.test.images).softmax(dim=1) for one in ("teacher", role))
        assert results[role]["test_kl"] == pytest.approx(
            float((p * (p / q).log()).sum(dim=1).mean()), rel=1e-3
        )
        own = results[role]
        at = logits(role, dataset.test.images) / own["fitted_temperature"]
        nll = torch.nn.functional.cross_entropy(at, dataset.test.labels)
        assert own["test_nll_fitted"] == pytest.approx(float(nll), rel=1e-4)
        on_validation = [
            float(
                torch.nn.functional.cross_entropy(
                    logits(role, dataset.validation.images) / temperature, dataset.validation.labels
                )
            )
            for temperature in (own["fitted_temperature"], 1.0, 0.5, 2.0)
        ]
        assert min(on_validation) == on_validation[0], "fitted on the validation images"
    assert {"test_agreement", "test_kl"}.isdisjoint(results["teacher"])


def test_results_say_how_far_the_student_is_from_its_twin_on_the_same_images(
    folders: dict[str, Path],
) -> None:
    events = events_of(SHORT, folders)
    results, digits = results_of(events), datasets.load("digits")
    losses = {}
    for event in events:
        if isinstance(event, Trained):
            network = networks.build(event.network, digits.shape, 10, seed=5)
            network.load_state_dict(dict(event.tensors))
            logits = evaluation.evaluate(network, digits.test.images)
            losses[event.role] = classification.log_losses(logits, digits.test.labels)
    found = results["student"]["nll_difference"]
    apart = losses["student"] - losses["twin"]
    assert found["mean"] == pytest.approx(float(apart.mean()))
    assert found["mean"] == pytest.approx(results["student"]["test_nll"] - results["twin"]["test_nll"])
    assert found["standard_error"] == pytest.approx(float(apart.std()) / 360**0.5)
    assert "nll_difference" not in results["twin"]


def test_the_teachers_logits_are_kept_for_the_next_run(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = results_of(events_of(SHORT, folders))
    asked: list[int] = []
    forward = mlp.MLP.forward

    def counted(network: mlp.MLP, images: torch.Tensor) -> torch.Tensor:
        asked.append(len(network.layers[0].weight))
        return forward(network, images)

    monkeypatch.setattr(mlp.MLP, "forward", counted)
    monkeypatch.setattr(experiment_pipeline, "latency_per_name", lambda: lambda *_: {})
    second = results_of(events_of(SHORT.with_flat(temperature=8), folders))
    assert 300 not in asked, "the teacher of 300 units was asked again"
    assert second["teacher"]["test_nll"] == first["teacher"]["test_nll"]
    events_of(SHORT.with_flat(count=90), folders)
    assert asked.count(300) == 1, "another choice of images is asked once, validation and test not again"


class SetAt:
    """Sets the temperature and a ruinous learning rate at the third poll, while the teacher trains."""

    def __init__(self) -> None:
        self.polls = 0

    def poll(self) -> list[Command]:
        self.polls += 1
        hot = [Command("set", "temperature", 10.0), Command("set", "learning_rate", 1.0)]
        return hot if self.polls == 3 else []

    def wait(self) -> list[Command]:
        return []


def test_hot_settings_are_the_students_and_never_the_teachers(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    experiment = SHORT.with_flat(teacher="mlp-64", teacher_epochs=5)
    clean = events_of(experiment, folders)
    other = {"data_folder": tmp_path, "runs_folder": tmp_path / "other"}
    changed = events_of(experiment, other, commands=SetAt())
    teachers_ = [
        next(e.tensors for e in run if isinstance(e, Trained) and e.role == "teacher")
        for run in (clean, changed)
    ]
    assert all(torch.equal(teachers_[0][name], teachers_[1][name]) for name in teachers_[0])
    hot = [e for e in changed if isinstance(e, HotChange)]
    assert [(e.setting, e.step) for e in hot] == [("temperature", 0), ("learning_rate", 0)]
    soft = next(
        t
        for e in changed
        if isinstance(e, BatchMetrics) and e.role == "student"
        for t in e.terms
        if t.name == "soft targets"
    )
    assert soft.scaled / soft.raw == pytest.approx(0.9 * 100)


def test_other_pictures_of_the_same_name_get_other_logits(folders: dict[str, Path]) -> None:
    class_folder = folders["data_folder"] / "coloured"
    experiment = Experiment.from_flat(
        {
            "dataset": "coloured",
            "image_size": 8,
            "teacher": "mlp-64",
            "teacher_epochs": 20,
            "epochs": 2,
            "count": None,
        }
    )

    def draw(left_first: bool) -> None:
        for split, number in (("train", 40), ("test", 10)):
            for name, left in (("a", left_first), ("b", not left_first)):
                (class_folder / split / name).mkdir(parents=True, exist_ok=True)
                for i in range(number):
                    pixels = np.zeros((8, 8), dtype=np.uint8)
                    pixels[:, 0 if left else 4 : 4 if left else 8] = 128 + i
                    Image.fromarray(pixels).save(class_folder / split / name / f"{i}.png")

    draw(left_first=True)
    first = results_of(events_of(experiment, folders))
    draw(left_first=False)
    second = results_of(events_of(experiment, folders))
    assert first["teacher"]["test_errors"] == second["teacher"]["test_errors"] == 0
    assert second["teacher_was_trained"], "the teacher of the old pictures is not for the new ones"


class SeenImages:
    """Which images were in any batch, as bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: dict[int, set[bytes]] = {}
        taken = BatchSampler.batch

        def batch(sampler: BatchSampler, step: int) -> InputBatch:
            found = taken(sampler, step)
            self.batches.setdefault(len(sampler), set()).update(i.numpy().tobytes() for i in found.images)
            return found

        monkeypatch.setattr(BatchSampler, "batch", batch)


def test_a_last_fit_trains_on_every_training_and_validation_image_and_on_no_test_image(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Teacher and students; without the field, on training images alone."""
    dataset = datasets.load("digits")
    train, validation, test = (
        {image.numpy().tobytes() for image in split.images}
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    experiment = Experiment.from_flat(
        {"teacher": "mlp-20", "teacher_epochs": 1, "student": "mlp-10", "epochs": 1}
    )
    for fit, expected, count in ((True, train | validation, 1437), (False, train, 1077)):
        seen = SeenImages(monkeypatch)
        results = results_of(events_of(experiment.with_flat(train_on_validation=fit), folders))
        assert seen.batches == {count: expected}
        assert not seen.batches[count] & test
        assert results["dataset"]["images"]["transfer"] == count
        assert ("fitted_temperature" in results["student"]) is not fit, (
            "a temperature is fitted on images held out"
        )
        monkeypatch.undo()


def test_a_count_may_reach_into_the_validation_images_where_they_are_trained_on(
    folders: dict[str, Path],
) -> None:
    experiment = SHORT.with_flat(count=1400, epochs=1)
    with pytest.raises(InvalidExperiment, match="has 1,077 training images"):
        events_of(experiment, folders)
    results = results_of(events_of(experiment.with_flat(train_on_validation=True), folders))
    assert results["dataset"]["images"]["transfer"] == 1400
    with pytest.raises(InvalidExperiment, match="there are 1,437 training images"):
        events_of(experiment.with_flat(train_on_validation=True, count=1438), folders)


def test_averaged_logits_reach_the_student_and_leave_the_twin_as_it_is(folders: dict[str, Path]) -> None:
    experiment = SHORT.with_flat(epochs=2)
    plain, averaged = (
        {
            e.role: e.tensors
            for e in events_of(experiment.with_flat(logit_shift=s), folders)
            if isinstance(e, Trained)
        }
        for s in (0, 1)
    )
    assert all(torch.equal(plain["twin"][n], averaged["twin"][n]) for n in plain["twin"])
    assert not all(torch.equal(plain["student"][n], averaged["student"][n]) for n in plain["student"])


def test_no_teacher_is_trained_for_nothing(folders: dict[str, Path]) -> None:
    events = events_of(SHORT.with_flat(method="mutual-learning", teacher="mlp-64"), folders)
    assert "teacher" not in results_of(events)
    assert [e.name for e in events if isinstance(e, Phase)] == ["load", "students", "test"]
    assert len(next(e for e in events if isinstance(e, Pinned)).images) == 6


class StopWhen:
    """Says stop at a number of polls."""

    def __init__(self, polls: int) -> None:
        self.left = polls

    def poll(self) -> list[Command]:
        self.left -= 1
        return [Command("stop")] if self.left == 0 else []

    def wait(self) -> list[Command]:
        return []


def test_a_stopped_run_is_tested_where_it_stopped(folders: dict[str, Path]) -> None:
    events = events_of(SHORT.with_flat(epochs=100), folders, commands=StopWhen(40))
    assert isinstance(events[-1], Finished)
    assert events[-1].status == "stopped"
    results = results_of(events)
    assert 30 < results["epochs"] < 50
    assert results["student"]["test_images"] == 360


def test_a_run_that_is_stopped_before_its_first_step_says_no_seconds_an_epoch(
    folders: dict[str, Path],
) -> None:
    results = results_of(events_of(SHORT, folders, commands=StopWhen(1)))
    assert results["epochs"] == 0
    assert "students_per_epoch" not in results["seconds"]


@pytest.mark.parametrize("at", [3, 21])
def test_a_run_goes_on_from_a_checkpoint_of_either_phase(
    folders: dict[str, Path], tmp_path: Path, at: int
) -> None:
    experiment = SHORT.with_flat(teacher="mlp-64", teacher_epochs=4, teacher_batch_size=300)
    whole = events_of(experiment, folders)
    again = {"data_folder": tmp_path, "runs_folder": tmp_path / "again"}
    kept = None
    for event in experiment_pipeline.run(experiment, commands=StopWhen(at), **again):
        if isinstance(event, Checkpoint):
            kept = Checkpoint(
                event.phase, event.step, {n: t.clone() for n, t in event.tensors.items()}, event.values
            )
    assert kept is not None
    assert kept.phase == ("teacher" if at == 3 else "students")
    resumed = events_of(experiment, again, resume=kept)
    final = [{e.role: e.tensors for e in run if isinstance(e, Trained)} for run in (whole, resumed)]
    for name, tensor in final[0]["student"].items():
        assert torch.equal(final[1]["student"][name], tensor)


@pytest.mark.parametrize("method", ["pseudo-labels", "mutual-learning", "labels-only"])
def test_every_method_runs_from_start_to_end(folders: dict[str, Path], method: str) -> None:
    results = results_of(events_of(SHORT.with_flat(method=method), folders))
    assert results["student"]["test_images"] == 360
    assert ("peer" in results) == (method == "mutual-learning")


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"dataset": "nothing-here"}, DataUnavailable, "nothing-here"),
        ({"student": "resnet99"}, NetworkRefused, "resnet99"),
        ({"student": "vgg8"}, NetworkRefused, "at least"),
        ({"teacher": "no-such-teacher"}, TeacherUnavailable, "no-such-teacher"),
        ({"omit": (12,)}, InvalidExperiment, "12"),
        ({"omit": tuple(range(9))}, InvalidExperiment, "two classes"),
        ({"count": 5000}, InvalidExperiment, "1,077"),
        ({"method": "magic"}, InvalidExperiment, "magic"),
        ({"method": "pseudo-labels", "parameters": {"confidence": 2.0}}, InvalidExperiment, "0 to 1"),
        ({"method": "pseudo-labels", "parameters": {"sauce": 1.0}}, InvalidExperiment, "sauce"),
    ],
)
def test_what_cannot_run_is_refused_before_any_work(
    folders: dict[str, Path], changes: dict[str, Any], error: type[StillroomError], said: str
) -> None:
    with pytest.raises(error, match=said):
        checks.check(SHORT.with_flat(**changes), **folders)
    assert not folders["runs_folder"].exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(OutOfResources, match="cuda"):
        checks.check(SHORT.with_flat(device="cuda"), **folders)


def test_a_teacher_of_another_dataset_is_refused(folders: dict[str, Path], data_folder: Path) -> None:
    experiment = SHORT.with_flat(dataset="mnist", count=None)
    with pytest.raises(TeacherUnavailable, match="knows Digits"):
        checks.check(experiment, data_folder=data_folder, runs_folder=folders["runs_folder"])


def test_altered_or_foreign_weights_are_refused(tmp_path: Path) -> None:
    card = teachers.find("digits-mlp-300", tmp_path)
    assert card is not None
    weights = teachers.load(card, tmp_path)
    folder = tmp_path / "teachers"
    teachers.save(teachers.TeacherCard(**{**card.__dict__, "name": "mine"}), weights, folder)
    path = folder / "mine.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    mine = teachers.find("mine", tmp_path)
    assert mine is not None
    with pytest.raises(TeacherUnavailable, match="altered or cut short"):
        teachers.load(mine, tmp_path)
    wrong = {name: tensor[:2] for name, tensor in weights.items()}
    teachers.save(teachers.TeacherCard(**{**card.__dict__, "name": "wrong"}), wrong, folder)
    with pytest.raises(TeacherUnavailable, match="do not fit"):
        list(
            experiment_pipeline.run(
                SHORT.with_flat(teacher="wrong"),
                data_folder=tmp_path,
                runs_folder=tmp_path,
                commands=NoCommands(),
            )
        )


@pytest.mark.parametrize(("rare", "told"), [(10, True), (60, False)])
def test_of_classes_of_very_different_size_the_errors_are_told_class_by_class(
    rare: int, told: bool, folders: dict[str, Path]
) -> None:
    drawn = np.random.default_rng(0)
    for split in ("train", "test"):
        for name, images, level in (("common", 90, 60), ("rare", rare, 120)):
            folder = folders["data_folder"] / "uneven" / split / name
            folder.mkdir(parents=True)
            for i in range(images):
                noise = drawn.integers(0, 100, (8, 8), dtype=np.uint8)
                Image.fromarray(noise + np.uint8(level)).save(folder / f"{i:03}.png")
    uneven = SHORT.with_flat(
        dataset="uneven", teacher="mlp-30", teacher_epochs=1, student="mlp-10", epochs=1, count=None
    )
    results = results_of(events_of(uneven, folders))
    assert ("test_class_images" in results["dataset"]) is told
    for role in ("teacher", "twin", "student"):
        assert ("test_balanced_error" in results[role]) is told
        if told:
            assert sum(results[role]["test_class_errors"]) == results[role]["test_errors"]

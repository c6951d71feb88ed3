"""The precision of a run: what is asked for or what pays, kept on resume, and never that of losses and tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from kdcore.cli.gpu_check import ProductDtypes
from kdcore.events import Checkpoint, Event, Finished, NoCommands, Phase, Progress, Trained
from kdcore.experiment import Experiment
from kdcore.pipelines import arithmetic_choice, checks, experiment_pipeline
from kdcore.pipelines.arithmetic_choice import Arithmetic, choose_arithmetic
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.system import threads
from kdcore.training import sequential_networks, step_losses
from kdcore.training.logit_cache import LogitCache

CNN = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 100,
        "batch_size": 25,
        "epochs": 2,
        "teacher": "cnn-tiny",
        "teacher_epochs": 1,
        "student": "cnn-small",
        "device": "cpu",
        "threads": 1,
        "precision": "bfloat16",
    }
)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.setattr(experiment_pipeline, "latency_per_name", lambda: lambda *_: {})
    return {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs"}


def events(experiment: Experiment, folders: dict[str, Path], **more: Any) -> Iterator[Event]:
    return experiment_pipeline.run(experiment, commands=NoCommands(), **folders, **more)


def checked(experiment: Experiment, folders: dict[str, Path]) -> CheckedExperiment:
    return checks.check(experiment, **folders)


class Measuring:
    """Stands for the measurement: gives this answer, and counts."""

    def __init__(self, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer, self.asked = answer, 0
        monkeypatch.setattr(arithmetic_choice, "bfloat16_pays", self)
        monkeypatch.setattr(arithmetic_choice, "processor_has_bfloat16", lambda: True)

    def __call__(self, *_: object) -> bool:
        self.asked += 1
        return self.answer


@pytest.mark.parametrize(("pays", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_auto_is_measured_once_for_a_network_that_may_gain(
    pays: bool, precision: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = Measuring(pays, monkeypatch)
    auto = checked(CNN.with_flat(precision="auto"), folders)
    for _ in range(2):
        chosen = choose_arithmetic(auto, ["cnn-tiny", "resnet8"], folders["runs_folder"], None)
        assert chosen == Arithmetic(1, precision)
    assert measuring.asked == 1
    assert choose_arithmetic(auto, ["cnn-tiny"], folders["runs_folder"], None).precision == "float32"
    assert choose_arithmetic(auto, ["mlp-599x3"], folders["runs_folder"], None).precision == "float32"
    assert measuring.asked == 1, "a network too small to gain is not measured"
    monkeypatch.setattr(arithmetic_choice, "processor_has_bfloat16", lambda: False)
    assert choose_arithmetic(auto, ["resnet8"], folders["runs_folder"], None).precision == "float32"
    monkeypatch.setattr(arithmetic_choice, "processor_has_bfloat16", lambda: True)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    choose_arithmetic(
        checked(CNN.with_flat(precision="auto", threads=2), folders),
        ["resnet8"],
        folders["runs_folder"],
        None,
    )
    assert measuring.asked == 2, "other threads are another question"


def test_a_resumed_run_keeps_its_precision(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring(True, monkeypatch)
    auto = checked(CNN.with_flat(precision="auto"), folders)
    for stored, precision in (({"precision": "bfloat16"}, "bfloat16"), ({}, "float32")):
        checkpoint = Checkpoint("students", 3, {}, {"threads": 1, **stored})
        kept = choose_arithmetic(auto, ["resnet8"], folders["runs_folder"], checkpoint)
        assert kept.precision == precision, "a checkpoint of before the field was made in float32"
    assert measuring.asked == 0


def weights(run: list[Event]) -> dict[str, dict[str, Tensor]]:
    return {event.role: dict(event.tensors) for event in run if isinstance(event, Trained)}


def test_a_run_in_bfloat16_says_so_gives_the_same_bits_and_goes_on_from_a_checkpoint(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    whole, cut = [], None
    for event in events(CNN, folders):
        whole.append(event)
        if isinstance(event, Checkpoint) and event.phase == "students" and cut is None:
            tensors = {name: tensor.clone() for name, tensor in event.tensors.items()}
            cut = Checkpoint(event.phase, event.step, tensors, event.values)
    assert isinstance(whole[-1], Finished)
    assert whole[-1].results["precision"] == "bfloat16"
    said = {event.name: event.precision for event in whole if isinstance(event, Phase)}
    assert said == {
        "load": "",
        "teacher": "bfloat16",
        "teacher_logits": "bfloat16",
        "students": "bfloat16",
        "test": "",
    }
    assert cut is not None
    assert cut.values["precision"] == "bfloat16"
    elsewhere = {"data_folder": tmp_path, "runs_folder": tmp_path / "again"}
    again, resumed = list(events(CNN, elsewhere)), list(events(CNN, folders, resume=cut))
    for run in (again, resumed):
        for name, tensor in weights(whole)["student"].items():
            assert torch.equal(weights(run)["student"][name], tensor), name
    float32 = list(events(CNN.with_flat(precision="float32"), elsewhere))
    assert not torch.equal(
        weights(float32)["student"]["classifier.weight"], weights(whole)["student"]["classifier.weight"]
    )


def test_products_of_a_step_are_bfloat16_and_losses_and_evaluations_are_float32(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    list(events(CNN, folders))  # trains the teacher
    losses: set[torch.dtype] = set()
    add = step_losses.StepLosses.add

    def seen(self: step_losses.StepLosses, group: Any, result: Any) -> None:
        losses.add(result.raw.dtype)
        add(self, group, result)

    monkeypatch.setattr(step_losses.StepLosses, "add", seen)
    evaluated: set[torch.dtype] = set()
    evaluate = sequential_networks.evaluate

    def noted(*given: Any, **named: Any) -> Tensor:
        logits = evaluate(*given, **named)
        evaluated.add(torch.bfloat16 if torch.is_autocast_enabled("cpu") else logits.dtype)
        return logits

    monkeypatch.setattr(sequential_networks, "evaluate", noted)
    with ProductDtypes() as products:
        for event in events(CNN, folders):
            if isinstance(event, Phase) and event.name == "test":
                break
    assert torch.bfloat16 in products.seen
    assert losses == evaluated == {torch.float32}


def test_logits_of_one_precision_are_never_given_for_the_other(tmp_path: Path) -> None:
    cache = LogitCache(tmp_path, {"teacher": "t"}, "cpu")
    float32 = cache.get("train", lambda: torch.zeros(2, 3))
    bfloat16 = cache.get("train", lambda: torch.ones(2, 3), "bfloat16")
    assert (float32.sum(), bfloat16.sum()) == (0, 6)
    assert cache.get("train", lambda: torch.full((2, 3), 9.0)).sum() == 0, "kept"


def test_the_students_train_on_their_own_number_of_threads(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "thread_count", lambda wanted, macs: 2 if macs > 10_000 else 1)
    before = torch.get_num_threads()
    experiment = CNN.with_flat(teacher="digits-mlp-300", student="mlp-10", threads=0, precision="float32")
    try:
        phase, counts = "", {}
        for event in events(experiment, folders):
            phase = event.name if isinstance(event, Phase) else phase
            if isinstance(event, Progress):
                counts[phase] = torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
    assert counts["students"] == 1, (
        "the teacher, which takes two, is asked about the pinned images before they begin"
    )

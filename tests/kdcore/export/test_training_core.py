"""The core of the program, written before anything has been trained: it is the script's own text, and it trains as the run does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from kdcore.data import datasets
from kdcore.experiment import Experiment
from kdcore.export import training_script
from kdcore.export.network_source import network_source_of
from kdcore.export.recorded_run import RecordedRun
from kdcore.inference import models
from kdcore.losses.closed_form import LabelCrossEntropy
from kdcore.methods.registry import methods
from kdcore.methods.source import plain_losses
from kdcore.networks import Shape
from kdcore.teachers import all_cards
from tests.kdcore.export.helpers import Finished

DIGITS: tuple[Shape, int] = ((1, 8, 8), 10)
SETTINGS: dict[str, dict[str, object]] = {
    "T = 2": {"temperature": 2.0, "epochs": 3},
    "T = 20, little weight": {"temperature": 20.0, "teacher_weight": 0.3, "epochs": 3},
    "SGD": {"optimiser": "sgd", "learning_rate": 0.05, "schedule": "cosine", "epochs": 3},
    "labels only": {"method": "labels-only", "student": "cnn-small", "epochs": 2},
    "hidden and smoothed labels": {"hidden_labels": 0.4, "label_smoothing": 0.1, "l1": 1e-4, "clip_norm": 1.0, "epochs": 3},
    "another teacher, which is trained first": {"teacher": "mlp-20", "teacher_epochs": 2, "student": "mlp-16x2", "epochs": 3},
}  # fmt: skip
EVEN = {"count": 256, "batch_size": 64, "precision": "float32"}
MAPS = {
    "teacher": "cnn-small",
    "teacher_epochs": 1,
    "student": "cnn-tiny",
    "epochs": 2,
    "learning_rate": 0.003,
}
INSIDE: dict[str, dict[str, object]] = {
    "hint": {**MAPS, "method": "hint"},
    "attention-transfer": {**MAPS, "method": "attention-transfer"},
    "neuron-selectivity": {**MAPS, "method": "neuron-selectivity"},
    "flow": {**MAPS, "method": "flow", "clip_norm": 1.0, "l1": 1e-4, "max_norm": 3.0},
    "flow between networks of one width": {**MAPS, "method": "flow", "student": "cnn-small", "clip_norm": 1.0},
    "similarity-preserving": {**MAPS, "method": "similarity-preserving", "optimiser": "sgd"},
    "correlation-congruence": {**MAPS, "method": "correlation-congruence", "parameters": {"powers": 2.0}},
    "relational": {**MAPS, "method": "relational"},
    "a hint to a perceptron": {"method": "hint", "parameters": {"point": 3.0}, "epochs": 3},
    "a hint to a residual network, augmented": {
        **MAPS, "method": "hint", "student": "resnet8", "parameters": {"point": 2.0}, "shift": 1, "precision": "float32"},
    "a hint in bfloat16": {**MAPS, "method": "hint", "precision": "bfloat16"},
    "decoupled": {"method": "decoupled", "epochs": 3},
    "standardised logits": {"method": "standardised-logits", "epochs": 3},
    "regression on logits": {"method": "logit-regression", "epochs": 3},
}  # fmt: skip
"""Methods that look inside the networks, and those with a loss of their own on logits."""
SETTINGS |= INSIDE


def planned(experiment: Experiment) -> training_script.TrainingCore:
    """The core as a page has it, which knows the recipe and the networks' names."""
    cards = {card.name: card.network for card in all_cards(Path("nowhere"))}
    teacher = cards.get(experiment.teacher, experiment.teacher)
    assert training_script.recipe_refusal(experiment, *DIGITS, teacher) == ""
    return training_script.planned_core(experiment, *DIGITS, teacher)


def losses(
    record: RecordedRun,
    core: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    trained: list[torch.nn.Module] | None = None,
) -> dict[str, list[float]]:
    """The loss of every step of the core, by role. What the script has around it comes from the script.

    trained: takes the twin and the student.
    """
    script = training_script.training_script(record, f"Path({str(place)!r})")
    for name, content in script.files.items():
        (place / name).write_bytes(content)
    around: dict[str, Any] = {}
    for section in script.sections:
        if section.title in ("Settings", "Images", "Batches"):
            exec(section.code, around)
    for name in ("first_weights", "first_adapter_weights"):
        if (place / f"{name}.safetensors").exists():
            around[name] = load_file(place / f"{name}.safetensors")
    exec(core, around)
    if "teacher" in around:
        around["teacher"].load_state_dict(load_file(place / "teacher.safetensors"))
        around["teacher_logits"] = around["ask"](around["teacher"].eval(), around["images"])
    seen: list[float] = []
    backward = torch.Tensor.backward

    def noted(loss: torch.Tensor) -> None:
        seen.append(loss.item())
        backward(loss)

    monkeypatch.setattr(torch.Tensor, "backward", noted)
    of: dict[str, list[float]] = {}
    for role, distil in (("twin", False), ("student", "teacher" in around)):
        seen.clear()
        network = around["train"](distil)
        if trained is not None:
            trained.append(network)
        of[role] = list(seen)
    return of


@pytest.mark.parametrize("case", SETTINGS)
def test_the_code_gives_the_runs_own_losses(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    record = finished(**SETTINGS[case])
    of = losses(record, training_script.core_code(planned(record.run.experiment)), tmp_path, monkeypatch)
    reported: dict[str, list[tuple[int, float]]] = {}
    for point in record.points:
        if (point.phase, point.series) == ("students", "loss.total"):
            reported.setdefault(point.role, []).append((point.step, point.value))
    assert {"student"} <= reported.keys() <= of.keys()
    for role, rows in reported.items():
        assert rows[-1][0] == len(of[role]), "as many steps"
        before = 0
        for step, value in rows:  # the mean since the last report
            assert value == pytest.approx(sum(of[role][before:step]) / (step - before), rel=1e-3), (
                role,
                step,
            )
            before = step


ROUNDS_ALIKE = torch.backends.cpu.get_cpu_capability() == "AVX512"
"""Whether log-softmax along rows and along columns give the same bits, which batches of whole vectors do there."""


@pytest.mark.parametrize("further", [{}, {"optimiser": "sgd"}, {"student": "resnet8", "flip": True}])
def test_the_twin_is_the_runs_to_the_last_bit(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, further: dict[str, object]
) -> None:
    """Of a network that is not stacked, where batches are multiples of 16 images: no number is left over from a vector.

    Without AVX-512 PyTorch's two routines round differently, and the weights agree as far as such a difference leads.
    """
    record = finished(**{**MAPS, **EVEN, **further})
    core = training_script.core_code(planned(record.run.experiment))
    trained: list[torch.nn.Module] = []
    losses(record, core, tmp_path, monkeypatch, trained)
    source = network_source_of(record, "student")
    assert source is not None
    own = source.state(models.network(record.model("twin")).state_dict())
    for name, tensor in trained[0].state_dict().items():
        if ROUNDS_ALIKE:
            assert torch.equal(tensor, own[name]), name
        else:
            torch.testing.assert_close(tensor, own[name], rtol=0, atol=5e-3)


@pytest.mark.parametrize("count", [16, 48, 64, 128])
def test_the_label_loss_has_the_gradient_of_pytorchs_where_nothing_is_left_over(count: int) -> None:
    generator = torch.Generator().manual_seed(0)
    logits, index = torch.randn(count, 10, generator=generator), torch.arange(count) % 10
    ours, pytorchs = (logits.clone().requires_grad_() for _ in range(2))
    LabelCrossEntropy.apply(ours, index, None).backward()
    torch.nn.functional.cross_entropy(pytorchs, index).backward()
    assert ours.grad is not None
    if ROUNDS_ALIKE:
        assert torch.equal(ours.grad, pytorchs.grad)
    else:
        torch.testing.assert_close(ours.grad, pytorchs.grad, rtol=0, atol=1e-8)


@pytest.mark.parametrize("case", SETTINGS)
def test_it_is_the_scripts_own_text(finished: Finished, case: str) -> None:
    record = finished(**SETTINGS[case])
    sections = training_script.training_script(record, "Path()").sections
    program = "\n".join(section.code for section in sections)
    for name, part in training_script.core_parts(planned(record.run.experiment)).items():
        assert part in program, name


REFUSED: dict[str, tuple[dict[str, object], str, str]] = {
    "a teacher that cannot be written": (
        {"method": "hint", "student": "cnn-tiny"}, "oracle", "reads the teacher's features"),
    "one that sees augmented images": ({"shift": 1}, "oracle", "sees every augmented image"),
    "answers that were recorded": ({}, "recorded", "not for answers that were recorded"),
    "networks without maps": ({"method": "attention-transfer", "student": "mlp-30"}, "cnn-small", "compares maps"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_networks_that_no_script_can_show_are_refused_before_they_are_trained(case: str) -> None:
    flat, teacher, sentence = REFUSED[case]
    assert sentence in training_script.recipe_refusal(Experiment().with_flat(**flat), *DIGITS, teacher)


def test_what_has_no_script_says_so_before_it_is_trained() -> None:
    other = next(name for name in methods() if name not in plain_losses())
    default = Experiment()
    assert f"not for {other}" in training_script.recipe_refusal(
        default.with_flat(method=other), *DIGITS, "mlp-300"
    )
    assert "without mixup" in training_script.recipe_refusal(default.with_flat(mixup=0.2), *DIGITS, "mlp-300")
    assert training_script.recipe_refusal(default, *DIGITS, "mlp-300") == ""
    assert datasets.load("digits").shape == DIGITS[0]

"""Last phase: evaluate the teacher and every trained network on validation and test images."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.data.datasets import Dataset, Split
from kdcore.events import Event, Trained
from kdcore.metrics import agreement, calibration, classification, evaluation, imbalance, latency, truth
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.find_or_train_teacher import LoadedTeacher, answered
from kdcore.pipelines.loading import LoadedData
from kdcore.pipelines.students import TrainedStudents
from kdcore.pipelines.trained_networks import build_trained
from kdcore.training.members import State

Results = dict[str, Any]
MeasureLatency = Callable[[str, nn.Module, tuple[int, int, int]], Results]
"""(name of the network, the network, image shape) -> its latencies."""


@dataclass(frozen=True)
class EvaluatedNetwork:
    """A trained network's results, and what it said of each test image.

    losses: its log loss, float64 [n], by which it is paired with another. labels, wrong: [n], the image's class, and whether
    it answered another.
    """

    results: Results
    losses: Tensor
    labels: Tensor
    wrong: Tensor

    def beside(self, twin: EvaluatedNetwork) -> Results:
        """Its results, with how its NLL differs from its twin's on the same images: the mean, below zero where it is lower."""
        if len(self.losses) < 2:
            return self.results
        difference = classification.paired_difference(self.losses, twin.losses)
        return self.results | {"nll_difference": asdict(difference)}

    def on_omitted(self, classes: Sequence[int]) -> Results:
        """`test_omitted`: its errors on the test images of classes that its experiment left out; empty where it left out none."""
        if not classes:
            return {}
        among = torch.isin(self.labels, torch.tensor([*classes], device=self.labels.device))
        counts = {"images": int(among.sum()), "errors": int((among & self.wrong).sum())}
        return {"test_omitted": {"classes": [*classes], **counts}}


def evaluate_teacher(teacher: LoadedTeacher, data: LoadedData, measure: MeasureLatency) -> Results:
    """The teacher's results, from its cached logits where there are any, on the images that it has an answer to.

    Empty where it has none to validation or to test images.
    """
    validation = teacher.logits_on("validation", data.dataset.validation)
    test = teacher.logits_on("test", data.dataset.test)
    seen, asked = answered(validation), answered(test)
    if not len(seen) or not len(asked):
        return {}
    dataset = replace(
        data.dataset,
        validation=_some(data.dataset.validation, seen),
        test=_some(data.dataset.test, asked),
    )
    macs = networks.describe(teacher.card.network, data.dataset.shape, data.dataset.num_classes).macs
    measured = measure if 0 < macs < latency.MOST_TIMED else no_latency
    part = replace(data, dataset=dataset)
    found = _results(teacher.card.network, teacher.network, part, validation[seen], test[asked], measured)
    if teacher.card.is_onnx:
        found["parameters"] = teacher.card.parameters
    return found | {"weights": teacher.card.weights}


def evaluate_network(
    name: str,
    weights: State,
    role: str,
    checked: CheckedExperiment,
    data: LoadedData,
    teacher: LoadedTeacher | None,
    measure: MeasureLatency,
) -> EvaluatedNetwork:
    """A trained network, evaluated on as many threads as it trains on by itself; teacher: to compare with."""
    network = build_trained(name, weights, role, data)
    torch.set_num_threads(checked.threads(name))
    splits = (data.dataset.validation, data.dataset.test)
    validation, test = (evaluation.evaluate(network, split.images).float() for split in splits)
    found = _results(name, network, data, validation, test, measure)
    labels = data.dataset.test.labels
    losses, wrong = classification.log_losses(test, labels), test.argmax(1) != labels
    return EvaluatedNetwork(found | _against_teacher(test, teacher, data), losses, labels, wrong)


def evaluate_students(
    students: TrainedStudents,
    names: Mapping[str, str],
    checked: CheckedExperiment,
    data: LoadedData,
    teacher: LoadedTeacher | None,
    measure: MeasureLatency,
) -> Generator[Event, None, dict[str, EvaluatedNetwork]]:
    """Hand over the weights of every network that learned to the end; returns them by role as they were tested.

    names: of the networks, by role.
    """
    results = {}
    for role, weights in students.weights.items():
        yield Trained(role, names[role], weights)
        results[role] = evaluate_network(names[role], weights, role, checked, data, teacher, measure)
    return results


def measure_latency(name: str, network: nn.Module, shape: tuple[int, int, int]) -> Results:
    """p50 and p95 in seconds at batch 1 and 128 on one thread, measured while this run trains nothing."""
    torch.set_num_threads(1)
    found = {str(batch): latency.latency(network, shape, batch) for batch in (1, 128)}
    return {
        **{batch: {"p50": measured.p50, "p95": measured.p95} for batch, measured in found.items()},
        "disturbed": any(measured.disturbed for measured in found.values()),
    }


def no_latency(name: str, network: nn.Module, shape: tuple[int, int, int]) -> Results:
    """Nothing: what is looked up takes no time, an ONNX file runs in another program, and a very large network takes minutes."""
    return {}


def latency_per_name() -> MeasureLatency:
    """Measure each kind of network once: the networks of a cohort differ in their weights alone."""
    measured: dict[str, Results] = {}

    def measure(name: str, network: nn.Module, shape: tuple[int, int, int]) -> Results:
        if name not in measured:
            measured[name] = measure_latency(name, network, shape)
        return measured[name]

    return measure


def _against_teacher(test: Tensor, teacher: LoadedTeacher | None, data: LoadedData) -> Results:
    """The share of test images on which the network names the teacher's class, and the mean KL(teacher || network) at
    T = 1 in nats; nothing where there is no teacher."""
    if teacher is None:
        return {}
    answers = teacher.logits_on("test", data.dataset.test)
    rows = answered(answers)
    if not len(rows):
        return {}
    return {
        "test_agreement": agreement.agreement(test[rows], answers[rows]),
        "test_kl": agreement.kl_to_teacher(test[rows], answers[rows]),
    }


def _some(split: Split, rows: Tensor) -> Split:
    """A split's images at these places; the split itself where they are all."""
    if len(rows) == len(split):
        return split
    return Split(split.images[rows], split.labels[rows], None if split.truth is None else split.truth[rows])


def _by_class(test: Tensor, labels: Tensor) -> Results:
    """The errors of each class and with all classes counted alike; nothing where the classes are about as common."""
    found = imbalance.class_errors(test, labels)
    if not imbalance.imbalanced(found.images):
        return {}
    return {"test_class_errors": list(found.errors), "test_balanced_error": found.balanced}


def _fitted(validation: Tensor, test: Tensor, dataset: Dataset) -> Results:
    """What one temperature, fitted on the validation images, makes of the test's NLL and ECE; nothing where they were trained on."""
    if dataset.trains_on_validation:
        return {}
    fitted = calibration.calibration(validation, dataset.validation.labels, test, dataset.test.labels)
    return {
        "fitted_temperature": fitted.temperature,
        "test_nll_fitted": fitted.nll_after,
        "test_ece_fitted": fitted.ece_after,
    }


def _results(
    name: str,
    network: nn.Module,
    data: LoadedData,
    validation: Tensor,
    test: Tensor,
    measure: MeasureLatency,
) -> Results:
    dataset = data.dataset
    facts = networks.describe(name, dataset.shape, dataset.num_classes)
    labels, known = dataset.test.labels, dataset.test.truth
    return {
        "network": name,
        "parameters": facts.parameters,
        "macs": facts.macs,
        "bytes": facts.bytes,
        "val_errors": classification.errors(validation, dataset.validation.labels),
        "val_images": len(validation),
        "test_errors": classification.errors(test, labels),
        "test_images": len(labels),
        "test_accuracy": classification.accuracy(test, labels),
        "test_nll": classification.nll(test, labels),
        "test_ece": calibration.ece(test, labels),
        **_by_class(test, labels),
        **_fitted(validation, test, dataset),
        **({} if known is None else {"test_truth_kl": truth.kl_from_truth(test, known)}),
        "latency": measure(name, network, dataset.shape),
    }

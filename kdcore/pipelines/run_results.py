"""What a run's results say beside its networks: the images, the machine, and the time of each phase."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from kdcore import plugins
from kdcore.data.datasets import Dataset, Split
from kdcore.methods.registry import method
from kdcore.metrics import classification, imbalance, truth
from kdcore.pipelines.find_or_train_teacher import ObtainedTeacher
from kdcore.pipelines.loading import LoadedData
from kdcore.pipelines.preparation import PREPARATION, PreparedNetworks
from kdcore.pipelines.students import STUDENTS, TrainedStudents


@dataclass(frozen=True)
class PhaseResults:
    """The results of the phases so far; None of those that the run did not reach."""

    data: LoadedData
    teacher: ObtainedTeacher
    prepared: PreparedNetworks | None = None
    students: TrainedStudents | None = None

    @property
    def seconds(self) -> dict[str, float]:
        """The seconds of each phase that took place, and of one epoch of the students."""
        seconds = {
            "teacher_logits": 0.0 if self.students is None else self.students.teacher_seconds,
            "load": self.data.seconds,
            "teacher": self.teacher.seconds,
        }
        if self.prepared is not None and self.prepared.seconds is not None:
            seconds[PREPARATION] = self.prepared.seconds
        if self.students is not None:
            seconds[STUDENTS] = self.students.seconds
            if self.students.epochs:
                seconds[f"{STUDENTS}_per_epoch"] = self.students.seconds / self.students.epochs
        return seconds

    @property
    def processor_seconds(self) -> dict[str, float]:
        """The seconds of training of each phase, of all threads together."""
        seconds = {}
        if self.prepared is not None and self.prepared.processor_seconds is not None:
            seconds[PREPARATION] = self.prepared.processor_seconds
        if self.students is not None:
            seconds[STUDENTS] = self.students.processor_seconds
        return seconds


def circumstances(
    phases: PhaseResults, students: TrainedStudents, methods: Collection[str], tested: Mapping[str, Any]
) -> dict[str, Any]:
    """JSON values under the names that a run's results use; methods: by which its students are taught. tested: its networks' results."""
    data, dataset = phases.data, phases.data.dataset
    brought = plugins.recorded(*methods, *(one["network"] for one in tested.values()))
    twin = {"twin_hash": students.twin_hash, "twin_run": students.twin_run}
    found = {"preparation_found": phases.prepared is not None and phases.prepared.found}
    return {name: value for name, value in (twin | found).items() if value} | {
        "dataset": {
            "name": dataset.name,
            "title": dataset.title,
            "classes": list(dataset.classes),
            "shape": list(dataset.shape),
            "mean": list(dataset.mean),
            "std": list(dataset.std),
            "images": {
                "transfer": len(data.transfer_sets[0].images),
                "validation": len(dataset.validation.labels),
                "test": len(dataset.test.labels),
            },
            **_class_facts(dataset.test.labels, dataset.num_classes),
            **_truth_facts(dataset.test),
            **_notes(dataset, methods),
        },
        "device": data.device,
        "threads": students.arithmetic.threads,
        "lanes": students.arithmetic.lanes,
        "precision": students.arithmetic.precision,
        "epochs": students.epochs,
        "teacher_was_trained": phases.teacher.trained,
        "seconds": {name: round(value, 4) for name, value in phases.seconds.items()},
        "processor_seconds": {name: round(value, 4) for name, value in phases.processor_seconds.items()},
        **({"plugins": brought} if brought else {}),
    }


def _class_facts(labels: Tensor, classes: int) -> dict[str, Any]:
    """The test images of each class; nothing where the classes are about as common."""
    images = labels.bincount(minlength=classes).tolist()
    return {"test_class_images": images} if imbalance.imbalanced(images) else {}


def _notes(dataset: Dataset, methods: Collection[str]) -> dict[str, list[str]]:
    """What a reader should know of the images, and of what two classes leave of a method's loss; nothing where there is nothing."""
    notes = [*dataset.notes]
    if dataset.num_classes == 2:
        notes += filter(None, (method(name).CARD.with_two_classes for name in sorted({*methods})))
    return {"notes": notes} if notes else {}


def _truth_facts(test: Split) -> dict[str, Any]:
    """What the truth itself comes to on the test images: the NLL to be expected of it, and its errors; empty where unknown."""
    if test.truth is None:
        return {}
    return {
        "truth": {
            "entropy": truth.entropy(test.truth),
            "nll": classification.nll(truth.logits(test.truth), test.labels),
            "errors": classification.errors(test.truth, test.labels),
        }
    }

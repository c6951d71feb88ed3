"""The networks and trained teachers that the pickers offer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.data import dataset_choices, torch_imports
from dashboard.data.trained_teachers import teacher_card, teachers_of
from dashboard.text.translation import _
from kdcore.errors import NetworkRefused
from kdcore.experiment import Experiment

if TYPE_CHECKING:
    from kdcore.networks import Facts
    from kdcore.teachers import TeacherCard

DEFAULT_TEACHER, DEFAULT_STUDENT = "mlp-1200x2", "mlp-30"


def sizes(experiment: Experiment) -> dict[str, Facts]:
    """What teacher and student cost; empty unless known of both."""
    card = teacher_card(experiment.teacher)
    teacher = describe(network_of(card) if card else experiment.teacher, experiment)
    student = describe(experiment.student, experiment)
    return {"teacher": teacher, "student": student} if teacher and student else {}


def network_of(card: TeacherCard) -> str:
    """The name of a teacher's network; one from a file is made known to this process."""
    if card.inputs and torch_imports.warm():
        from kdcore import networks

        networks.register(card.network, card.inputs, card.mean, card.std)
    return card.network


def weights_of() -> list[str]:
    """The networks whose weights a file may hold: torchvision's as they are published, then those of the table."""
    if not torch_imports.warm():
        return []
    from kdcore.networks.pretrained_architectures import ARCHITECTURES

    return [*ARCHITECTURES, *(name for name in network_names() if name not in ARCHITECTURES)]


def is_published(network: str) -> bool:
    """Whether torchvision publishes weights of a network of that name; also where that cannot be known yet."""
    if not torch_imports.warm():
        return True
    from kdcore.networks.pretrained_architectures import ARCHITECTURES

    return network in ARCHITECTURES


def network_names() -> list[str]:
    """The networks to offer; none until torch is imported."""
    if not torch_imports.warm():
        return []
    from kdcore import networks

    return networks.offered()


def describe(name: str, experiment: Experiment) -> Facts | None:
    """What a network costs on the experiment's images; None until torch is imported, or where it cannot take them."""
    return described(name, *dataset_choices.shape(experiment)) if torch_imports.warm() else None


@lru_cache(maxsize=512)
def described(name: str, images: tuple[int, int, int], classes: int) -> Facts | None:
    """What a network costs on such images; None where it cannot take them."""
    from kdcore import networks

    try:
        return networks.describe(name, images, classes)
    except NetworkRefused:
        return None


def network_refusal(name: str, experiment: Experiment) -> str:
    """Why the network cannot take the experiment's images; empty where it can, or where it cannot be known yet."""
    if not torch_imports.warm():
        return ""
    return _refusal(name, *dataset_choices.shape(experiment))


@lru_cache(maxsize=512)
def _refusal(name: str, images: tuple[int, int, int], classes: int) -> str:
    from kdcore import networks

    return networks.refusal(name, images, classes)


def teacher_choices(experiment: Experiment) -> list[str]:
    """Trained teachers of the dataset, then the networks that could be trained as one."""
    trained = [card.name for card in teachers_of(experiment.dataset)]
    return [*trained, *student_choices(experiment)]


def student_choices(experiment: Experiment) -> list[str]:
    """The networks that take the experiment's images."""
    return [name for name in network_names() if not network_refusal(name, experiment)]


def network_title(name: str) -> str:
    """A teacher or a network as a picker names it."""
    if card := teacher_card(name):
        if card.is_oracle:
            return _("{name} · says the truth").format(name=name)
        if card.is_recorded:
            return _("{name} · recorded answers").format(name=name)
        if card.is_onnx:
            return _("{name} · an ONNX file").format(name=name)
        network = card.network.partition("@")[0].removeprefix("torchvision.")
        return _("{name} · trained {network}").format(name=name, network=network)
    return name


def fitting(experiment: Experiment, dataset_name: str) -> dict[str, object]:
    """The fields to change with the dataset: a teacher that knows it, and networks that can take it."""
    moved = experiment.with_flat(dataset=dataset_name)
    changes: dict[str, object] = {"omit": ()}
    trained = teachers_of(dataset_name)
    card = teacher_card(experiment.teacher)
    if card is None or card.dataset != dataset_name:
        keeps = card is None and not network_refusal(experiment.teacher, moved)
        changes["teacher"] = trained[0].name if trained else experiment.teacher if keeps else DEFAULT_TEACHER
    if network_refusal(experiment.student, moved):
        changes["student"] = DEFAULT_STUDENT
    entry = dataset_choices.dataset(dataset_name)
    if entry and entry.images and experiment.count and experiment.count > entry.images:
        changes["count"] = None
    return changes

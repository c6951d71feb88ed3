"""A network that somebody brought along as a file, at work as a teacher: built from its card, and refused where it cannot teach."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from kdcore import networks, teachers
from kdcore.data.datasets import Dataset
from kdcore.errors import InvalidExperiment, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.networks.adapted_network import AdaptedNetwork
from kdcore.networks.brought_networks import built_onnx
from kdcore.pipelines.image_lookup import TEACHER, refuse_looking_inside
from kdcore.plan import TEACHERS_OWN, Stage
from kdcore.texts import N_


def build_brought(
    card: teachers.TeacherCard, weights: dict[str, Tensor], dataset: Dataset, device: str
) -> nn.Module:
    """The teacher of this card on a device; it takes the dataset's images as these are normalised.

    Raises:
        TeacherUnavailable: the weights are of another network.
        NetworkRefused: an ONNX file that cannot run.
    """
    if card.is_onnx:
        network = built_onnx(weights, card.inputs, dataset.shape, dataset.mean, dataset.std)
        return network.to(device).eval()
    networks.register(card.network, card.inputs, card.mean, card.std)
    built = networks.build(card.network, dataset.shape, dataset.num_classes, seed=0)
    assert isinstance(built, AdaptedNetwork)
    try:
        built.load_state_dict(weights)
    except RuntimeError as error:
        raise TeacherUnavailable(
            f"The weights of '{card.name}' do not fit its network. Remove it, and add it again."
        ) from error
    return networks.placed(built.normalised_as(dataset.mean, dataset.std), card.network, device).eval()


def refuse_for_brought(experiment: Experiment, card: teachers.TeacherCard, stages: Sequence[Stage]) -> None:
    """Refuse what a network from a file cannot do as a teacher: be built anew as a student; of an ONNX file, be looked into.

    Raises:
        InvalidExperiment: as said.
    """
    if card.is_onnx:
        refuse_looking_inside(
            stages,
            N_(
                f"The method {experiment.method} uses more of its teacher than what it says of an image, and of an ONNX file nothing else is "
                "known. Choose a method that learns from responses, or give its weights as safetensors."
            ),
        )
    for stage in stages:
        if TEACHERS_OWN in stage.learns.values() or TEACHER in stage.starts_from.values():
            raise InvalidExperiment(
                f"The method {experiment.method} trains a network like its teacher, and '{card.name}' is one from a file, which is only "
                "asked. Choose another method, or a network of the table as the teacher."
            )

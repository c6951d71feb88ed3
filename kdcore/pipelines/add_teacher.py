"""A file becomes a teacher, of whichever kind it is: recorded answers, weights, or ONNX. Never unpickled, and bounded before it is read."""

from __future__ import annotations

import json
from pathlib import Path

from kdcore import teachers
from kdcore.errors import TeacherUnavailable
from kdcore.pipelines.add_answers import PlacedAnswers, keep_answers, place_answers
from kdcore.pipelines.add_network import TriedNetwork, keep_network, try_network
from kdcore.pipelines.brought_teacher import TeacherDescription
from kdcore.pipelines.refused_kinds import refusal_of_kind
from kdcore.system.environment_number import number

MEGABYTES = 400.0
WEIGHTS = (".weight", ".bias")
NETWORKS = (".onnx",)

Tried = PlacedAnswers | TriedNetwork


def try_teacher(path: Path, said: TeacherDescription, data_folder: Path) -> Tried:
    """Read a file and ask it about images; nothing is kept.

    Raises:
        StillroomError: it cannot teach, in a sentence that says why and what to do.
    """
    refuse_file(path)
    return (try_network if _is_network(path, said) else place_answers)(path, said, data_folder)


def keep_teacher_file(
    tried: Tried, said: TeacherDescription, name: str, runs_folder: Path, owner: str = ""
) -> teachers.TeacherCard:
    """Keep it; returns its card, whose name ends with its content's hash.

    Raises:
        OutOfResources: the runs folder cannot be written.
    """
    if isinstance(tried, TriedNetwork):
        return keep_network(tried, name, runs_folder, owner)
    return keep_answers(tried, said, name, runs_folder, owner)


def most_bytes() -> int:
    """How large a teacher's file may be, from STILLROOM_BROUGHT in MB.

    Raises:
        OutOfResources: it is no such number.
    """
    return int(1e6 * number("STILLROOM_BROUGHT", MEGABYTES, least=1, unit="megabytes"))


def refuse_file(path: Path) -> None:
    """Refuse what is too large, and what would have to be unpickled, before it is read.

    Raises:
        TeacherUnavailable: as said, with what to do.
    """
    if (size := path.stat().st_size) > (most := most_bytes()):
        raise TeacherUnavailable(
            f"{path.name} has {size / 1e6:,.0f} MB, and a teacher's file may have {most / 1e6:,.0f} here (STILLROOM_BROUGHT).",
            where=path,
        )
    if refused := refusal_of_kind(path.name):
        raise TeacherUnavailable(refused, where=path)


def _is_network(path: Path, said: TeacherDescription) -> bool:
    """Whether a file holds a network: ONNX, or weights, which have a network's name or names of their own."""
    kind = path.suffix.lower()
    if kind != ".safetensors":
        return kind in NETWORKS
    return bool(said.network) or any(name.endswith(WEIGHTS) for name in _tensor_names(path))


def _tensor_names(path: Path) -> list[str]:
    """The names in a safetensors file's header; none where it has no such header."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(size)) if size <= 100_000_000 else {}
        except ValueError:
            return []
    return [*header] if isinstance(header, dict) else []

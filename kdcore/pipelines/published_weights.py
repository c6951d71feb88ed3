"""Weights that torchvision publishes, fetched when somebody asks for them: what they are is said before, and they are checked after."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kdcore.errors import DataUnavailable, TeacherUnavailable
from kdcore.networks.pretrained_architectures import ARCHITECTURES
from kdcore.networks.state_dict_reader import read_state_dict
from kdcore.system.environment import import_pair
from kdcore.texts import N_

LICENCE = N_("BSD 3-Clause, as torchvision; trained on ImageNet, whose images are for research")
SECONDS = 30.0
CHUNK = 1 << 18
MARGIN = 1.05
"""By how much more than announced is read before it is given up."""

Report = Callable[[int, int], None]
"""Called with how many bytes are there, and how many there will be."""


@dataclass(frozen=True)
class PublishedWeights:
    """What torchvision publishes of a network.

    url: of the file. bytes: about how large it is. checksum: how its sha256 begins. licence: in words. classes: of its answers, in order.
    """

    network: str
    url: str
    bytes: int
    checksum: str
    licence: str
    classes: tuple[str, ...]

    @property
    def said(self) -> str:
        """What is fetched, in a sentence: before it is."""
        return (
            f"{self.network}, trained on ImageNet's {len(self.classes):,} classes: {self.bytes / 1e6:.0f} MB from {self.url}. "
            f"Licence: {self.licence}."
        )


def published_weights(network: str) -> PublishedWeights:
    """What there is to fetch of a network; STILLROOM_WEIGHTS names another place that has torchvision's files.

    Raises:
        TeacherUnavailable: torchvision publishes none of it.
    """
    if network not in ARCHITECTURES:
        raise TeacherUnavailable(
            f"There are no published weights of '{network}' to fetch. There are those of {', '.join(ARCHITECTURES)}."
        )
    found = import_pair().models.get_model_weights(network).IMAGENET1K_V1
    name = found.url.rpartition("/")[2]
    place = os.environ.get("STILLROOM_WEIGHTS", "").rstrip("/")
    checksum = re.search(r"-([0-9a-f]{8,64})\.pth$", name)
    return PublishedWeights(
        network,
        f"{place}/{name}" if place else found.url,
        int(found.meta["_file_size"] * (1 << 20)),
        checksum.group(1) if checksum else "",
        LICENCE,
        tuple(found.meta["categories"]),
    )


def fetch_weights(weights: PublishedWeights, folder: Path, report: Report) -> Path:
    """Fetch, check and convert them; returns a safetensors file in `folder`.

    Raises:
        DataUnavailable: they cannot be fetched, or are other than they should be; nothing is left of them.
    """
    from safetensors.torch import save_file

    content = _fetched(weights, report)
    found = hashlib.sha256(content).hexdigest()
    if not weights.checksum or not found.startswith(weights.checksum):
        raise DataUnavailable(
            f"What {weights.url} sent is not the file that it should be: its checksum begins with {found[:8]}, not {weights.checksum[:8]}. "
            "Nothing of it was kept. Try again."
        )
    try:
        tensors = read_state_dict(content)
    except ValueError as error:
        raise DataUnavailable(f"The weights of {weights.network} cannot be read: {error}.") from error
    path = folder / f"{weights.network}.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def _fetched(weights: PublishedWeights, report: Report) -> bytes:
    parts: list[bytes] = []
    done, most = 0, int(weights.bytes * MARGIN) + CHUNK
    try:
        with urllib.request.urlopen(weights.url, timeout=SECONDS) as answer:
            while part := answer.read(CHUNK):
                parts.append(part)
                done += len(part)
                report(done, max(done, weights.bytes))
                if done > most:
                    raise DataUnavailable(
                        f"{weights.url} sends more than the {weights.bytes / 1e6:.0f} MB that it should. Nothing of it was kept."
                    )
    except (OSError, ValueError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", error)
        raise DataUnavailable(
            f"{weights.url} cannot be fetched ({reason}). Without a network: fetch it elsewhere, convert it to safetensors, and add that file."
        ) from error
    return b"".join(parts)


def columns_of(weights: PublishedWeights, wanted: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A class map whose names are the network's own classes, by their places."""
    places = {name.casefold(): place for place, name in reversed([*enumerate(weights.classes)])}
    return tuple(places.get(str(one).casefold(), one) for one in wanted)

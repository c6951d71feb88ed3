"""A teacher's logits, kept on disk by what they depend on: the teacher's weights, the images, threads and precision.

The same experiment run twice, a preset's controls and a class that tries temperatures all share them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from kdcore.atomic_files import write_atomically
from kdcore.system.precision import Precision

NEWEST = 200
"""Files that are kept; the oldest are deleted first."""


class LogitCache:
    """Logits of one teacher on one dataset's images, in `folder`."""

    def __init__(self, folder: Path, identity: Mapping[str, Any], device: str) -> None:
        """`identity`: JSON values that identify the teacher's weights and the dataset."""
        self.folder, self.identity, self.device = folder, dict(identity), device

    def get(self, images: str, compute: Callable[[], Tensor], precision: Precision = "float32") -> Tensor:
        """The logits [n, C] of the images of this name: read, or computed and kept where the folder can be written.

        precision: in which `compute` runs the teacher.
        """
        path = self.folder / f"{self._key(images, precision)}.safetensors"
        try:
            return load(path.read_bytes())["logits"].to(self.device)
        except (OSError, SafetensorError, KeyError):
            logits = compute()
            self._keep(path, logits)
            return logits

    def _key(self, images: str, precision: Precision) -> str:
        # The last bits of a product depend on how it is divided among threads.
        values = {
            **self.identity,
            "images": images,
            "device": self.device,
            "threads": torch.get_num_threads(),
            "precision": precision,
        }
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]

    def _keep(self, path: Path, logits: Tensor) -> None:
        with suppress(OSError):  # a folder that cannot be written: computed again next time
            write_atomically(path, save({"logits": logits.cpu().contiguous()}))
            for old in sorted(self.folder.glob("*.safetensors"), key=lambda p: p.stat().st_mtime)[:-NEWEST]:
                old.unlink(missing_ok=True)


def selection_name(indices: Tensor) -> str:
    """A name for a selection of a training set's images, indices [n]."""
    return hashlib.sha256(indices.cpu().numpy().tobytes()).hexdigest()

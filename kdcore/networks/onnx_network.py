"""A stranger's ONNX network as a torch module: it runs in a process of its own (`kdcore.system.onnx_child`), within limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import weakref
from concurrent.futures import TimeoutError as TooSlow
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

import kdcore
from kdcore.errors import InvalidExperiment, NetworkRefused, OutOfResources
from kdcore.system.background import in_background
from kdcore.system.environment_number import number
from kdcore.texts import N_

BATCH = 64
"""Images that go through the pipe at once."""
SECONDS = 120.0
GIGABYTES = 4.0
NO_GRADIENT = N_(
    "An ONNX teacher says what it thinks of an image, and not how that changes with the image. Choose another method, or give its "
    "weights as safetensors."
)


class OnnxNetwork(nn.Module):
    """Images [N, channels, height, width] in float32 -> what the network's first output says of each [N, K]."""

    points: ClassVar[dict[str, str]] = {}

    def __init__(self, content: bytes, shape: tuple[int, int, int]) -> None:
        """`content`: the file. shape: channels, height and width of the images that it will be shown; 0 where that is not known yet."""
        super().__init__()
        self.content, self.shape = content, shape
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: dict[str, Any] = {}

    @property
    def facts(self) -> dict[str, Any]:
        """What the file says of itself: batch, channels, height and width of its input (0 where free), and how many parameters it has.

        Raises:
            NetworkRefused: it is no ONNX network, or hostile; the sentence says why.
        """
        self._started()
        return self._facts

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """What it says of images.

        Raises:
            NetworkRefused: it fails on them, or takes more time or memory than it may.
        """
        if images.requires_grad:
            raise InvalidExperiment(NO_GRADIENT)
        pixels = images.detach().float().cpu().contiguous().numpy()
        answers = [self._asked(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
        return torch.from_numpy(np.concatenate(answers)).to(images.device)

    def __deepcopy__(self, memo: dict[int, Any]) -> OnnxNetwork:
        """Another one with a process of its own."""
        return OnnxNetwork(self.content, self.shape)

    def _asked(self, pixels: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        process = self._started()
        facts, content = self._exchange(process, json.dumps(pixels.shape).encode() + b"\n" + pixels.tobytes())
        return np.frombuffer(content, np.float32).reshape(facts["shape"])

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        empty = tempfile.mkdtemp(prefix="stillroom-onnx-")
        environment = os.environ | {
            "PYTHONPATH": str(Path(kdcore.__file__).parents[1]),
            "OPENBLAS_NUM_THREADS": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "kdcore.system.onnx_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=empty,
            env=environment,
        )
        self._process = process
        weakref.finalize(self, _ended, process, empty)
        settings = {
            "bytes": len(self.content),
            "shape": self.shape if all(self.shape) else [],
            "threads": torch.get_num_threads(),
            "gigabytes": number("STILLROOM_SANDBOX", GIGABYTES, least=0.5, unit="gigabytes"),
        }
        self._facts, _ = self._exchange(process, json.dumps(settings).encode() + b"\n" + self.content)
        return process

    def _exchange(self, process: subprocess.Popen[bytes], message: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a message and read its answer, within the time that it may take."""
        try:
            facts, content = in_background(lambda: _answer(process, message)).result(SECONDS)
        except TooSlow as error:
            process.kill()
            raise OutOfResources(
                f"The ONNX network took longer than {SECONDS:.0f} seconds for {BATCH} images, and was ended."
            ) from error
        except (OSError, ValueError) as error:
            process.kill()
            self._process = None
            raise NetworkRefused(
                "The process that runs the ONNX network ended: the network needs more memory than it may have "
                "(STILLROOM_SANDBOX), or makes onnxruntime crash."
            ) from error
        if "refused" in facts:
            process.kill()
            self._process = None
            raise NetworkRefused(facts["refused"])
        return facts, content


def _answer(process: subprocess.Popen[bytes], message: bytes) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(message)
    process.stdin.flush()
    facts: dict[str, Any] = json.loads(process.stdout.readline())
    shape = facts.get("shape")
    count = 4 * int(np.prod(shape)) if shape else 0
    content = process.stdout.read(count)
    if len(content) < count:
        raise ValueError("the process ended")
    return facts, content


def _ended(process: subprocess.Popen[bytes], folder: str) -> None:
    """Let go of the process and of its empty folder."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was still to be written has no reader any more
                continue
    process.wait()
    Path(folder).rmdir()

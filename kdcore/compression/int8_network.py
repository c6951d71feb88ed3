"""A network in 8-bit integers: onnxruntime's static quantisation, calibrated on training images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime.quantization import CalibrationDataReader

CALIBRATED_ON = 512
"""Training images by which the range of every activation is found."""
BATCH = 64


def int8_network(network: bytes, pixels: NDArray[np.float32]) -> bytes:
    """An ONNX network in int8: weights per channel, activations per tensor.

    network: takes `pixels`. pixels: training images [n, channels, h, w], of which the first CALIBRATED_ON are used.

    Source: Jacob et al. 2018, Quantization and training of neural networks for efficient integer-arithmetic-only inference,
    section 2; done after training, without further training.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory() as folder:
        given, prepared, small = (
            Path(folder) / name for name in ("given.onnx", "prepared.onnx", "int8.onnx")
        )
        given.write_bytes(network)
        quant_pre_process(str(given), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(small),
            _reader(pixels[:CALIBRATED_ON]),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            # Signed weights beside unsigned activations overflow 16 bits on an x86 processor without VNNI.
            weight_type=QuantType.QUInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return small.read_bytes()


def _reader(pixels: NDArray[np.float32]) -> CalibrationDataReader:
    """The images as onnxruntime asks for them: batch after batch, then None."""
    from onnxruntime.quantization import CalibrationDataReader

    class Batches(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.waiting: Iterator[NDArray[np.float32]] = iter(
                [pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH)]
            )

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            batch = next(self.waiting, None)
            return None if batch is None else {"pixels": batch}

    return Batches()

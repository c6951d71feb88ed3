"""Files that would have to be unpickled, which is running a program: refused by their names, with the line that converts them."""

from __future__ import annotations

from pathlib import PurePath

PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt", ".joblib")
PROGRAMS = (".pt2", ".ptc")


def refusal_of_kind(name: str) -> str:
    """Why a file of this name is not opened, and how it is converted where it is trusted; empty where it may be opened."""
    path = PurePath(name)
    kind = path.suffix.lower()
    if kind in PICKLES:
        converted = path.with_suffix(".safetensors").name
        return (
            f"{path.name} is a pickle, which is a program, and is not opened here. Convert it where you trust it: "
            f'python -c "import torch, safetensors.torch as s; s.save_file(torch.load({path.name!r}, weights_only=True), {converted!r})"'
        )
    if kind in PROGRAMS:
        converted = path.with_suffix(".onnx").name
        return (
            f"{path.name} is a torch.export program, parts of which PyTorch unpickles when it is loaded, and is not opened here. Convert it "
            f'where you trust it: python -c "import torch; torch.onnx.export(torch.export.load({path.name!r}), dynamo=True).save({converted!r})"'
        )
    return ""

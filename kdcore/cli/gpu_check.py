"""Whether the GPU path holds on this machine: `python -m kdcore.cli.gpu_check`.

Trains on digits on CUDA, looks at the dtypes of its matrix products, then takes the memory away and expects the
sentence that a user would get. Without a GPU it says so and exits with 0: there was nothing to check.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kdcore.errors import OutOfResources, StillroomError
from kdcore.events import Finished, NoCommands, Phase
from kdcore.experiment import Experiment
from kdcore.pipelines import experiment_pipeline
from kdcore.system import device

Check = Callable[[], str]
PRODUCTS = {"mm", "addmm", "bmm", "baddbmm", "convolution"}
DIGITS = Experiment().with_flat(
    dataset="digits", teacher="mlp-300", teacher_epochs=30, student="mlp-30", epochs=30, device="cuda"
)
ENORMOUS = DIGITS.with_flat(teacher="mlp-4096x8", teacher_epochs=1)
LITTLE = 2**28
"""Bytes of GPU memory that are left for a network that needs several times as much."""


class CheckFailed(Exception):
    """What the GPU path did not do."""


class ProductDtypes(TorchDispatchMode):
    """While it is entered, collects the dtypes of what matrix products and convolutions return."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: set[torch.dtype] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ in PRODUCTS:
            self.seen.add(result.dtype)
        return result


def trains() -> str:
    """A distillation of digits ends on CUDA with most test images right."""
    results, devices = run_to_its_end(DIGITS)
    if devices != {"cuda"}:
        raise CheckFailed(f"its phases ran on {', '.join(sorted(devices))}")
    for role in ("teacher", "twin", "student"):
        if results[role]["test_accuracy"] < 0.8:
            raise CheckFailed(
                f"the {role} has {results[role]['test_errors']} test errors of {results[role]['test_images']}"
            )
    errors = ", ".join(f"{role} {results[role]['test_errors']}" for role in ("teacher", "twin", "student"))
    return f"test errors of {results['twin']['test_images']}: {errors}"


def multiplies_in_bf16() -> str:
    """Under training every product of a network is bfloat16."""
    with ProductDtypes() as products:
        run_to_its_end(DIGITS.with_flat(epochs=1, teacher_epochs=1))
    if torch.bfloat16 not in products.seen:
        raise CheckFailed(f"products were {', '.join(map(str, products.seen)) or 'not seen'}")
    return f"products in {', '.join(sorted(map(str, products.seen)))}"


def says_that_memory_is_short() -> str:
    """A network that does not fit fails with a sentence, and the next run trains."""
    whole = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(min(1.0, LITTLE / whole))
    try:
        run_to_its_end(ENORMOUS)
    except OutOfResources as error:
        sentence = str(error)
    else:
        raise CheckFailed(f"{ENORMOUS.teacher} trained in {LITTLE / 2**20:.0f} MiB")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    run_to_its_end(DIGITS.with_flat(epochs=1, teacher_epochs=1))
    return f'"{sentence}"'


CHECKS: tuple[Check, ...] = (trains, multiplies_in_bf16, says_that_memory_is_short)


def run_to_its_end(experiment: Experiment) -> tuple[dict[str, Any], set[str]]:
    """Run an experiment to its end in a runs folder of its own; its results and the devices of its phases.

    Raises:
        StillroomError: whatever stops it.
    """
    with tempfile.TemporaryDirectory() as folder:
        events = list(
            experiment_pipeline.run(
                experiment, data_folder=Path(folder), runs_folder=Path(folder), commands=NoCommands()
            )
        )
    end = events[-1]
    if not isinstance(end, Finished) or end.status != "finished":
        raise CheckFailed(f"the run ended with {end}")
    return dict(end.results), {event.device for event in events if isinstance(event, Phase)}


def framed(text: str) -> str:
    """A line that nobody overlooks."""
    return "\n".join(["#" * (len(text) + 6), f"## {text} ##", "#" * (len(text) + 6)])


def main() -> int:
    """Run the checks; 0 where they pass or there is nothing to check, 1 where one fails."""
    if not torch.cuda.is_available():
        print(framed("NO GPU HERE: nothing of the CUDA path was checked"))
        return 0
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, auto picks {device.choose_device('auto')}"
    )
    failures = 0
    for check in CHECKS:
        try:
            print(f"ok      {check.__name__}: {check()}")
        except (CheckFailed, StillroomError, RuntimeError) as error:
            failures += 1
            print(f"FAILED  {check.__name__}: {error}")
    print(framed(f"{len(CHECKS) - failures} of {len(CHECKS)} checks of the CUDA path passed"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

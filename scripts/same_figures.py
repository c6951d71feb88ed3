"""Show that moved or renamed code trains the very same numbers: over a hundred short runs, compared to the last bit.

`python -m scripts.same_figures store` trains them and writes down what came out, `check` trains them again and names
every difference. Both take `--only SUBSTRING` for the runs whose names contain it (`reference_runs.py` has them).

Nothing of time or memory is kept. Two ways to run perceptrons side by side differ in their last bits, and the program
takes the one that it measures as the faster: here each run says which it takes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from kdcore.events import Checkpoint, Event, Finished, Trained, Validation, curves
from kdcore.pipelines import stacking_choice
from kdcore.training.stacking_benchmark import stacking_pays
from scripts.reference_runs import THREADS, Case, Says, cases, pauses, silence

STORED = Path(__file__).resolve().parent.parent / "tests" / "figures_before_the_move.json"


CPUINFO = Path("/proc/cpuinfo")


Figures = dict[str, str]
"""What a run gave, by what it is of; floats are written with all their bits."""


def figures(case: Case) -> Figures:
    """Train, and keep every number that must not change."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(stacking_choice, stacking_pays.__name__, return_value=case.together),
    ):
        return recorded(events(case, Path(folder)))


def events(case: Case, folder: Path) -> Iterator[Event]:
    """What the run says, over its interruption where it has one."""
    start = partial(case.start, data_folder=folder / "data", runs_folder=folder / "runs")
    if case.cut is None:
        yield from start(commands=Says(case.says))
        return
    for event in start(commands=Says(pauses)):
        yield event
        if isinstance(event, Checkpoint) and case.cut(event):
            cut = copied(event)
            break
    else:
        raise ValueError("The run ended before it was cut.")
    yield from start(commands=Says(silence), resume=cut)


def copied(checkpoint: Checkpoint) -> Checkpoint:
    """A checkpoint that what trains on does not change, as a file would hold it."""
    tensors = {name: tensor.detach().clone() for name, tensor in checkpoint.tensors.items()}
    return replace(checkpoint, tensors=tensors, values=json.loads(json.dumps(checkpoint.values)))


def recorded(said: Iterable[Event]) -> Figures:
    """The figures in a run's events.

    Hashes over all validations and over all curves (loss terms, gradients, a method's own figures), each network's last
    validation, a hash over its final weights, and its test results; a search's trials.
    """
    found: Figures = {}
    validations, rows = hashlib.sha256(), hashlib.sha256()
    for event in said:
        for role, series, value in curves(event):
            rows.update(f"{role} {series} {exact(value)}\n".encode())
        match event:
            case Validation():
                wrong = f"{event.errors} wrong of {event.images}, nll {exact(event.nll)}"
                validations.update(f"{event.role} {exact(event.epoch)} {wrong}\n".encode())
                found[f"last validation, {event.role}"] = f"epoch {event.epoch:g}: {wrong}"
            case Trained():
                add(found, f"weights, {event.role}", fingerprint(event.tensors))
            case Finished():
                found["ended"] = event.status
                found |= dict(tested(event.results))
    found["validations"], found["curves"] = validations.hexdigest(), rows.hexdigest()
    return found


def exact(value: float) -> str:
    """All bits of a number."""
    return float(value).hex()


def add(found: Figures, name: str, value: str) -> None:
    """Keep a value under a name that may be taken already."""
    number = 2
    free = name
    while free in found:
        free, number = f"{name} ({number})", number + 1
    found[free] = value


def fingerprint(tensors: Mapping[str, torch.Tensor]) -> str:
    """A hash over the names, types, shapes and bytes of a network's tensors."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def tested(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a run's results say of its networks, one line each; of a cohort one hash over all that its members' say."""
    for name, found in results.items():
        if name == "epochs":
            yield name, exact(found)
        elif name == "trials":
            yield from ((f"trial {i}", json.dumps(trial, sort_keys=True)) for i, trial in enumerate(found))
        elif name == "members":
            yield name, hashed(json.dumps([one and dict(tested(one)) for one in found]))
        elif isinstance(found, Mapping) and "test_nll" in found:
            yield f"test, {name}", ", ".join(sorted(numbers(found)))


def numbers(results: Mapping[str, Any]) -> Iterator[str]:
    """The numbers of one network: times stand in a group of their own and are left out."""
    for name, value in results.items():
        if isinstance(value, int | float) and not name.endswith("_images"):
            yield f"{name} {value if isinstance(value, int) else exact(value)}"


def hashed(text: str) -> str:
    """A hash over a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def machine() -> dict[str, str]:
    """What the last bits may depend on beside the code."""
    return {
        "processor": cpuinfo("model name") or platform.processor() or platform.machine(),
        "flags": hashed(cpuinfo("flags")),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": str(THREADS),
    }


def cpuinfo(name: str) -> str:
    """What Linux says of the first processor; nothing elsewhere."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.split("\t")[0] == name), "")


def main(arguments: list[str] | None = None) -> int:
    """Store or check; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=["store", "check"])
    parser.add_argument("--only", default="", help="runs whose names contain this")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(THREADS)
    chosen = {name: case for name, case in cases().items() if asked.only in name}
    return store(chosen, whole=not asked.only) if asked.what == "store" else check(chosen, asked.only)


def store(chosen: Mapping[str, Case], whole: bool) -> int:
    """Train, and write down what came out; runs that were not chosen stay as they were."""
    before = {} if whole else read()["runs"]
    runs = {name: figures(case) for name, case in told(chosen)}
    text = json.dumps({"machine": machine(), "runs": before | runs}, indent=1, ensure_ascii=False)
    STORED.write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(runs)} runs: stored in {STORED.name}")
    return 0


def check(chosen: Mapping[str, Case], only: str) -> int:
    """Train again, and name what differs."""
    stored = read()
    if stored["machine"] != machine():
        print(
            "These figures were stored on another machine or another torch, where the last bits may differ."
        )
    expected = {name: run for name, run in stored["runs"].items() if only in name}
    now = {name: attempted(case) for name, case in told(chosen)}
    found = list(
        chain.from_iterable(
            differences(name, expected.get(name), now.get(name)) for name in {**expected, **now}
        )
    )
    if found or not now:
        print("\n".join(found) or f"No run's name contains '{only}'.")
        return 1
    print(f"{len(now)} runs: the same to the last bit")
    return 0


def read() -> dict[str, Any]:
    """What was stored."""
    stored: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    return stored


def told(chosen: Mapping[str, Case]) -> Iterator[tuple[str, Case]]:
    """The runs one after another, each told on stderr with the seconds that it took."""
    for number, (name, case) in enumerate(chosen.items(), 1):
        began = time.monotonic()
        yield name, case
        print(f"{number}/{len(chosen)} {name}: {time.monotonic() - began:.1f} s", file=sys.stderr)


def attempted(case: Case) -> Figures:
    """What the run gives; where it fails, that and why."""
    try:
        return figures(case)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def differences(name: str, before: Figures | None, now: Figures | None) -> Iterator[str]:
    """A paragraph for a run that differs: its figures, as they were and as they are."""
    if before is None or now is None:
        yield f"{name}: this run is {'new' if before is None else 'no longer there'}"
    elif "failed" in now:
        yield f"{name}: failed. {now['failed']}"
    elif before != now:
        yield f"{name}:"
        for what in {**before, **now}:
            if (was := before.get(what, "nothing")) != (became := now.get(what, "nothing")):
                yield f"    {what}\n        before: {was}\n        now:    {became}"


if __name__ == "__main__":
    sys.exit(main())

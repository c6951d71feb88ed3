"""Show that moved or renamed code trains the very same numbers: over a hundred short runs, compared to the last bit.

`python -m scripts.same_figures store` trains them and writes down what came out, `check` trains them again and names
every difference. Both take `--only SUBSTRING` for the runs whose names contain it. The runs learn the digits that come
with scikit-learn, on the processor, on one thread, in folders that are thrown away.

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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from kdcore.errors import NetworkRefused
from kdcore.events import Checkpoint, Command, Event, Finished, Trained, Validation, curves
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines import stacking_choice
from kdcore.pipelines.bayesian_search import run as run_search
from kdcore.pipelines.checks import check as check_alone
from kdcore.pipelines.cohort_members import can_share_loop
from kdcore.pipelines.cohort_pipeline import run as run_together
from kdcore.pipelines.cohort_spec import group_into_cohorts
from kdcore.pipelines.experiment_pipeline import run as run_alone
from kdcore.studies.sweep import Sweep
from kdcore.training.stacking_benchmark import stacking_pays

STORED = Path(__file__).resolve().parent.parent / "tests" / "figures_before_the_move.json"
CPUINFO = Path("/proc/cpuinfo")
THREADS = 1
PAUSE_EVERY = 2
"""Steps between two pauses of a run that is to be cut: each pause makes a checkpoint."""

CNN = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 100,
        "batch_size": 25,
        "epochs": 2,
        "teacher": "cnn-small",
        "teacher_epochs": 1,
        "student": "cnn-small",
        "device": "cpu",
        "threads": THREADS,
    }
)
"""A convolutional student of a convolutional teacher that is trained in the run: it has every feature point."""
MLP = CNN.with_flat(teacher="digits-mlp-300", student="mlp-20x2", epochs=3)
"""A perceptron taught by the teacher that comes with the program."""
REGULARISED = {
    "mixup": 0.4,
    "smoothness": 0.5,
    "l1": 1e-4,
    "margin": 0.2,
    "label_smoothing": 0.1,
    "clip_norm": 0.5,
    "weight_decay": 0.01,
    "label_noise": 0.2,
    "hidden_labels": 0.3,
    "omit": (3, 8),
}
AUGMENTED = {"shift": 1, "flip": True, "crop": 1, "cutout": 2}

Figures = dict[str, str]
"""What a run gave, by what it is of; floats are written with all their bits."""


class Says:
    """A channel into a run: it says what is meant for each poll, counted from 1, and ends every pause at once."""

    def __init__(self, at: Callable[[int], list[Command]]) -> None:
        self.at, self.polls = at, 0

    def poll(self) -> list[Command]:
        """What is meant for this poll."""
        self.polls += 1
        return self.at(self.polls)

    def wait(self) -> list[Command]:
        """Go on."""
        return [Command("resume")]


def silence(poll: int) -> list[Command]:
    """Nothing."""
    return []


def pauses(poll: int) -> list[Command]:
    """A pause now and then."""
    return [Command("pause")] if poll % PAUSE_EVERY == 0 else []


def hot_changes(poll: int) -> list[Command]:
    """Three settings that change while the run goes on."""
    told = {
        3: ("temperature", 2.0),
        5: ("teacher_weight", 0.4),
        7: ("learning_rate", 0.001),
    }
    return [Command("set", *told[poll])] if poll in told else []


def early(checkpoint: Checkpoint) -> bool:
    """In whatever is trained first."""
    return checkpoint.step > PAUSE_EVERY


def in_students(checkpoint: Checkpoint) -> bool:
    """While the students learn."""
    return checkpoint.phase == "students" and early(checkpoint)


def in_second_round(checkpoint: Checkpoint) -> bool:
    """While a search's second round learns: the first has left its trials."""
    return bool(checkpoint.values["search"]["trials"]) and in_students(checkpoint)


@dataclass(frozen=True)
class Case:
    """One run.

    start: takes folders, a channel and a checkpoint, and gives the events. says: what the channel says. cut: the run is
    interrupted at the first checkpoint of which this is true, and goes on from there. together: whether perceptrons run
    as one program.
    """

    start: Callable[..., Iterator[Event]]
    says: Callable[[int], list[Command]] = silence
    cut: Callable[[Checkpoint], bool] | None = None
    together: bool = True


# ---- the runs -------------------------------------------------------------------------------------------------------


def cases() -> dict[str, Case]:
    """Every run by its name."""
    return {
        **every_method("cnn", CNN),
        **every_method("mlp", MLP),
        **single_settings(),
        **cohorts(),
        **searches(),
    }


def every_method(kind: str, base: Experiment) -> dict[str, Case]:
    """A run for each method that takes these networks; one that trains in several phases is also cut and goes on."""
    found: dict[str, Case] = {}
    for experiment in taking(base):
        name = f"{experiment.method}, {kind}"
        found[name] = Case(partial(run_alone, experiment))
        if not can_share_loop(experiment):
            found[f"{name}, cut"] = replace(found[name], cut=in_students if kind == "cnn" else early)
    return found


def taking(base: Experiment) -> list[Experiment]:
    """The experiment with each method that does not refuse its networks."""
    return [e for name in methods() if takes(e := base.with_flat(method=name))]


def takes(experiment: Experiment) -> bool:
    """Whether the method can do with these networks."""
    nowhere = Path(tempfile.gettempdir(), "no such folder")
    try:
        check_alone(experiment, data_folder=nowhere, runs_folder=nowhere)
    except NetworkRefused:
        return False
    return True


def single_settings() -> dict[str, Case]:
    """Runs of the default method that change what is around it: recipe, images, networks, commands, an interruption."""
    kept = {"keep": "best", "early_stop": 2, "epochs": 12, "learning_rate": 0.05, "optimiser": "sgd"}
    teachers = {f"teacher_{name}": value for name, value in {**kept, "mixup": 0.4, "l1": 1e-4}.items()}
    changed: dict[str, Experiment] = {
        "regularised mlp": MLP.with_flat(**REGULARISED),
        "regularised and augmented cnn": CNN.with_flat(**REGULARISED, **AUGMENTED),
        "best weights and an early stop": MLP.with_flat(**kept, schedule="constant"),
        "a teacher's recipe": MLP.with_flat(teacher="mlp-30x2", **teachers),
        "corrected labels": MLP.with_flat(corrected_labels=0.6, label_noise=0.4, schedule="cosine"),
        "dropout": MLP.with_flat(student="mlp-1200x2", epochs=1),
        "batch statistics": CNN.with_flat(student="resnet8", schedule="step", optimiser="sgd"),
        "a share of all images": MLP.with_flat(count=None, fraction=0.2, split_seed=3, noise_seed=2),
    }
    found = {name: Case(partial(run_alone, experiment)) for name, experiment in changed.items()}
    found["hot changes"] = Case(partial(run_alone, MLP), hot_changes)
    for name, experiment in {"cnn": CNN, "mlp": MLP, **changed}.items():
        found[f"{name}, cut in the students' training"] = Case(
            partial(run_alone, experiment), cut=in_students
        )
    found["cnn, cut in the teacher's training"] = Case(partial(run_alone, CNN), cut=early)
    return found


def cohorts() -> dict[str, Case]:
    """Experiments that train side by side: sweeps of several settings and seeds, and all methods that can."""
    vary = {"temperature": (1.0, 4.0, 9.0), "teacher_weight": (0.4, 1.0)}
    noisy = {"label_noise": (0.0, 0.4), "teacher_weight": (0.5,)}
    members = {
        "sweep, mlp": swept(MLP, vary),
        "sweep, cnn": swept(CNN, vary),
        "sweep, batch statistics": swept(CNN.with_flat(student="resnet8", epochs=1), noisy),
        "sweep, regularised mlp": swept(MLP.with_flat(**REGULARISED, keep="best"), noisy),
        "sweep, dropout": swept(MLP.with_flat(student="mlp-1200x2", epochs=1), noisy),
        "all methods side by side, mlp": [e for e in taking(MLP) if can_share_loop(e)],
        "all methods side by side, cnn": [e for e in taking(CNN) if can_share_loop(e)],
    }
    found: dict[str, Case] = {}
    for name, experiments in members.items():
        [cohort] = group_into_cohorts(experiments)
        found[name] = Case(partial(run_together, cohort))
        found[f"{name}, cut"] = replace(found[name], cut=in_students)
    found["sweep, mlp, one after another"] = replace(found["sweep, mlp"], together=False)
    return found


def swept(base: Experiment, vary: Mapping[str, tuple[float, ...]]) -> list[Experiment]:
    """The members of a sweep with two seeds."""
    return [member.experiment for member in Sweep(base=base, vary=dict(vary), seeds=2, trials=20).members]


def searches() -> dict[str, Case]:
    """A Bayesian search of two rounds, the second of which prunes a setting; and cut in that round."""
    vary = {"temperature": (0.5, 20.0), "teacher_weight": (0.0, 1.0)}
    sweep = Sweep(base=MLP, vary=dict(vary), seeds=2, sampler="bayesian", trials=14)
    assert sweep.search is not None
    whole = Case(partial(run_search, sweep.search))
    return {"search": whole, "search, cut": replace(whole, cut=in_second_round)}


# ---- what a run gives -----------------------------------------------------------------------------------------------


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


# ---- the machine ----------------------------------------------------------------------------------------------------


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


# ---- the command line -----------------------------------------------------------------------------------------------


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

"""Measuring a preset's claims again: the preset and its controls, with several seeds, each a run in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdcore.errors import RunRefused
from kdcore.events import Event
from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.studies.claims import Verdict, fewer_errors
from kdcore.studies.control_experiments import control
from kdcore.studies.presets import Claim, Preset

OWNER = "verify"


@dataclass(frozen=True)
class MeasuredPreset:
    """A preset's test errors by seed: `errors[who]` for `teacher`, `twin`, `student` and each control."""

    preset: Preset
    seeds: tuple[int, ...]
    errors: dict[str, tuple[int, ...]]
    images: int
    seconds: tuple[float, ...]
    verdicts: tuple[tuple[Claim, Verdict], ...]

    @property
    def holds(self) -> bool:
        """Whether every claim may be made."""
        return all(verdict.holds for _, verdict in self.verdicts)


def measure(
    preset: Preset,
    seeds: int,
    store: Store,
    *,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    fresh: bool = False,
) -> MeasuredPreset:
    """Run the preset and its controls with seeds 0 to `seeds` - 1, or find finished runs of the same hash.

    Seeds vary first weights, batches, which images are taken and noisy labels; the teacher is the same for all.

    Raises:
        RunRefused: a run failed.
    """
    errors: dict[str, list[int]] = {"teacher": [], "twin": [], "student": []}
    seconds, images = [], 0
    for seed in range(seeds):
        main = finished_run(seeded(preset.experiment, seed), preset.name, store, data_folder, watch, fresh)
        for who in ("teacher", "twin", "student"):
            errors[who].append(main.results[who]["test_errors"])
        images = main.results["student"]["test_images"]
        seconds.append(sum(v for name, v in main.results["seconds"].items() if name != "students_per_epoch"))
        for name in preset.controls:
            experiment = control(seeded(preset.experiment, seed), name)
            run = finished_run(experiment, f"{preset.name}: {name}", store, data_folder, watch, fresh)
            errors.setdefault(name, []).append(run.results["student"]["test_errors"])
    verdicts = tuple(
        (claim, fewer_errors(errors[claim.better], errors[claim.worse])) for claim in preset.claims
    )
    measured = {who: tuple(found) for who, found in errors.items()}
    return MeasuredPreset(preset, tuple(range(seeds)), measured, images, tuple(seconds), verdicts)


def finished_run(
    experiment: Experiment,
    title: str,
    store: Store,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]],
    fresh: bool = False,
) -> Run:
    """A finished run of the experiment: one that is there already, unless a `fresh` one is asked for, or a new one.

    Raises:
        RunRefused: it did not finish.
    """
    if not fresh:
        found = store.unchanged_finished(experiment.hash)
        if found is not None:
            return found
    run = store.create(experiment, OWNER, title=title, status="running")
    run = train_run(store, run.id, data_folder=data_folder, watch=watch, search_twin=not fresh)
    if run.status != "finished":
        raise RunRefused(f"The run {run.id} ({title}) did not finish: {run.error or run.status}")
    return run


def report(measured: MeasuredPreset) -> str:
    """A few lines for people: errors by seed, then each claim with its mean difference and standard error."""
    lines = [f"{measured.preset.name}: test errors of {measured.images:,}, seeds {_list(measured.seeds)}"]
    for who, found in measured.errors.items():
        lines.append(f"  {who:<10} {_list(found)}")
    for claim, verdict in measured.verdicts:
        said = "holds" if verdict.holds else "FAILS"
        spread = f"mean difference {verdict.mean:+.1f}, standard error {verdict.standard_error:.1f}"
        lines.append(f"  {said}: {claim.better} errs less than {claim.worse} ({spread})")
    lines.append(f"  seconds a run: {', '.join(f'{s:.1f}' for s in measured.seconds)}")
    return "\n".join(lines)


def as_json(measured: MeasuredPreset) -> dict[str, Any]:
    """The same as one JSON value."""
    return {
        "preset": measured.preset.name,
        "seeds": measured.seeds,
        "images": measured.images,
        "errors": measured.errors,
        "seconds": measured.seconds,
        "claims": [asdict(claim) | asdict(verdict) for claim, verdict in measured.verdicts],
        "holds": measured.holds,
    }


def _list(values: Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)

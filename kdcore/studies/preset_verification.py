"""Measuring presets' claims again: each preset and its controls, with several seeds, each a run in the store.

A claim names beforehand who has less, and the other way round would be no claim: it is tested on one side. All claims that
are measured together stand in one table, and are corrected together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kdcore.errors import RunRefused
from kdcore.events import Event
from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.lost_runs import check_lease
from kdcore.runs.run_record import RESUMABLE, Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.studies.claims import Measure, Verdict, claims, compare, seeds_text
from kdcore.studies.control_experiments import control
from kdcore.studies.presets import Claim, Preset
from kdcore.studies.presets import preset as preset_named
from kdcore.studies.sound_only import refuse_fault
from kdcore.system.processes import Process
from kdcore.texts import N_

OWNER = "verify"
Say = Callable[[str], str]
"""Puts a text into the reader's language."""
Compress = Callable[[Run], Mapping[str, Mapping[str, Any]]]
"""The test figures of what other ways to be small make of a run's teacher, by their names."""


WHO = ("teacher", "twin", "student")
WORDS: Mapping[Measure, tuple[int, str]] = {
    "errors": (1, N_("{better} errs less than {worse}")),
    "nll": (4, N_("{better} has a lower NLL than {worse}")),
    "truth": (4, N_("{better} is nearer to the truth than {worse}")),
}
"""Digits after the point, and what a claim says, by what it is about."""


@dataclass(frozen=True)
class MeasuredPreset:
    """A preset's test figures by seed, of `teacher`, `twin`, `student` and each control.

    Attributes:
        errors: on the test images.
        nll: mean negative log-likelihood, nats per image; empty where it was not kept.
        truth: mean divergence from the true probabilities, nats per image; empty where nobody knows them.
    """

    preset: Preset
    seeds: tuple[int, ...]
    errors: dict[str, tuple[int, ...]]
    images: int
    seconds: tuple[float, ...]
    nll: dict[str, tuple[float, ...]] = field(default_factory=dict)
    truth: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def figures(self, measure: Measure) -> Mapping[str, tuple[float, ...]]:
        """What was measured, by who."""
        if measure == "errors":
            return self.errors
        return self.nll if measure == "nll" else self.truth


@dataclass(frozen=True)
class JudgedClaim:
    """A preset's claim, and whether it may be made."""

    claim: Claim
    verdict: Verdict


def judge(measured: Sequence[MeasuredPreset]) -> list[list[JudgedClaim]]:
    """Of each preset, its claims with what may be said of them beside the claims of all others.

    Raises:
        KeyError: a claim is about a measure that was not kept.
    """
    asked = [(one, claim) for one in measured for claim in one.preset.claims]
    differences = [
        compare(
            one.figures(claim.measure)[claim.better],
            one.figures(claim.measure)[claim.worse],
            claim.measure,
            asked="less",
        )
        for one, claim in asked
    ]
    judged = [*zip(asked, claims(differences), strict=True)]
    return [[JudgedClaim(claim, verdict) for (of, claim), verdict in judged if of is one] for one in measured]


def measure(
    preset: Preset,
    seeds: int,
    store: Store,
    *,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    fresh: bool = False,
    compress: Compress | None = None,
) -> MeasuredPreset:
    """Run the preset and its controls with seeds 0 to `seeds` - 1, or find finished runs of the same hash.

    compress: measures what the preset's other ways to be small make of a run's teacher. Seeds vary first weights, batches, which images are taken and noisy labels; the teacher is the same for all.

    Raises:
        RunRefused: a run failed, or nobody can measure the preset's other ways to be small.
    """
    tested: dict[str, list[Mapping[str, Any]]] = {who: [] for who in WHO}
    seconds = []
    for seed in range(seeds):
        main = finished_run(seeded(preset.experiment, seed), preset.name, store, data_folder, watch, fresh)
        for who in WHO:
            tested[who].append(main.results[who])
        seconds.append(sum(v for name, v in main.results["seconds"].items() if name != "students_per_epoch"))
        for name in preset.controls:
            experiment = control(seeded(preset.experiment, seed), name)
            run = finished_run(experiment, f"{preset.name}: {name}", store, data_folder, watch, fresh)
            tested.setdefault(name, []).append(run.results["student"])
        for name, found in _compressed(preset, main, compress).items():
            tested.setdefault(name, []).append(found)
    return MeasuredPreset(
        preset,
        tuple(range(seeds)),
        {who: tuple(found["test_errors"] for found in by_seed) for who, by_seed in tested.items()},
        tested["student"][-1]["test_images"],
        tuple(seconds),
        _by_seed(tested, "test_nll"),
        _by_seed(tested, "test_truth_kl"),
    )


def _compressed(preset: Preset, run: Run, compress: Compress | None) -> Mapping[str, Mapping[str, Any]]:
    """The test figures of the run's teacher made small in each way that the preset claims something of."""
    if not preset.compressed:
        return {}
    if compress is None:
        raise RunRefused(
            f"The preset '{preset.name}' is measured with other ways to be small: {', '.join(preset.compressed)}."
        )
    found = compress(run)
    return {name: found[name] for name in preset.compressed}


def _by_seed(tested: Mapping[str, Sequence[Mapping[str, Any]]], name: str) -> dict[str, tuple[float, ...]]:
    """A figure of everybody by seed; empty where it was not measured."""
    if not all(name in found for by_seed in tested.values() for found in by_seed):
        return {}
    return {who: tuple(found[name] for found in by_seed) for who, by_seed in tested.items()}


def finished_run(
    experiment: Experiment,
    title: str,
    store: Store,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]],
    fresh: bool = False,
) -> Run:
    """A finished run of the experiment: one that is there already, unless a `fresh` one is asked for, or a new one.

    A run that was begun here and interrupted resumes from its checkpoint.

    Raises:
        InvalidExperiment: it has a fault on purpose.
        RunRefused: it did not finish.
    """
    refuse_fault(experiment)
    if not fresh:
        found = store.unchanged_finished(experiment.hash)
        if found is not None:
            return found
    left = [] if fresh else _interrupted(experiment, store)
    run = left[0] if left else store.create(experiment, OWNER, title=title, status="running")
    run = train_run(store, run.id, data_folder=data_folder, watch=watch, search_twin=not fresh)
    if run.status != "finished":
        raise RunRefused(f"The run {run.id} ({title}) did not finish: {run.error or run.status}")
    return run


def _interrupted(experiment: Experiment, store: Store) -> list[Run]:
    """Runs of the experiment that were begun here and can be resumed, the newest first; a killed process leaves its run so."""
    begun = {run.id for run in store.runs(hash=experiment.hash, owner=OWNER)}
    for lease in store.leases():
        if lease.run_id in begun:
            check_lease(store, lease, (), Process.me())
    return [run for run in store.runs(hash=experiment.hash, owner=OWNER) if run.status in RESUMABLE]


def figures_report(measured: MeasuredPreset, say: Say = str) -> str:
    """A few lines for people: what was measured, by seed."""
    told = {"name": measured.preset.name, "seeds": _list(measured.seeds), "n": f"{measured.images:,}"}
    lines = [say(N_("{name}: test errors of {n}, seeds {seeds}")).format(**told)]
    lines += [f"  {say(who):<10} {_list(found)}" for who, found in measured.errors.items()]
    if measured.nll:
        lines.append(say(N_("{name}: NLL on test, nats per image, seeds {seeds}")).format(**told))
        lines += [
            f"  {say(who):<10} {_list([f'{v:.4f}' for v in found])}" for who, found in measured.nll.items()
        ]
    took = ", ".join(f"{s:.1f}" for s in measured.seconds)
    lines.append(say(N_("  seconds a run: {seconds}")).format(seconds=took))
    return "\n".join(lines)


def claims_report(measured: Sequence[MeasuredPreset], say: Say = str) -> str:
    """A line for people per claim, with its mean difference, and the seeds that could tell where it cannot be made."""
    many = sum(len(one.preset.claims) for one in measured)
    lines = [say(N_("Claims, at 5 % in all {n}:")).format(n=many)]
    for one, judged in zip(measured, judge(measured), strict=True):
        lines += [_claim_line(one.preset.name, found, say) for found in judged]
    return "\n".join(lines)


def _claim_line(name: str, found: JudgedClaim, say: Say) -> str:
    claim, verdict = found.claim, found.verdict
    digits, words = WORDS[claim.measure]
    difference = verdict.difference
    template = say(
        N_("  holds: {name}: {what} ({spread})")
        if verdict.holds
        else N_("  FAILS: {name}: {what} ({spread})")
    )
    spread = say(N_("mean difference {mean}, standard error {error}, p {p}")).format(
        mean=f"{difference.mean:+.{digits}f}",
        error=f"{difference.standard_error:.{digits}f}",
        p=f"{difference.p:.2g}",
    )
    if verdict.seeds:
        spread = say(N_("{spread}; {seeds}")).format(spread=spread, seeds=seeds_text(verdict.seeds))
    what = say(words).format(better=say(claim.better), worse=say(claim.worse))
    return template.format(name=name, what=what, spread=spread)


def as_json(measured: Sequence[MeasuredPreset]) -> list[dict[str, Any]]:
    """The same as JSON values, one per preset; `read` reads them back."""
    return [
        {
            "preset": one.preset.name,
            "seeds": [*one.seeds],
            "images": one.images,
            "errors": {who: [*found] for who, found in one.errors.items()},
            "nll": {who: [*found] for who, found in one.nll.items()},
            "truth": {who: [*found] for who, found in one.truth.items()},
            "seconds": [*one.seconds],
            "claims": [_claim_json(found) for found in judged],
            "holds": all(found.verdict.holds for found in judged),
        }
        for one, judged in zip(measured, judge(measured), strict=True)
    ]


def _claim_json(judged: JudgedClaim) -> dict[str, Any]:
    difference = judged.verdict.difference
    error = difference.standard_error
    return asdict(judged.claim) | {
        "differences": [*difference.differences],
        "mean": difference.mean,
        "standard_error": None if math.isnan(error) else error,
        "p": difference.p,
        "holds": judged.verdict.holds,
        "seeds_that_could_tell": judged.verdict.seeds,
    }


def read(values: Iterable[Mapping[str, Any]]) -> list[MeasuredPreset]:
    """What `as_json` wrote. Whether claims hold is judged anew.

    Raises:
        InvalidExperiment: there is no preset of a name.
    """
    return [
        MeasuredPreset(
            preset_named(one["preset"]),
            tuple(one["seeds"]),
            {who: tuple(found) for who, found in one["errors"].items()},
            one["images"],
            tuple(one.get("seconds", ())),
            {who: tuple(found) for who, found in one.get("nll", {}).items()},
            {who: tuple(found) for who, found in one.get("truth", {}).items()},
        )
        for one in values
    ]


def _list(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)

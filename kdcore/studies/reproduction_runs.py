"""A paper's arms run, or found in the store by their hash, seed by seed; kept as JSON, and judged.

What was interrupted goes on where it was. What is measured so far is handed out after every run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdcore.errors import RunRefused
from kdcore.events import Event
from kdcore.installation import assets_folder
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.claims import PaperMeasure, Verdict, claims, compare
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.reproduction import Paper, PaperClaim, Role, Side
from kdcore.studies.reproduction_registry import papers

MEASURED = assets_folder() / "reproductions"
ROLES: tuple[Role, ...] = ("teacher", "twin", "student")
KEPT = (
    "network",
    "parameters",
    "val_errors",
    "test_errors",
    "test_images",
    "test_nll",
    "test_ece",
    "test_agreement",
    "test_kl",
    "fitted_temperature",
    "test_nll_fitted",
    "test_ece_fitted",
)
"""What is kept of a network's results, where it is there."""

Figures = Mapping[str, Any]
"""A network's results by name, as in `KEPT`."""


@dataclass(frozen=True)
class MeasuredRun:
    """One arm at one seed: the results of each network, and how many seconds it trained."""

    networks: Mapping[str, Figures]
    seconds: float


@dataclass(frozen=True)
class MeasuredPaper:
    """What is measured of a paper so far: by arm, its runs by seed."""

    paper: Paper
    runs: Mapping[str, tuple[MeasuredRun, ...]] = field(default_factory=dict)

    @property
    def seeds(self) -> int:
        """How many seeds are measured in every arm."""
        return min(len(self.runs.get(arm, ())) for arm in self.paper.arms)

    @property
    def command(self) -> str:
        """What measures it again."""
        return f"python -m kdcore reproduce {self.paper.name} --seeds {self.seeds}"

    @property
    def images(self) -> int:
        """How many test images there are."""
        return int(self.runs[next(iter(self.paper.arms))][0].networks["student"]["test_images"])

    @property
    def seconds(self) -> float:
        """How long all runs took together."""
        return sum(run.seconds for runs in self.runs.values() for run in runs)

    def figures(self, arm: str, role: Role, measure: PaperMeasure) -> tuple[float, ...]:
        """A network's figure by seed."""
        return tuple(figure(run.networks[role], measure) for run in self.runs.get(arm, ())[: self.seeds])

    def side(self, side: Side, measure: PaperMeasure) -> tuple[float, ...]:
        """One side of a claim by seed."""
        sums = [side.constant] * self.seeds
        for part in side.parts:
            found = self.figures(part.arm, part.role, measure)
            sums = [total + part.share * value for total, value in zip(sums, found, strict=True)]
        return tuple(sums)


@dataclass(frozen=True)
class JudgedPaperClaim:
    """A claim, both sides of it by seed, and whether it may be made beside the paper's other claims."""

    claim: PaperClaim
    less: tuple[float, ...]
    more: tuple[float, ...]
    verdict: Verdict


def figure(found: Figures, measure: PaperMeasure) -> float:
    """A network's figure: errors and disagreements are counted on the test images, the others are nats or shares."""
    match measure:
        case "disagreements":
            return float(round((1 - found["test_agreement"]) * found["test_images"]))
        case _:
            return float(found[f"test_{measure}"])


def measure(
    paper: Paper,
    seeds: int,
    store: Store,
    *,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
) -> Iterator[MeasuredPaper]:
    """Run every arm with seeds 0 to `seeds` - 1, or find it finished; what is known is handed out after every run.

    Raises:
        RunRefused: no seed, or a run did not finish.
        DataUnavailable: the images are not here.
    """
    if seeds < 1:
        raise RunRefused(f"--seeds {seeds}: a figure is measured with one seed or more.")
    runs: dict[str, tuple[MeasuredRun, ...]] = {}
    for seed in range(seeds):
        for arm in paper.arms:
            experiment, title = paper.experiment(arm, seed), f"{paper.title}: {arm}"
            run = finished_run(experiment, title, store, data_folder, watch)
            if _lacks(run, paper, arm):
                run = finished_run(experiment, title, store, data_folder, watch, fresh=True)
            runs[arm] = (*runs.get(arm, ()), _measured(run))
            yield MeasuredPaper(paper, dict(runs))


def _lacks(run: Run, paper: Paper, arm: str) -> bool:
    """Whether a run was stored before something that the paper's claims are about was measured."""
    for claim in paper.claims:
        name = "test_agreement" if claim.measure == "disagreements" else f"test_{claim.measure}"
        for part in (*claim.less.parts, *claim.more.parts):
            if part.arm == arm and name not in run.results[part.role]:
                return True
    return False


def _measured(run: Run) -> MeasuredRun:
    networks: dict[str, Figures] = {
        role: {name: run.results[role][name] for name in KEPT if name in run.results[role]}
        for role in ROLES
        if role in run.results
    }
    seconds = run.results["seconds"]
    return MeasuredRun(networks, sum(v for name, v in seconds.items() if name != "students_per_epoch"))


def judge(measured: MeasuredPaper) -> list[JudgedPaperClaim]:
    """Every claim of the paper, corrected for all of them together; none before one seed is whole."""
    if not measured.seeds:
        return []
    sides = [
        (measured.side(claim.less, claim.measure), measured.side(claim.more, claim.measure))
        for claim in measured.paper.claims
    ]
    differences = [
        compare(less, more, claim.measure, "less")
        for claim, (less, more) in zip(measured.paper.claims, sides, strict=True)
    ]
    return [
        JudgedPaperClaim(claim, less, more, verdict)
        for claim, (less, more), verdict in zip(
            measured.paper.claims, sides, claims(differences), strict=True
        )
    ]


# ---- as JSON --------------------------------------------------------------------------------------------------------


def as_json(measured: MeasuredPaper) -> dict[str, Any]:
    """What was measured as one JSON value, with its claims as they are judged now."""
    return {
        "paper": measured.paper.name,
        "command": measured.command,
        "arms": {
            arm: {
                "experiment": measured.paper.experiments[arm].model_dump(mode="json"),
                "runs": [{**run.networks, "seconds": round(run.seconds, 1)} for run in runs],
            }
            for arm, runs in measured.runs.items()
        },
        "claims": [
            {
                "says": one.claim.says,
                "measure": one.claim.measure,
                "less": one.less,
                "more": one.more,
                "mean": one.verdict.difference.mean,
                "p": one.verdict.difference.p,
                "holds": one.verdict.holds,
            }
            for one in judge(measured)
        ],
    }


def read(told: Mapping[str, Any]) -> MeasuredPaper:
    """What `as_json` wrote; its claims are judged anew.

    Raises:
        RunRefused: there is no such paper.
    """
    runs = {
        arm: tuple(
            MeasuredRun({role: run[role] for role in ROLES if role in run}, run["seconds"])
            for run in one["runs"]
        )
        for arm, one in told["arms"].items()
    }
    return MeasuredPaper(papers()[told["paper"]], runs)


def kept(folder: Path = MEASURED) -> list[MeasuredPaper]:
    """The reproductions that come with the program, in the papers' order."""
    found = {path.stem: path for path in folder.glob("*.json")}
    return [read(json.loads(found[name].read_text(encoding="utf-8"))) for name in papers() if name in found]

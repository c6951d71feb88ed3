"""A reproduction as tables and sentences: the paper's claims beside what was measured here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from kdcore.studies.claims import PaperMeasure, seeds_text
from kdcore.studies.reproduction import Role
from kdcore.studies.reproduction_runs import Figures, JudgedPaperClaim, MeasuredPaper, figure, judge
from kdcore.texts import N_, signed

Say = Callable[[str], str]
"""Translates a marked text."""

MEASURES: dict[PaperMeasure, str] = {
    "errors": N_("test errors"),
    "nll": N_("NLL"),
    "ece": N_("ECE"),
    "disagreements": N_("unlike its teacher"),
    "kl": N_("KL from its teacher"),
}
SHOWN: tuple[PaperMeasure, ...] = ("errors", "nll", "ece", "disagreements", "kl")
ROLE_NAMES: dict[Role, str] = {
    "teacher": N_("teacher"),
    "twin": N_("labels only (its twin)"),
    "student": N_("student"),
}


def spread(values: Sequence[float], measure: PaperMeasure) -> str:
    """Mean and standard deviation over the seeds; the value alone where there is one or all are the same."""
    places = 0 if measure in ("errors", "disagreements") else 3
    text = f"{statistics.fmean(values):,.{places}f}"
    return text if len(set(values)) == 1 else f"{text} ± {statistics.stdev(values):,.{places}f}"


def claim_table(measured: MeasuredPaper, say: Say = str) -> list[list[str]]:
    """The head, and a row per claim: the claim, the paper's figures, ours on both sides, the difference, the verdict."""
    head = [N_("the paper's claim"), N_("the paper"), N_("here"), N_("difference"), N_("verdict")]
    return [[say(text) for text in head], *(_claim_row(one, say) for one in judge(measured))]


def _claim_row(one: JudgedPaperClaim, say: Say) -> list[str]:
    claim, difference = one.claim, one.verdict.difference
    both = say(N_("{measure}: {less} {first}, {more} {second}")).format(
        measure=say(MEASURES[claim.measure]),
        less=say(claim.less.label),
        first=spread(one.less, claim.measure),
        more=say(claim.more.label),
        second=spread(one.more, claim.measure),
    )
    places = 0 if claim.measure in ("errors", "disagreements") else 3
    gap = signed(difference.mean, places)
    if len(difference.differences) > 1:
        gap += f" ± {difference.standard_error:,.{places}f}"
    paper = say(N_("{text} ({more})")).format(text=say(claim.paper), more=say(claim.source))
    return [say(claim.says), paper, both, gap, verdict_text(one, say)]


def verdict_text(one: JudgedPaperClaim, say: Say = str) -> str:
    """Holds or fails; where it fails, on which side our figures are, and how many seeds could tell."""
    if one.verdict.holds:
        return say(N_("holds"))
    if one.verdict.difference.mean >= 0:
        return say(N_("fails: not even the sign is the paper's"))
    more = seeds_text(one.verdict.seeds, say)
    text = say(N_("fails: the sign is the paper's, these seeds cannot tell"))
    return say(N_("{text} ({more})")).format(text=text, more=more) if more else text


def network_table(measured: MeasuredPaper, say: Say = str) -> list[list[str]]:
    """The head, and a row per network with everything that was measured of it; networks that are the same stand once."""
    rows: list[list[str]] = []
    known: set[tuple[str, ...]] = set()
    named = say(N_("{name}: {what}"))
    for arm, role, networks in _networks(measured):
        cells = [_cell(networks, measure) for measure in SHOWN]
        if role != "student" and (role, networks[0]["network"], *cells) in known:
            continue
        known.add((role, networks[0]["network"], *cells))
        name = say(arm) if role == "student" else named.format(name=say(arm), what=say(ROLE_NAMES[role]))
        rows.append([name, networks[0]["network"], *cells])
    return [[say(N_("arm")), say(N_("network")), *(say(MEASURES[measure]) for measure in SHOWN)], *rows]


def _networks(measured: MeasuredPaper) -> Iterator[tuple[str, Role, list[Figures]]]:
    for role in ROLE_NAMES:
        for arm in measured.paper.arms:
            runs = measured.runs.get(arm, ())[: measured.seeds]
            if runs and all(role in run.networks for run in runs):
                yield arm, role, [run.networks[role] for run in runs]


def _cell(networks: Sequence[Figures], measure: PaperMeasure) -> str:
    name = "test_agreement" if measure == "disagreements" else f"test_{measure}"
    if not all(name in found for found in networks):
        return ""
    return spread([figure(found, measure) for found in networks], measure)


def summary(measured: MeasuredPaper, say: Say = str) -> str:
    """How many claims hold, with how many seeds, on how many test images."""
    judged = judge(measured)
    return say(
        N_(
            "{held} of {n} claims hold, by a paired test at 5 % in all (seeds: {seeds}). Counts are of {images} test images; "
            "mean ± standard deviation over the seeds, of differences the standard error."
        )
    ).format(
        held=sum(one.verdict.holds for one in judged),
        n=len(judged),
        seeds=measured.seeds,
        images=f"{measured.images:,}",
    )


def report(measured: MeasuredPaper) -> Iterator[list[list[str]] | str]:
    """Tables (head and lines) and sentences for people."""
    yield f"{measured.paper.citation}\n{measured.paper.asks}"
    yield claim_table(measured)
    yield network_table(measured)
    yield summary(measured)
    yield "\n".join([N_("What differs from the paper:"), *(f"- {text}" for text in measured.paper.differs)])

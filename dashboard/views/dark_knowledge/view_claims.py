"""What each view shows in one line, from the numbers that are measured here: the steps of the path through the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.network_metrics import (
    agreements,
    beliefs_and_right,
    class_recalls,
    disagreements,
    mistakes,
    most_alike,
    risk_coverages,
)
from dashboard.data.omitted_class_bias import own_images, recalls
from dashboard.text.numbers import grouped, percent, percentage
from dashboard.text.translation import _, listing, ngettext
from dashboard.url.parameters import OMITTED_CLASSES
from dashboard.views.dark_knowledge.costs import network_facts
from dashboard.views.dark_knowledge.risk_coverage import telling_share

A_NAME = re.compile(r"[a-z]+-\w")
"""How a trained teacher's name begins, such as digits-mlp-300: it is written alike everywhere."""


@dataclass(frozen=True)
class Claimed:
    """What claims are made of: the networks, the temperature, and the classes that their run left out."""

    compared: ComparedNetworks
    temperature: float
    omitted: tuple[int, ...] = ()

    @property
    def last(self) -> str:
        """The network that most claims are about, in a sentence: the student where there is one."""
        return self.compared.spoken[-1]

    @property
    def first(self) -> str:
        """The network that the others are compared with."""
        return self.compared.spoken[0]


def claim(view: str, about: Claimed) -> str:
    """The view's claim, begun with a capital unless a name stands there; empty where nothing can be said."""
    text = CLAIMS[view](about)
    return text if A_NAME.match(text) else text[:1].upper() + text[1:]


def _at(temperature: float) -> str:
    """A temperature in a claim, on one line."""
    return f"T\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{temperature:g}"


def _similarity(about: Claimed) -> str:
    a, b, value = most_alike(about.compared, about.temperature)
    classes = about.compared.classes
    sentence = _("{a} and {b} look alike to {network} at {T}: {value}")
    return sentence.format(
        a=classes[a], b=classes[b], network=about.first, T=_at(about.temperature), value=f"{value:.2f}"
    )


def _confusions(about: Claimed) -> str:
    commonest = mistakes(about.compared)
    if not commonest:
        return _("nobody makes a mistake")
    label, answer = (about.compared.classes[c] for c in commonest[0].cell)
    n = max(commonest[0].counts)
    by = about.compared.spoken[commonest[0].counts.index(n)]
    return ngettext(
        "{network} takes {label} for {answer}: {n} time",
        "{network} takes {label} for {answer}: {n} times",
        n,
    ).format(label=label, answer=answer, n=grouped(n), network=by)


def _fidelity(about: Claimed) -> str:
    if len(about.compared.shown) < 2:
        return _("compares two networks")
    share = percent(agreements(about.compared)[-1], about.compared.count)
    return _("{network} answers like {first} on {share}").format(
        network=about.last, first=about.first, share=share
    )


def _calibration(about: Claimed) -> str:
    belief, right = beliefs_and_right(about.compared)[-1]
    n = about.compared.count
    return _("at {T} {network} believes {belief} and is right on {right}").format(
        T=_at(1), network=about.last, belief=percent(belief, n), right=percent(right, n)
    )


def _coverage(about: Claimed) -> str:
    found = risk_coverages(about.compared)
    share = telling_share(found)
    wrong = percent(float(found[-1].risk[found[-1].place(share)]), about.compared.count)
    return _("on the {share} of which it is surest, {network} errs on {wrong}").format(
        share=percentage(share, 0), network=about.last, wrong=wrong
    )


def _classes(about: Claimed) -> str:
    found = class_recalls(about.compared)[-1]
    name, share, images = min(
        zip(about.compared.classes, *found, strict=True), key=lambda one: one[1] if one[2] else 2.0
    )
    return _("{name} is hardest: {network} finds {share}").format(
        name=name, network=about.last, share=percent(share, images)
    )


def _map(about: Claimed) -> str:
    if len(about.compared.shown) < 2:
        return _("where its features put the images")
    n = disagreements(about.compared)
    return ngettext(
        "{network} and {first} differ on {n} image", "{network} and {first} differ on {n} images", n
    ).format(n=grouped(n), network=about.last, first=about.first)


def _costs(about: Claimed) -> str:
    first, last = (network_facts(about.compared.shown[k]) for k in (0, -1))
    if first is None or last is None or not first.parameters or not last.parameters:
        return ""  # recorded answers have no network, and no size
    if len(about.compared.shown) < 2:
        return _("{n} parameters").format(n=grouped(last.parameters))
    times = first.parameters / last.parameters
    if times < 1.05:
        return _("{network} is no smaller than {first}").format(network=about.last, first=about.first)
    return _("{network} is {times} times smaller than {first}").format(
        network=about.last, times=f"{times:.2g}", first=about.first
    )


def _omitted(about: Claimed) -> str:
    images = sum(own_images(about.compared, about.omitted))
    found = recalls(about.compared, about.omitted, (0.0,) * len(about.omitted))[-1]
    names = listing(about.compared.classes[c] for c in about.omitted)
    return _("{network} was shown no {names} and finds {right} of {images}").format(
        network=about.last, names=names, right=grouped(images - found.omitted_errors), images=grouped(images)
    )


CLAIMS: Mapping[str, Callable[[Claimed], str]] = {
    "similarity": _similarity,
    "confusions": _confusions,
    "fidelity": _fidelity,
    "calibration": _calibration,
    "coverage": _coverage,
    "classes": _classes,
    "map": _map,
    "costs": _costs,
    OMITTED_CLASSES: _omitted,
}

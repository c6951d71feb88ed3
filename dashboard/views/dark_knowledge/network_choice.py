"""Which networks are compared: a run's, or the teachers that the link names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.components import network_picker
from dashboard.data import dataset_choices, trained_teachers
from dashboard.data.run_titles import run_title
from dashboard.data.screen import Screen, show_networks, show_run_networks
from dashboard.session import Key
from dashboard.text.translation import _, listing
from dashboard.url.parameters import Param
from dashboard.views.dark_knowledge.view_state import forget_clicks

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel
    from kdcore.runs.run_record import Run


FIRST_DATASETS = ("mnist", "digits", "drawn", "shapes")


def choose_networks(screen: Screen, problems: list[str]) -> tuple[InferenceModel, ...]:
    """Draw the picker; the networks that the link names, a run's or teachers', none where the run's have no weights here."""
    run_networks = network_picker.of_run(screen.run)
    teachers = trained_teachers.trained_networks()
    offered = _offered(teachers, screen.run if run_networks else None)
    if screen.run and not run_networks:
        chosen = f"run:{screen.run.id}"
        offered[chosen] = run_title(
            screen.run
        )  # as when it is tested: the browser keeps a chosen option's words
        network_picker.picker(Key.NETWORKS, offered, chosen, _show_networks)
        return ()
    return network_picker.pick(
        screen, Key.NETWORKS, offered, teachers, run_networks, problems, _show_networks
    )


def _offered(teachers: Sequence[InferenceModel], shown: Run | None) -> dict[str, str]:
    """What can be compared, by its value in the link: groups of teachers of the same images, each teacher, then tested runs."""
    available = {entry.name: entry for entry in dataset_choices.datasets() if entry.available}
    comparable: dict[tuple[object, ...], list[InferenceModel]] = {}
    for network in teachers:
        if network.dataset in available:
            comparable.setdefault(network.knows, []).append(network)
    offered: dict[str, str] = {}
    for group in sorted(comparable.values(), key=lambda group: _dataset_order(group[0].dataset)):
        dataset = _(available[group[0].dataset].title)
        for together in trained_teachers.side_by_side(group):
            title = _("{dataset}: {n} teachers side by side").format(dataset=dataset, n=len(together))
            if title in offered.values() or together[-1].is_recorded:
                title = _("{name}: {what}").format(
                    name=title, what=listing(network.title for network in together)
                )
            offered[",".join(network.key for network in together)] = title
        offered |= {
            network.key: _("{name}: {what}").format(name=dataset, what=network.title) for network in group
        }
    return offered | network_picker.finished_runs(shown, lambda _run: True)


def _dataset_order(dataset: str) -> int:
    return FIRST_DATASETS.index(dataset) if dataset in FIRST_DATASETS else len(FIRST_DATASETS)


def _show_networks(chosen: str | None) -> None:
    gone: dict[str, None] = dict.fromkeys((Param.CELL, Param.CONTROL, Param.BIAS))
    kind, _colon, run_id = (chosen or "").partition(":")
    if kind == "run":
        show_run_networks(run_id, **gone)
    else:
        show_networks(chosen, **gone)
    forget_clicks()

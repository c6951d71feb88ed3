"""A twin that a finished run trained is taken over by a later one, and is to the last bit what training it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from kdcore.events import Checkpoint, Command, Event, HotChange
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store

BASE = Experiment.from_flat(
    {
        "count": 60,
        "epochs": 3,
        "batch_size": 20,
        "student": "cnn-small",
        "teacher": "digits-mlp-300",
        "threads": 1,
    }
)


def trained(store: Store, experiment: Experiment = BASE, *, search: bool = True, **changes: Any) -> Run:
    run = store.create(experiment.with_flat(**changes), "somebody", status="running")
    run = train_run(store, run.id, data_folder=store.folder, search_twin=search)
    assert run.status == "finished", run.error
    return run


def curves_of(store: Store, run: Run, role: str) -> list[tuple[Any, ...]]:
    return [point[1:] for point in store.points(run.id) if point.role == role]


def snapshots_of(store: Store, run: Run, role: str) -> list[dict[str, Any]]:
    return [e.payload for e in store.events(run.id) if e.kind == "Snapshot" and e.payload["role"] == role]


def figures_of(run: Run, role: str) -> dict[str, Any]:
    return {name: value for name, value in run.results[role].items() if name != "latency"}


def same_weights(store: Store, first: Run, second: Run, role: str) -> bool:
    paths = [store.run_folder(run.id) / f"{role}.safetensors" for run in (first, second)]
    return paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 9.0},
        {"method": "mutual-learning"},
        {"method": "hint", "teacher": "cnn-small", "teacher_epochs": 1},
        {"method": "labels-only", "student": "resnet8", "epochs": 1},
        {"student": "mlp-500", "shift": 1, "mixup": 0.3, "hidden_labels": 0.2, "keep": "best"},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)
def test_a_found_twin_and_its_student_are_what_training_both_gives(
    changes: dict[str, Any], store: Store
) -> None:
    around = {name: value for name, value in changes.items() if name not in ("method", "temperature")}
    source = trained(store, **around)
    taking = trained(store, **changes)
    assert taking.results["twin_run"] == source.id
    alone = trained(store, **changes, search=False)
    assert "twin_run" not in alone.results
    assert taking.results["twin_hash"] == alone.results["twin_hash"]
    for role in ("twin", "student"):
        assert same_weights(store, taking, alone, role)
        assert figures_of(taking, role) == figures_of(alone, role)
        assert curves_of(store, taking, role) == curves_of(store, alone, role)
        assert snapshots_of(store, taking, role) == snapshots_of(store, alone, role)
    assert len(curves_of(store, taking, "twin")) > 10
    assert [e.payload for e in store.events(taking.id) if e.kind == "TwinFound"] == [{"run": source.id}]


def test_a_twin_of_other_batches_or_of_a_changed_run_is_not_taken(store: Store) -> None:
    source = trained(store)
    others: list[dict[str, Any]] = [{"order_seed": 1}, {"epochs": 2}, {"count": 61}, {"label_smoothing": 0.1}]
    for changes in others:
        assert "twin_run" not in trained(store, **changes).results, changes
    store.record(source.id, [HotChange(1, 0.1, "temperature", 2.0)])
    assert "twin_run" not in trained(store, temperature=2.0).results


def test_where_twin_and_student_depend_on_each_other_both_are_trained(store: Store) -> None:
    for changes in ({"student": "mlp-20"}, {"early_stop": 2}):
        for temperature in (1.0, 2.0):
            results = trained(store, **changes, temperature=temperature).results
            assert not {"twin_run", "twin_hash"} & results.keys(), changes


def test_the_pictures_of_a_found_twin_are_of_its_last_weights(store: Store) -> None:
    changes: dict[str, Any] = {"method": "attention-transfer", "teacher": "cnn-small", "teacher_epochs": 1}
    trained(store, teacher="cnn-small", teacher_epochs=1)
    taking, alone = trained(store, **changes), trained(store, **changes, search=False)
    assert "twin_run" in taking.results
    last = [
        [e.payload for e in store.events(run.id) if e.kind == "Pictures" and e.payload["role"] == "twin"][-1]
        for run in (taking, alone)
    ]
    assert last[0] == last[1]


def test_a_run_that_took_a_twin_over_resumes_with_it(store: Store) -> None:
    trained(store)
    whole = trained(store, temperature=2.0)
    run = store.create(BASE.with_flat(temperature=2.0), "somebody", status="running")
    store.command(run.id, Command("pause"))

    def killed_at_the_pause(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            yield event
            if isinstance(event, Checkpoint) and event.step == 0:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_run(store, run.id, data_folder=store.folder, watch=killed_at_the_pause)
    assert store.run(run.id).status == "lost"
    store.delete(whole.results["twin_run"])
    store.purge([whole.results["twin_run"]])
    resumed = train_run(store, run.id, data_folder=store.folder)
    assert resumed.status == "finished", resumed.error
    assert resumed.results["twin_run"] == whole.results["twin_run"]
    for role in ("twin", "student"):
        assert same_weights(store, resumed, whole, role)
        assert [p for p in curves_of(store, resumed, role) if p[4].startswith("val_")] == [
            p for p in curves_of(store, whole, role) if p[4].startswith("val_")
        ]

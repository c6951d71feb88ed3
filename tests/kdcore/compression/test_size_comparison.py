"""A run's networks beside other ways to be small: what is measured is what the files answer, and zeros stay zeros."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kdcore import networks
from kdcore.compression import kept_comparison
from kdcore.compression.pruned_network import fine_tune, nonzero, prune_smallest, weights_left
from kdcore.compression.size_comparison import INT8, PRUNED, WHOLE, Measuring, compare_sizes
from kdcore.compression.small_network import SmallNetwork
from kdcore.data import datasets
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.studies.presets import preset

SHORT = preset("digits-100").experiment.with_flat(epochs=3)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    store = Store(tmp_path_factory.mktemp("sizes") / "runs")
    one = store.create(SHORT, "test", title="", status="running")
    train_run(store, one.id, data_folder=store.folder)
    found = read(store, one.id)
    store.close()
    return found


@pytest.fixture(scope="module")
def found(record: RecordedRun) -> list[Measuring | SmallNetwork]:
    return [*compare_sizes(record, record.folder)]


def test_every_network_stands_beside_its_int8_and_the_teacher_beside_its_pruned_self(
    record: RecordedRun, found: list[Measuring | SmallNetwork]
) -> None:
    rows = {(row.role, row.how): row for row in found if isinstance(row, SmallNetwork)}
    assert {*rows} == {(role, how) for role in ("teacher", "twin", "student") for how in (WHOLE, INT8)} | {
        ("teacher", PRUNED)
    }
    for role in ("teacher", "twin", "student"):
        whole, small = rows[role, WHOLE], rows[role, INT8]
        tested = record.run.results[role]
        assert whole.errors == tested["test_errors"]
        assert whole.nll == pytest.approx(tested["test_nll"], abs=1e-4)
        assert whole.weights == tested["parameters"]
        assert abs(small.errors - whole.errors) <= 5
        assert small.errors != whole.errors or small.nll != whole.nll, "it is another network"
    assert rows["teacher", INT8].bytes < 0.5 * rows["teacher", WHOLE].bytes
    pruned = rows["teacher", PRUNED]
    assert pruned.weights <= rows["student", WHOLE].weights
    assert pruned.weights > 0.98 * rows["student", WHOLE].weights
    assert pruned.packed < 0.5 * rows["teacher", WHOLE].packed, "zeros cost next to nothing"
    assert all(0 < row.seconds[1] < row.seconds[128] * 20 for row in rows.values())


def test_it_says_what_it_does_and_how_far_the_training_is(found: list[Measuring | SmallNetwork]) -> None:
    steps = [step for step in found if isinstance(step, Measuring)]
    assert steps[0].what.format(role=steps[0].role) == "Measuring the teacher"
    training = [step.done for step in steps if step.what == "Training the pruned {role} on"]
    assert training == sorted(training)
    assert training[-1] == 1.0


def test_what_is_pruned_are_the_smallest_weights_and_they_stay_zero_while_the_others_learn() -> None:
    dataset = datasets.load("digits", download=False)
    network = networks.build("mlp-30", dataset.shape, 10, seed=0)
    before = copy.deepcopy(network.state_dict())
    prune_smallest(network, 500)
    masks = {name: mask == 0 for name, mask in network.named_buffers()}
    zero = {name.removesuffix("_mask"): mask for name, mask in masks.items()}
    left = torch.cat([before[name][~zero[name]].abs() for name in zero])
    gone = torch.cat([before[name][zero[name]].abs() for name in zero])
    assert gone.max() <= left.min()
    [*shares] = fine_tune(network, dataset, SHORT.with_flat(epochs=2))
    after = weights_left(network)
    assert shares[-1] == 1.0
    assert not any(after[name][where].any() for name, where in zero.items())
    assert any((after[name] != before[name])[~where].any() for name, where in zero.items())
    assert nonzero(after) <= 500


def test_a_run_that_was_not_tested_or_has_no_teacher_is_refused(record: RecordedRun) -> None:
    untested = replace(record, run=replace(record.run, results={}, status="failed"))
    with pytest.raises(RunRefused, match="Let it finish first"):
        next(compare_sizes(untested, record.folder))
    alone = replace(
        record,
        run=replace(
            record.run,
            experiment=Experiment(),
            results={k: v for k, v in record.run.results.items() if k != "teacher"},
        ),
    )
    with pytest.raises(RunRefused, match="nothing to prune"):
        next(compare_sizes(alone, record.folder))


def test_what_was_measured_is_found_again_as_it_was(
    found: list[Measuring | SmallNetwork], tmp_path: Path
) -> None:
    rows = [row for row in found if isinstance(row, SmallNetwork)]
    assert kept_comparison.kept(tmp_path) == []
    kept_comparison.keep(tmp_path, rows)
    assert kept_comparison.kept(tmp_path) == rows
    assert np.isfinite(rows[0].nll)

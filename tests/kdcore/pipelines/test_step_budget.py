"""Steps of an epoch and in all, as the loop takes them."""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.pipelines.step_budget import StepBudget, step_budget


def budget(**fields: object) -> StepBudget:
    return step_budget(Experiment().with_flat(**fields), 1_077)


def test_a_large_batch_leaves_one_step_an_epoch() -> None:
    assert budget(count=100, batch_size=4096, epochs=3) == StepBudget(3, 1, 100, exact=True)
    assert budget(count=100, batch_size=4096, epochs=3).few


def test_the_last_batch_of_an_epoch_counts_however_small() -> None:
    assert budget(count=None, batch_size=64, epochs=40) == StepBudget(680, 17, 64, exact=True)
    assert not budget(count=None, batch_size=64, epochs=40).few
    assert budget(count=None, fraction=0.05, batch_size=64, epochs=600).steps == 600


def test_where_the_images_are_not_counted_it_says_so() -> None:
    assert not budget(count=None, omit=(3,)).exact
    assert budget(count=100, omit=(3,)).exact
    assert not budget(count=None, train_on_validation=True).exact

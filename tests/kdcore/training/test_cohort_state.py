"""A cohort's state in a checkpoint: the names under which its tensors are stored, and reading them again."""

from __future__ import annotations

import pytest
import torch

from kdcore.training.cohort_state import CohortState, NetworkState, StateKey
from kdcore.training.members import NetworkRef

STATE = CohortState(
    {
        NetworkRef(0, "student"): NetworkState({"layers.0.weight": torch.ones(2)}),
        NetworkRef(1, "adapter:group 1"): NetworkState(
            {"weight": torch.zeros(3)}, {"exp_avg": {"weight": torch.full((3,), 2.0)}}
        ),
    },
    {1: {"labels corrected by the teacher": torch.arange(4)}},
)
ROLES = ["twin-0", "student-0"]


def test_tensors_keep_the_names_that_stored_checkpoints_have() -> None:
    tensors = STATE.to_tensors(ROLES)
    assert set(tensors) == {
        "twin-0/student/weights/layers.0.weight",
        "student-0/adapter:group 1/weights/weight",
        "student-0/adapter:group 1/optimiser/exp_avg/weight",
        "student-0//notes/labels corrected by the teacher",
    }
    assert CohortState.from_tensors(tensors, ROLES).to_tensors(ROLES).keys() == tensors.keys()
    again = CohortState.from_tensors(tensors, ROLES)
    assert torch.equal(
        again.optimiser(NetworkRef(1, "adapter:group 1"))["exp_avg"]["weight"], torch.full((3,), 2.0)
    )
    assert torch.equal(again.notes[1]["labels corrected by the teacher"], torch.arange(4))
    assert again.weights(NetworkRef(0, "peer")) == {}


@pytest.mark.parametrize("text", ["twin/student/gradient/weight", "weight", "twin/student/weights"])
def test_a_name_that_no_cohort_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no tensor of a cohort"):
        StateKey.parse(text)

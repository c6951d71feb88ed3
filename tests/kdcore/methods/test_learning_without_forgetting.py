"""Learning new classes: nothing is learned from images of old ones, and the old network's answers keep what they know."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax
from torch import Tensor

from kdcore.errors import NetworkRefused
from kdcore.events import Event, Finished, Measured, NoCommands
from kdcore.experiment import Experiment
from kdcore.methods import learning_without_forgetting as method
from kdcore.methods.stages import stages_of
from kdcore.pipelines.checks import check
from kdcore.pipelines.experiment_pipeline import run
from kdcore.plan import Batch, Figure, Labels, Output, Stage, Term

DIGITS = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 500,
        "batch_size": 100,
        "epochs": 40,
        "learning_rate": 0.02,
        "student": "mlp-30",
        "method": "learning-without-forgetting",
        "threads": 1,
    }
)

OLD, CLASSES = 3, 7
INDEX = torch.tensor([0, 3, 2, 6, 5, 1, 4, 3])
IS_NEW = INDEX >= OLD


def stages(**parameters: float) -> list[Stage]:
    return stages_of(DIGITS.with_flat(parameters={"old": OLD, **parameters}))


def batch(labels: Labels, members: int = 2) -> Batch:
    drawn = torch.Generator().manual_seed(4)
    said = {
        name: Output(
            torch.randn(members, len(INDEX), CLASSES, generator=drawn, dtype=torch.float64).requires_grad_()
        )
        for name in ("student", method.FORGETFUL, method.OLD)
    }
    settings = torch.ones(members), torch.ones(members)
    return Batch(torch.zeros(len(INDEX), 1, 2, 2), labels, said, *settings, {}, {}, 0.0)


def loss(stage: Stage, seen: Batch, network: str) -> Tensor:
    terms = [t for t in stage.objective(seen) if isinstance(t, Term) and t.network == network]
    return torch.stack([t.scale * t.raw for t in terms]).sum()


def learned_from(stage: Stage, seen: Batch, network: str) -> Tensor:
    """Which images of the batch a network learns from, [K, N]."""
    logits = seen.outputs[network].logits
    (gradient,) = torch.autograd.grad(loss(stage, seen, network), logits, allow_unused=True)
    return gradient.abs().sum(dim=-1) > 0


@pytest.mark.parametrize("among", [0, 1])
@pytest.mark.parametrize("network", ["student", method.FORGETFUL])
def test_nothing_is_learned_from_images_of_old_classes(network: str, among: float) -> None:
    new = stages(labels_among=among)[-1]
    assert learned_from(new, batch(Labels(INDEX)), network).equal(IS_NEW.expand(2, -1))
    each = torch.stack([INDEX, INDEX.flip(0)])
    assert learned_from(new, batch(Labels(each)), network).equal(each >= OLD), "labels of each member's own"


@pytest.mark.parametrize("network", ["student", method.FORGETFUL])
def test_an_image_that_may_show_an_old_class_is_left_alone(network: str) -> None:
    new = stages()[-1]
    mixed = Labels(INDEX, other=INDEX.flip(0), share=0.75)
    assert learned_from(new, batch(mixed), network).equal((IS_NEW & IS_NEW.flip(0)).expand(2, -1))
    known = torch.arange(len(INDEX)) % 2 == 1
    hidden = Labels(INDEX, known=known)
    assert learned_from(new, batch(hidden), network).equal((IS_NEW & known).expand(2, -1))


def test_the_old_network_learns_the_old_classes_alone() -> None:
    old, seen = stages()[0], batch(Labels(INDEX))
    assert learned_from(old, seen, method.OLD).equal(~IS_NEW.expand(2, -1))
    (gradient,) = torch.autograd.grad(loss(old, seen, method.OLD), seen.outputs[method.OLD].logits)
    assert not gradient[..., OLD:].any(), "the outputs of the new classes stay as they are"


@pytest.mark.parametrize(("among", "first"), [(0, OLD), (1, 0)])
def test_the_loss_is_that_of_the_paper(among: float, first: int) -> None:
    seen = batch(Labels(INDEX))
    z, v = (seen.outputs[name].logits.detach().numpy() for name in ("student", method.OLD))
    found = {
        (t.network, t.name): t.raw.detach().numpy()
        for t in stages(labels_among=among)[-1].objective(seen)
        if isinstance(t, Term)
    }
    for k in range(2):
        hard, soft = [], []
        for n in np.flatnonzero(IS_NEW.numpy()):
            hard.append(-log_softmax(z[k, n, first:])[int(INDEX[n]) - first])
            p = softmax(v[k, n, :OLD] / 2)
            soft.append(np.sum(p * (np.log(p) - log_softmax(z[k, n, :OLD] / 2))))
        assert found["student", "labels of new classes"][k] == pytest.approx(np.mean(hard))
        assert found["student", "old answers"][k] == pytest.approx(np.mean(soft))
    assert (method.FORGETFUL, "old answers") not in found


def test_shares_right_are_those_of_a_count() -> None:
    seen = batch(Labels(INDEX))
    figures = {
        f.name: f.value
        for f in stages()[-1].objective(seen)
        if isinstance(f, Figure) and f.network == "student"
    }
    z = seen.outputs["student"].logits.detach()
    for half, low, high in (("old", 0, OLD), ("new", OLD, CLASSES)):
        images = [n for n in range(len(INDEX)) if low <= INDEX[n] < high]
        for k in range(2):
            among_all = [int(z[k, n].argmax() == INDEX[n]) for n in images]
            told = [int(low + z[k, n, low:high].argmax() == INDEX[n]) for n in images]
            assert figures[f"{half} classes right"][k] == pytest.approx(np.mean(among_all))
            assert figures[f"{half} classes right, told they are {half}"][k] == pytest.approx(np.mean(told))


def test_a_batch_of_one_half_says_nothing_of_the_other() -> None:
    seen = batch(Labels(torch.full_like(INDEX, OLD)))
    figures = {f.name: f.value for f in stages()[-1].objective(seen) if isinstance(f, Figure)}
    assert figures["old classes right"].isnan().all()
    assert figures["new classes right"].isfinite().all()
    alone = batch(Labels(torch.zeros_like(INDEX)))
    for name in ("student", method.FORGETFUL):
        assert not learned_from(stages()[-1], alone, name).any()
        assert math.isfinite(loss(stages()[-1], alone, name).item())


@pytest.mark.parametrize(("classes", "asked", "expected"), [(10, 0, 5), (7, 0, 4), (10, 8, 8), (3, 0, 2)])
def test_half_of_the_classes_are_old(classes: int, asked: float, expected: int) -> None:
    assert method.old_classes(asked, classes) == expected


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"parameters": {"old": 1}}, "two old classes and a new one"),
        ({"parameters": {"old": 10}}, "two old classes and a new one"),
        ({"omit": (0, 1, 2, 3, 4)}, "leaves out all old or all new classes"),
        ({"omit": (5, 6, 7, 8, 9)}, "leaves out all old or all new classes"),
        ({"hidden_labels": 1.0}, "needs labels"),
    ],
)
def test_where_there_is_nothing_to_forget_it_is_refused(
    changes: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(NetworkRefused, match=sentence):
        check(DIGITS.with_flat(**changes), data_folder=tmp_path, runs_folder=tmp_path)


def test_two_classes_are_refused() -> None:
    shapes = {"student": {"logits": (2,)}}
    assert "Of 2 classes 1 are old" in stages_of(DIGITS)[-1].refuses(shapes)


def events(folder: Path, **changes: Any) -> list[Event]:
    experiment = DIGITS.with_flat(**changes)
    return list(
        run(experiment, data_folder=folder / "none", runs_folder=folder / "runs", commands=NoCommands())
    )


def curve(said: list[Event], role: str, name: str) -> list[float]:
    return [e.values[name] for e in said if isinstance(e, Measured) and e.role == role and name in e.values]


def test_the_student_remembers_more_than_its_forgetful_sibling(tmp_path: Path) -> None:
    said = events(tmp_path)
    told = "old classes right, told they are old"
    [before] = curve(said, "student", f"{told}, before")
    assert before > 0.98
    kept, forgot = (sum(curve(said, who, told)[-20:]) / 20 for who in ("student", method.FORGETFUL))
    assert before >= kept > forgot + 0.02
    for who in ("student", method.FORGETFUL):
        new = curve(said, who, "new classes right, told they are new")
        assert new[-1] > 0.95 > new[0]
    finished = said[-1]
    assert isinstance(finished, Finished)
    errors = {
        who: found["test_errors"]
        for who, found in finished.results.items()
        if isinstance(found, dict) and "test_errors" in found
    }
    assert errors["student"] < errors[method.FORGETFUL] < errors[method.OLD]


@pytest.mark.parametrize(
    "changes", [{"mixup": 0.4}, {"hidden_labels": 0.5}, {"label_smoothing": 0.1}, {"margin": 1.0}]
)
def test_it_runs_beside_what_changes_labels(changes: dict[str, Any], tmp_path: Path) -> None:
    said = events(tmp_path, epochs=3, **changes)
    assert curve(said, "student", "new classes right")
    assert isinstance(said[-1], Finished)

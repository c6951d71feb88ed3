"""`kdcore.distill`: the page's pipeline and record, from names or from what a program hands over."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import TensorDataset

import kdcore
from kdcore.cli.main import main
from kdcore.errors import DataUnavailable, InvalidExperiment, NetworkRefused, RunRefused, StillroomError
from kdcore.events import Event, Finished, Validation
from kdcore.export.recorded_run import read
from kdcore.runs.store import Store
from tests.kdcore.api.conftest import SmallNetwork

SHORT: dict[str, Any] = {"count": 100, "epochs": 5, "progress": False}


def errors_of(network: nn.Module, split: str = "test", dataset: str = "digits") -> int:
    images, labels = kdcore.images(dataset, split)
    return int((network(images).argmax(dim=1) != labels).sum())


def test_importing_the_package_waits_for_no_torch() -> None:
    program = (
        "import sys, kdcore; dir(kdcore); print({'torch', 'numpy', 'pandas', 'plotly'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_it_is_the_run_that_the_shell_trains(capsys: pytest.CaptureFixture[str]) -> None:
    result = kdcore.distill("digits", "digits-mlp-300", "mlp-30", temperature=8, init_seed=1, **SHORT)
    assert (
        main(
            ["distill", "--count", "100", "--epochs", "5", "--temperature", "8", "--init-seed", "1", "--json"]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["experiment_hash"] == result.run.hash
    assert {role: told[role]["test_errors"] for role in result.errors} == result.errors
    assert main(["runs", "show", result.run.id, "--json"]) == 0


def test_errors_curves_and_networks_agree_with_the_record(folders: Path) -> None:
    result = kdcore.distill(**SHORT)
    assert [*result.errors] == ["teacher", "twin", "student"]
    assert result.images == 360
    curves = result.curves
    last = curves[(curves["series"] == "val_errors") & (curves["role"] == "student")]
    assert last["value"].iloc[-1] == result.tested["student"]["val_errors"]
    for role, network in result.networks.items():
        assert errors_of(network) == result.errors[role], "they take pixels from 0 to 1"
        assert not network.training


def test_a_run_is_watched_while_it_trains(folders: Path) -> None:
    seen: list[tuple[str, int]] = []
    events: list[Event] = []

    def watch(event: Event) -> None:
        events.append(event)
        if isinstance(event, Validation) and event.role == "student" and event.step > 0 and not seen:
            with closing(Store(folders / "runs")) as other:  # as the page's server has it open
                [run] = other.runs()
                seen.append((run.status, len(other.leases())))

    result = kdcore.distill(on_event=watch, **SHORT)
    assert seen == [("running", 1)]
    assert isinstance(events[-1], Finished)
    assert result.run.title == ""


def test_interrupting_a_cell_stops_the_run_and_gives_what_it_came_to() -> None:
    import signal

    pressed = []

    def press(event: Event) -> None:
        if isinstance(event, Validation) and event.role == "student" and event.step > 0 and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    result = kdcore.distill(
        on_event=press, count=100, epochs=2000, batch_size=2, progress=False, schedule="constant"
    )
    assert result.run.status == "stopped"
    assert "student" in result.errors


def test_it_is_saved_and_found_again(folders: Path) -> None:
    result = kdcore.distill(title="mine", **SHORT)
    files = {path.name: path for path in result.save(folders / "kept")}
    assert {*files} == {
        "run.json",
        "curves.csv",
        "teacher.safetensors",
        "twin.safetensors",
        "student.safetensors",
    }
    weights = load_file(files["student.safetensors"])
    [inner] = [child for name, child in result.networks["student"].named_children() if name == "network"]
    assert all(torch.equal(weights[name], tensor) for name, tensor in inner.state_dict().items())
    again = kdcore.result(result.run.id)
    assert again.errors == result.errors
    with closing(Store(folders / "runs")) as store:
        assert read(store, result.run.id).run.title == "mine"
    with pytest.raises(RunRefused, match="no run"):
        kdcore.result("nothing")


def test_a_notebook_shows_a_table_and_escapes_it() -> None:
    result = kdcore.distill(**SHORT)
    shown = result._repr_html_()
    assert f"<td>{result.errors['student']:,}</td>" in shown
    assert "The student" in shown
    assert repr(result).startswith(f"<Result {result.run.id} finished: errors of 360: teacher 8, twin ")


# ---- images of one's own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tensors", "arrays of bytes", "a Dataset", "without a channel"])
def test_images_of_ones_own_are_kept_once_for_every_process(
    kind: str, digits: tuple[Tensor, Tensor], folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, labels = digits
    given: Any = {
        "tensors": (images, labels),
        "arrays of bytes": ((images * 255).round().byte().numpy(), labels.numpy()),
        "a Dataset": TensorDataset(images, labels),
        "without a channel": (images[:, 0], labels.tolist()),
    }[kind]
    result = kdcore.distill(given, "mlp-64", "mlp-30", epochs=5, teacher_epochs=5, progress=False)
    assert result.images == len(labels) // 5, "a fifth is kept for the test"
    name = result.experiment.dataset
    assert errors_of(result.networks["student"], dataset=name) == result.errors["student"]
    assert main(["datasets", "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert (listed[name]["size"], listed[name]["classes"], listed[name]["available"]) == (8, 10, True)
    assert (
        main(["distill", "--dataset", name, "--teacher", "mlp-64", "--epochs", "1", "--teacher-epochs", "1"])
        == 0
    )


def test_what_was_handed_over_is_what_is_trained_on(digits: tuple[Tensor, Tensor]) -> None:
    images, labels = digits
    test_images, test_labels = kdcore.images("digits", "test")
    classes = [f"a {n}" for n in range(10)]
    result = kdcore.distill(
        (images, labels), "mlp-64", "mlp-30", test=(test_images, test_labels), classes=classes, name="mine",
        epochs=2, teacher_epochs=2, progress=False,
    )  # fmt: skip
    assert result.experiment.dataset == "mine"
    kept, numbers = kdcore.images("mine", "test")
    assert torch.equal(numbers, test_labels)
    assert (kept - test_images).abs().max() <= 0.5 / 255 + 1e-6, "bytes are kept"
    assert result.run.results["dataset"]["classes"] == classes


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x, y: (x * 2 - 1, y), "floats from 0"),
        (lambda x, y: (x[:, :, :, :6], y), "square ones"),
        (lambda x, y: (x.repeat(1, 2, 1, 1), y), "1 or 3 channels"),
        (lambda x, y: (x, y[:-1]), "class numbers. Give one for each"),
        (lambda x, y: (x, y.float()), "whole numbers"),
        (lambda x, y: (x[:10], y[:10]), "20 at least"),
        (lambda x, y: (x, torch.zeros_like(y)), "Two classes"),
        (lambda x, y: x, "a pair"),
        (lambda x, y: (x[0, 0], y), "n, channels, height, width"),
        (lambda x, y: TensorDataset(x), "pairs of an image and a class number"),
    ],
)
def test_what_are_no_images_gets_a_sentence_and_nothing_is_begun(
    change: Any, sentence: str, digits: tuple[Tensor, Tensor], folders: Path
) -> None:
    with pytest.raises(DataUnavailable, match=sentence):
        kdcore.distill(change(*digits), "mlp-64", "mlp-30", epochs=1, progress=False)
    assert not (folders / "data").exists()
    assert not (folders / "runs").exists()


def test_a_name_stands_for_one_set_of_images(digits: tuple[Tensor, Tensor]) -> None:
    images, labels = digits
    for name in ("mnist", "digits", "../there", ".cache"):
        with pytest.raises(DataUnavailable, match="cannot be the name"):
            kdcore.distill((images, labels), "mlp-64", name=name)
    fields = {"epochs": 1, "teacher_epochs": 1, "progress": False}
    kdcore.distill((images, labels), "mlp-64", name="mine", **fields)
    kdcore.distill((images, labels), "mlp-64", name="mine", **fields)
    with pytest.raises(DataUnavailable, match="other images by the name"):
        kdcore.distill((images.flip(-1), labels), "mlp-64", name="mine", **fields)


# ---- networks of one's own ------------------------------------------------------------------------------------------


def test_a_module_teaches_with_the_images_that_it_was_made_for(taught: nn.Module) -> None:
    before = copy.deepcopy(taught.state_dict())
    result = kdcore.distill("digits", taught, "mlp-30", **SHORT)
    assert result.errors["teacher"] == errors_of(taught) < 20
    assert all(torch.equal(before[name], tensor) for name, tensor in taught.state_dict().items())
    images, _ = kdcore.images("digits", "test")
    logits = result.networks["teacher"](images)
    assert torch.allclose(logits, taught(images), atol=1e-4)


def test_a_module_learns_from_the_weights_that_it_has_and_is_given_back(taught: nn.Module) -> None:
    student = SmallNetwork()
    before = copy.deepcopy(student.state_dict())
    result = kdcore.distill("digits", taught, student, **SHORT)
    learned = result.networks["student"]
    assert isinstance(learned, SmallNetwork)
    assert errors_of(learned) == result.errors["student"]
    assert not torch.equal(learned.answer.weight, before["answer.weight"])
    assert all(torch.equal(before[name], tensor) for name, tensor in student.state_dict().items())
    twin = kdcore.distill("digits", taught, student, teacher_weight=0, **SHORT)
    assert twin.errors["student"] == twin.errors["twin"], "the twin begins with the same weights"


def test_what_makes_a_module_makes_one_a_seed() -> None:
    first, again, other = (
        kdcore.distill("digits", student=SmallNetwork, init_seed=seed, **SHORT) for seed in (0, 0, 1)
    )
    weights = [one.networks["twin"].get_parameter("maps.weight") for one in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.allclose(weights[0], weights[2], atol=1e-3)


@pytest.mark.parametrize(
    ("student", "sentence"),
    [
        (nn.Linear(3, 4), "Linear cannot take images of 1 x 8 x 8"),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(64, 7)),
            "gives 2 x 7 for two images, and 2 x 10 logits are wanted",
        ),
        (nn.Flatten(), "gives 2 x 64"),
        (lambda: "a network", "Give a torch module"),
    ],
)
def test_a_module_that_cannot_learn_this_gets_a_sentence(student: Any, sentence: str, folders: Path) -> None:
    with pytest.raises(NetworkRefused, match=sentence):
        kdcore.distill("digits", student=student, **SHORT)
    assert not (folders / "runs" / "runs.sqlite3").exists()


def test_another_process_says_what_it_lacks(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = kdcore.distill("digits", student=SmallNetwork(), **SHORT)
    words = [sys.executable, "-m", "kdcore", "knowledge", result.run.id]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is a network that a program brought along" in done.stderr
    assert main(["runs", "show", result.run.id]) == 0


# ---- methods of one's own -------------------------------------------------------------------------------------------


def test_a_loss_is_a_method_and_its_term_is_on_the_curves() -> None:
    def squared(student: Tensor, teacher: Tensor, T: float) -> Tensor:
        """The student's logits are pulled to the teacher's."""
        return ((student - teacher) ** 2).mean() / T

    name = kdcore.own_method(squared)
    result = kdcore.distill(method=name, **SHORT)
    assert f"loss.{name}.raw" in set(result.curves["series"])
    plain = kdcore.distill(**SHORT)
    assert result.errors["twin"] == plain.errors["twin"], "the twin is taught by the labels alone"
    assert result.errors["student"] != plain.errors["student"]


def test_another_loss_has_another_name() -> None:
    def made(factor: float) -> str:
        def loss(student: Tensor, teacher: Tensor, T: float) -> Tensor:
            return factor * (student - teacher).abs().mean()

        return kdcore.own_method(loss, "mine")

    assert made(1.0) != made(2.0)
    assert made(1.0) == made(1.0)


def test_a_whole_method_is_taken_and_half_a_one_is_refused() -> None:
    from kdcore.methods import registry
    from kdcore.plan import Card

    found = registry.method("soft-targets")

    class Whole:
        CARD = Card(**{**found.CARD.__dict__, "name": "whole"})
        plan = staticmethod(found.plan)

    result = kdcore.distill(method=Whole, **SHORT)
    assert result.experiment.method == "whole"
    assert result.errors == kdcore.distill(**SHORT).errors
    with pytest.raises(StillroomError, match="needs CARD"):
        kdcore.distill(method=object(), **SHORT)
    with pytest.raises(InvalidExperiment, match="already"):
        kdcore.distill(method=found, **SHORT)


def test_a_loss_that_gives_no_number_ends_the_run_with_its_sentence() -> None:
    name = kdcore.own_method(lambda student, teacher, T: (student - teacher) ** 2, "no-number")
    with pytest.raises(RunRefused, match=r"end it with \.mean\(\)"):
        kdcore.distill(method=name, **SHORT)


def test_wrong_fields_get_their_sentence(folders: Path) -> None:
    for fields, sentence in (
        ({"temperature": -1}, "temperature"),
        ({"tempreature": 4}, "no field 'tempreature'"),
    ):
        with pytest.raises(InvalidExperiment, match=sentence):
            kdcore.distill(**fields)
    with pytest.raises(StillroomError, match="nobody"):
        kdcore.distill(teacher="nobody")
    assert not (folders / "runs" / "runs.sqlite3").exists()

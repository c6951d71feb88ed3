"""What every method owes: a whole card, references for its losses, and a run on real images from end to end."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdcore import losses
from kdcore import methods as kdcore_methods
from kdcore.cli.main import main
from kdcore.errors import InvalidExperiment, UnfinishedMethod
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Command,
    Commands,
    Event,
    Finished,
    Measured,
    NoCommands,
    Phase,
    Trained,
)
from kdcore.experiment import Experiment
from kdcore.methods import source
from kdcore.methods.registry import methods
from kdcore.methods.settings import chosen, setting
from kdcore.pipelines.experiment_pipeline import run
from tests.manual import new_file, page

TRUSTED_TEACHER = new_file(page("docs/extending.md"), "kdcore/methods/trusted_teacher.py")

SMALL = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 100,
        "batch_size": 25,
        "epochs": 2,
        "teacher": "cnn-small",
        "teacher_epochs": 1,
        "student": "cnn-small",
        "threads": 1,
    }
)


def families() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(losses.__path__)]


def public_losses(family: str) -> set[str]:
    module = importlib.import_module(f"kdcore.losses.{family}")
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


class PausesNowAndThen:
    """A channel that pauses at every fifth poll and resumes at once, so that checkpoints lie in the midst of training."""

    def __init__(self) -> None:
        self.polls = 0

    def poll(self) -> list[Command]:
        self.polls += 1
        return [Command("pause")] if self.polls % 5 == 0 else []

    def wait(self) -> list[Command]:
        return [Command("resume")]


def events(
    experiment: Experiment,
    runs: Path,
    resume: Checkpoint | None = None,
    commands: Commands | None = None,
) -> Iterator[Event]:
    yield from run(
        experiment,
        data_folder=runs / "no data",
        runs_folder=runs,
        commands=commands or NoCommands(),
        resume=resume,
    )


# ---- cards and references -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", methods())
def test_a_card_is_whole(name: str) -> None:
    card = methods()[name].CARD
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", card.name)
    for text in (card.title, card.transfers, card.what, card.formula, card.cost, card.hurts):
        assert text.strip()
    assert re.search(r"\b(19|20)\d\d, \w", card.citation), "authors, year, title"
    assert card.symbols
    for parameter in card.parameters:
        assert parameter.help
        assert parameter.source
        assert parameter.low <= parameter.default <= parameter.high
        if parameter.choices:
            assert (parameter.low, parameter.high) == (0, len(parameter.choices) - 1)


@pytest.mark.parametrize("name", methods())
def test_every_symbol_of_a_formula_is_explained(name: str) -> None:
    """Single letters of the formula that no symbol of the card contains are forgotten ones; words are not symbols."""
    card = methods()[name].CARD
    plain = re.sub(r"\\(mathrm|text|operatorname|mathcal|mathbf|mathbb)\{[^}]*\}", " ", card.formula)
    letters = set(re.findall(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])", plain)) - set("LijklnNKCd")
    explained = "".join(card.symbols)
    assert {letter for letter in letters if letter not in explained} == set()


@pytest.mark.parametrize("family", families())
def test_every_loss_has_a_reference(family: str) -> None:
    tests = importlib.import_module(f"tests.kdcore.losses.test_{family}")
    assert public_losses(family) - set(tests.REFERENCES) == set()


# ---- from end to end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", methods())
def test_it_trains_on_digits(name: str, tmp_path: Path) -> None:
    said = list(events(SMALL.with_flat(method=name), tmp_path))
    finished = said[-1]
    assert isinstance(finished, Finished)
    assert finished.status == "finished"
    assert {"twin", "student"} <= finished.results.keys()
    assert all(math.isfinite(finished.results[role]["test_nll"]) for role in ("twin", "student"))
    terms = [t for e in said if isinstance(e, BatchMetrics) and e.role == "student" for t in e.terms]
    assert terms
    assert all(math.isfinite(t.raw) and math.isfinite(t.scaled) for t in terms)


def weights(said: list[Event]) -> dict[str, dict[str, list[float]]]:
    return {
        e.role: {n: t.flatten().tolist() for n, t in e.tensors.items()}
        for e in said
        if isinstance(e, Trained) and e.role in ("twin", "student")
    }


@pytest.mark.parametrize(
    ("method", "phase"), [("adversarial", "students"), ("teacher-assistant", "preparation")]
)
def test_what_learns_beside_and_before_goes_on_from_a_checkpoint(
    method: str, phase: str, tmp_path: Path
) -> None:
    experiment = SMALL.with_flat(method=method, teacher="digits-mlp-300", epochs=4)
    whole = list(events(experiment, tmp_path))

    cut: Checkpoint | None = None
    reached = ""
    other = tmp_path / "other"  # where nothing is found that is trained already
    for event in events(experiment, other, commands=PausesNowAndThen()):
        reached = event.name if isinstance(event, Phase) else reached
        if isinstance(event, Checkpoint) and reached == phase:
            cut = Checkpoint(
                event.phase,
                event.step,
                {name: tensor.clone() for name, tensor in event.tensors.items()},
                event.values,
            )
            break
    assert cut is not None
    assert 0 < cut.step < 16
    assert weights(list(events(experiment, other, cut))) == weights(whole)


def test_a_setting_with_choices_is_told_by_name() -> None:
    assert setting("teacher-assistant", "assistant", "mlp-30") == setting(
        "teacher-assistant", "assistant", "1"
    )
    told = SMALL.with_flat(
        method="teacher-assistant",
        parameters={"assistant": setting("teacher-assistant", "assistant", "lenet5")},
    )
    assert chosen(told, "assistant") == "lenet5"
    with pytest.raises(InvalidExperiment, match="one of mlp-10"):
        setting("teacher-assistant", "assistant", "mlp")
    with pytest.raises(InvalidExperiment, match="number of a choice"):
        chosen(told.with_flat(parameters={"assistant": 1.5}), "assistant")


# ---- adding one -----------------------------------------------------------------------------------------------------


@pytest.fixture
def further_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose files are methods too, for as long as the test runs."""
    folder = tmp_path / "further"
    folder.mkdir()
    kdcore_methods.__path__.append(str(folder))
    yield folder
    kdcore_methods.__path__.remove(str(folder))
    for file in folder.glob("*.py"):
        sys.modules.pop(f"kdcore.methods.{file.stem}", None)
    methods.cache_clear()


def test_an_unfinished_file_is_named(further_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (further_folder / "half_a_method.py").write_text("CARD = 3\n", encoding="utf-8")
    methods.cache_clear()
    assert main(["methods"]) == 2
    assert "kdcore/methods/half_a_method.py is no method yet" in capsys.readouterr().err


def test_a_term_of_a_wrong_shape_is_named(further_folder: Path, tmp_path: Path) -> None:
    per_image = TRUSTED_TEACHER.replace(".sum(dim=-1)).mean(dim=-1)", ".sum(dim=-1))")
    (further_folder / "trusted_teacher.py").write_text(per_image, encoding="utf-8")
    methods.cache_clear()
    with pytest.raises(
        UnfinishedMethod, match=r"'trust' gives 'trusted answers' the shape \[1, 25\].* \[1\]"
    ):
        list(events(SMALL.with_flat(method="trusted-teacher"), tmp_path))


def test_the_method_of_the_guide_is_one_new_file(further_folder: Path, tmp_path: Path) -> None:
    (further_folder / "trusted_teacher.py").write_text(TRUSTED_TEACHER, encoding="utf-8")
    methods.cache_clear()

    assert "trusted-teacher" in methods()
    test_a_card_is_whole("trusted-teacher")
    test_every_symbol_of_a_formula_is_explained("trusted-teacher")
    test_it_trains_on_digits("trusted-teacher", tmp_path)
    measured = [
        e.values["trust"]
        for e in events(SMALL.with_flat(method="trusted-teacher"), tmp_path)
        if isinstance(e, Measured)
    ]
    assert all(0.1 <= trust <= 1 for trust in measured)
    assert measured


@pytest.mark.parametrize(
    ("name", "losses"),
    [
        (
            "soft-targets",
            {"soft_targets_and_labels", "label_cross_entropy", "soft_target_divergence", "squared"},
        ),
        ("hint", {"label_cross_entropy", "feature.hint", "same_size"}),
    ],
)
def test_the_code_that_is_shown_is_the_methods_and_its_losses(name: str, losses: set[str]) -> None:
    path, *rest = source.code(name).items()
    assert path[1] == (Path(kdcore_methods.__path__[0]).parents[1] / path[0]).read_text(encoding="utf-8")
    assert {called for called, _ in rest} == losses
    assert all(source.startswith("def ") for _, source in rest)

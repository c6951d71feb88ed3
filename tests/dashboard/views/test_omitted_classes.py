"""The view of a run that left classes out, without a browser: what travels, what is tuned where, and what a link shows."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from dashboard.data import dataset_choices, omitted_class_bias, torch_imports
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.session import Key
from dashboard.url.parameters import OMITTED_CLASSES
from dashboard.views.dark_knowledge import omitted_classes
from kdcore.inference import models, network_outputs, output_cache
from kdcore.metrics.class_bias import recall, tuned_bias
from kdcore.runs.run_record import Run
from tests.dashboard.conftest import BROWSER, TRAIN
from tests.dashboard.fake_manager import FakeManager
from tests.dashboard.views.test_dark_knowledge import PAGE, some_networks, texts
from tests.kdcore.inference.finished_run import finished_run

LEFT_OUT = 8


def unaware(seed: int = 0, classes: tuple[int, ...] = (3,)) -> ComparedNetworks:
    """Teacher, twin and student; the student hardly dares to name the omitted classes, the twin never does."""
    compared = some_networks(seed=seed)
    for logits, less in zip(compared.logits, (0.0, 40.0, 4.0), strict=True):
        logits[:, list(classes)] -= less
    return compared


def unpacked(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(b64decode(text), dtype=kind)


# ---------------------------------------------------------------------------------------------- what travels


@pytest.mark.parametrize("classes", [(3,), (0, 4)])
def test_what_travels_suffices_to_count_errors_at_any_bias(classes: tuple[int, ...]) -> None:
    compared = unaware(classes=classes)
    labels = unpacked(omitted_class_bias.packed_labels(compared, classes), "<u2")
    assert set(zip(compared.labels.tolist(), labels.tolist(), strict=True)) == {
        (c, classes.index(c) + 1 if c in classes else 0) for c in range(5)
    }
    for bias in np.random.default_rng(1).normal(0, [[3.0], [30.0]] * 8, (16, len(classes))):
        for logits, (margins, right) in zip(
            compared.logits, omitted_class_bias.packed_outputs(compared, classes), strict=True
        ):
            ahead = unpacked(margins, "<f4").reshape(-1, len(classes)) + bias
            answer = np.where(ahead.max(axis=1) > 0, ahead.argmax(axis=1) + 1, 0)
            correct = np.where(answer > 0, answer == labels, unpacked(right, "u1") == 1)
            expected = recall(
                logits.double(), compared.labels, classes, dict(zip(classes, bias, strict=True))
            )
            assert (~correct).sum() == expected.errors
            assert (~correct & (labels > 0)).sum() == expected.omitted_errors


def test_the_best_bias_is_tuned_on_the_images_that_are_given_and_not_for_the_teacher() -> None:
    validation = unaware(seed=1)
    teacher, twin, student = omitted_class_bias.best_biases(validation, (3,))
    expected = tuned_bias(validation.logits[2], validation.labels, [3])[3]
    assert teacher is None
    assert student is not None
    assert student[0] == pytest.approx(expected, abs=5e-4)
    assert expected > 1
    assert twin is not None
    assert twin[0] > 30


def test_where_no_bias_helps_there_is_none() -> None:
    """Any bias between two flips is as good as 0 for a network that is always right: 0 is what is said."""
    validation = some_networks()
    sure = 20.0 * torch.nn.functional.one_hot(validation.labels, 5) - 5.0 * (torch.arange(5) == 3)
    found = omitted_class_bias.best_biases(replace(validation, logits=(sure, sure, sure)), (3,))
    assert found == [None, (0.0,), (0.0,)]


def test_a_class_without_validation_images_has_no_bias_to_tune() -> None:
    validation = unaware()
    validation.labels[validation.labels == 3] = 2
    assert omitted_class_bias.best_biases(validation, (3,)) == [None, None, None]
    _teacher, _twin, student = omitted_class_bias.best_biases(validation, (3, 4))
    assert student is not None
    assert student[0] == 0


@pytest.mark.parametrize(
    "best", [[], [(0.0,)], [(3.4,), (4.85,)], [(-7.0, 2.0)], [(5.0,)], [(61.0,), (1e5,)], [(-0.4,)]]
)
def test_the_sliders_reach_beyond_every_best_bias(best: list[tuple[float, ...]]) -> None:
    low, high = omitted_classes.slider_ends(best)
    assert low <= -5
    assert high >= 5
    assert all(low < value < high for one in best for value in one)
    marks = omitted_classes.slider_ticks(low, high)
    assert 0 in marks
    assert 2 <= len(marks) <= 9
    assert low <= min(marks) < max(marks) <= high


@pytest.mark.parametrize(
    ("text", "many", "read"),
    [
        ("4.32", 1, (4.32,)),
        ("4.32,-1", 2, (4.32, -1.0)),
        ("4.32", 2, None),
        ("1,2", 1, None),
        ("", 1, None),
        ("nan", 1, None),
        ("inf", 1, None),
        ("1" * 5000, 1, None),
        ("a", 1, None),
    ],
)
def test_a_links_biases_are_a_finite_number_a_class(text: str, many: int, read: Any) -> None:
    assert omitted_classes.read_biases(text, many) == read


# ---------------------------------------------------------------------------------------------- browser and link


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session's memory and its link, outside a session; the component is on the page."""
    link: dict[str, Any] = {Key.OMITTED: {}}
    monkeypatch.setattr(st, "session_state", link)
    monkeypatch.setattr(omitted_classes, "restore_newest_link", lambda: False)
    monkeypatch.setattr(omitted_classes, "set_parameters", lambda **said: link.update(said))
    return link


def let_go(session: dict[str, Any], bias: Any) -> None:
    session[Key.OMITTED] = {"bias": bias}
    omitted_classes._write_bias_in_link()


def test_what_the_browser_let_go_of_is_not_told_back_and_anything_else_is(session: dict[str, Any]) -> None:
    first = omitted_classes._sent_to_browser((0.0,))
    let_go(session, [4.325])
    assert session["bias"] == "4.325"
    assert omitted_classes._sent_to_browser((4.325,)) == first, (
        "nothing new is sent: the answers do not travel again"
    )
    back = omitted_classes._sent_to_browser((0.0,))
    assert back[0] != first[0], "the reader went back: the slider follows"
    assert back[1] == (0.0,)
    del session[Key.OMITTED]
    assert omitted_classes._sent_to_browser((0.0,))[0] != back[0], (
        "a component that is mounted anew begins where the link is"
    )


@pytest.mark.parametrize("message", [None, "1", [None], ["1"], [float("nan")], {"a": 1}])
def test_a_message_that_is_no_list_of_numbers_changes_nothing(session: dict[str, Any], message: Any) -> None:
    let_go(session, message)
    assert "bias" not in session


def test_no_bias_leaves_the_link(session: dict[str, Any]) -> None:
    let_go(session, [0, 0])
    assert session["bias"] is None


# ---------------------------------------------------------------------------------------------- the page


@dataclass(frozen=True)
class Place:
    """A tested run that left class 8 out, and where it and its data lie."""

    folder: Path
    data: Path
    run: Run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("data")
    run = finished_run(folder, data, omit=(LEFT_OUT,))
    network_outputs.compute_outputs(
        models.of_run(run, folder), folder, data_folder=data, splits=["validation", "test"]
    )
    return Place(folder, data, run)


@pytest.fixture
def screen(place: Place, manager: FakeManager, browser: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("STILLROOM_RUNS", str(place.folder))
    monkeypatch.setenv("STILLROOM_DATA", str(place.data))
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    dataset_choices._datasets.cache_clear()
    manager.known = {place.run.id: replace(place.run, owner=BROWSER)}
    return AppTest.from_string(PAGE, default_timeout=120)


def opened(screen: AppTest, place: Place, **link: str) -> AppTest:
    for name, value in {"run": place.run.id, "view": OMITTED_CLASSES, **link}.items():
        screen.query_params[name] = value
    screen.run()
    assert not screen.exception
    return screen


def sent(screen: AppTest) -> dict[str, Any]:
    """What the component was given."""
    [found] = [one for one in screen.get("bidi_component") if "margins" in one.proto.json]
    data: dict[str, Any] = json.loads(found.proto.json)
    return data


@pytest.mark.parametrize("trains", [False, True])
def test_where_validation_images_were_trained_on_what_is_tuned_on_them_says_so(
    place: Place, screen: AppTest, manager: FakeManager, trains: bool
) -> None:
    """The bias of a class that was left out, and the temperature of a calibration."""
    run = place.run
    if trains:
        run = finished_run(place.folder, place.data, omit=(LEFT_OUT,), train_on_validation=True)
        network_outputs.compute_outputs(
            models.of_run(run, place.folder),
            place.folder,
            data_folder=place.data,
            splits=["validation", "test"],
        )
        manager.known = {run.id: replace(run, owner=BROWSER)}
    for view, said in (
        (OMITTED_CLASSES, "All the others were trained on"),
        ("calibration", "the T that is fitted there suits no others"),
    ):
        assert (said in texts(opened(screen, replace(place, run=run), view=view))) is trains, view


def test_the_view_shows_every_network_and_tunes_on_validation(screen: AppTest, place: Place) -> None:
    data = sent(opened(screen, place))
    assert [one["role"] for one in data["networks"]] == ["teacher", "twin", "student"]
    assert data["classes"] == ["8"]
    assert data["images"] == [35]
    assert data["bias"] == [0]
    run_models = models.of_run(place.run, place.folder)
    tuned = {}
    for split in ("validation", "test"):
        answers = output_cache.cached_outputs(run_models[2], split, place.folder, place.data)
        images = output_cache.cached_images(run_models[0], split, place.folder, place.data)
        assert answers is not None
        assert images is not None
        logits, labels = torch.from_numpy(np.array(answers.logits)), torch.from_numpy(np.array(images.labels))
        tuned[split] = tuned_bias(logits, labels, [LEFT_OUT])[LEFT_OUT]
    assert data["networks"][2]["best"] == [pytest.approx(tuned["validation"], abs=5e-4)]
    assert abs(tuned["test"] - tuned["validation"]) > 0.01, "else this test tells nothing"
    said = texts(screen)
    assert "The twin cannot know 8" in said
    assert "tuned on 360 validation images" in said
    assert "206 errors, 133 of them on the 1,010 threes" in said.replace("\\", "")
    assert "on the same images here" not in said


def test_a_link_brings_its_bias_and_no_second_sending(screen: AppTest, place: Place) -> None:
    data = sent(opened(screen, place, bias="2.5"))
    assert data["bias"] == [2.5]
    assert sent(screen.run()) == data
    assert not screen.warning


def test_validation_images_that_were_tuned_on_are_said(screen: AppTest, place: Place) -> None:
    opened(screen, place, split="validation")
    assert "tuned and measured on the same images here" in texts(screen)


def test_a_class_that_no_image_is_of_is_said(
    screen: AppTest, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (omitted_classes, omitted_class_bias):
        monkeypatch.setattr(module, "own_images", lambda compared, classes: [0 for _ in classes])
    opened(screen, place)
    assert screen.info[0].value == "None of these test images is of 8: there is nothing of it to recall."
    assert "No validation image is of 8: there is no bias to tune." in texts(screen).replace("\\", "")


@pytest.mark.parametrize("text", ["x", "1,2", "1e9", "nan"])
def test_a_link_with_another_bias_is_told(screen: AppTest, place: Place, text: str) -> None:
    opened(screen, place, bias=text)
    assert f"bias={text} in the link is left out" in screen.warning[0].value.replace("\\", "")
    [bias] = sent(screen)["bias"]
    assert sent(screen)["low"] <= bias <= sent(screen)["high"]


def test_a_run_that_left_nothing_out_has_no_such_view(
    screen: AppTest, place: Place, manager: FakeManager
) -> None:
    whole = replace(place.run, owner=BROWSER, experiment=place.run.experiment.with_flat(omit=()))
    manager.known = {whole.id: whole}
    opened(screen, place)
    assert "this run left no class out" in screen.warning[0].value
    assert OMITTED_CLASSES not in screen.radio(key=Key.VIEW).options
    assert screen.radio(key=Key.VIEW).value == "similarity"


def test_the_finished_run_leads_here(screen: AppTest, place: Place, manager: FakeManager) -> None:
    train = AppTest.from_string(TRAIN, default_timeout=120)
    manager.said[place.run.id] = ([], [])
    train.query_params["run"] = place.run.id
    train.run()
    assert not train.exception
    way = train.get("page_link")[0]
    assert way.proto.label.startswith("See what the networks know of 8, which no student was shown")
    assert way.proto.page == "dark-knowledge"
    assert f"run={place.run.id}&view=omitted" in way.proto.query_string
    whole = replace(place.run, owner=BROWSER, experiment=place.run.experiment.with_flat(omit=()))
    manager.known = {whole.id: whole}
    train.run()
    assert not [link for link in train.get("page_link") if "view=omitted" in link.proto.query_string]

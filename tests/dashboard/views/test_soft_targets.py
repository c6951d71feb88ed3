"""The first screen without a browser: which pictures and networks the link asks for, and what travels to the component."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import dataset_choices, gallery, picture_sources, torch_imports
from dashboard.session import Key
from kdcore.data import drawn_digits
from kdcore.inference import models, network_outputs
from kdcore.runs.runs_folder import runs_folder
from tests.dashboard.fake_manager import FakeManager

PAGE = "from dashboard.views.soft_targets import page\n\npage()\n"
TEACHER = "mnist-cnn-medium"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    dataset_choices._datasets.cache_clear()


@pytest.fixture
def screen(manager: FakeManager, browser: str) -> AppTest:
    return AppTest.from_string(PAGE, default_timeout=120)


def shown(app: AppTest) -> dict[str, Any]:
    """What the component was given."""
    found = [one for one in app.get("bidi_component") if "images" in one.proto.json]
    assert len(found) == 1
    data: dict[str, Any] = json.loads(found[0].proto.json)
    return data


def test_with_nothing_at_hand_it_opens_on_a_morph_that_the_teacher_has_looked_at(screen: AppTest) -> None:
    screen.run()
    assert not screen.exception
    data = shown(screen)
    assert data["mode"] == "morph"
    assert data["temperature"] == 4.0
    image = data["images"][data["index"]]
    assert image["label"] == 2
    assert np.argsort(image["logits"][0])[::-1][:2].tolist() == [2, 7]


def test_every_frame_carries_what_the_bundled_teacher_says_of_it(screen: AppTest) -> None:
    screen.run()
    frames = shown(screen)["images"]
    teacher = next(one for one in models.of_teachers(runs_folder()) if one.title == TEACHER)
    drawn = np.stack([drawn_digits.morph(2, 7, i / (len(frames) - 1)) for i in range(len(frames))])[:, None]
    expected = models.infer(teacher, drawn)
    np.testing.assert_allclose([frame["logits"][0] for frame in frames], expected, rtol=0, atol=1e-4)
    assert [frame["label"] for frame in frames] == [2] * 20 + [7] * 21


def test_a_link_chooses_pictures_temperature_frame_and_scale(screen: AppTest) -> None:
    for name, value in {"show": "4-9", "T": "20", "at": "7", "log": "1"}.items():
        screen.query_params[name] = value
    screen.run()
    data = shown(screen)
    assert data["morph"] == {"from": 4, "to": 9}
    assert (data["temperature"], data["index"], data["log"]) == (20.0, 7, True)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("show=nowhere", "there are no such pictures here. Shown instead: 2 to 7."),
        ("show=mnist", "show=mnist in the link is left out: these images are not here"),
        ("at=x", "at=x in the link is left out: it takes a whole number, 0 to 40. Shown instead: 16."),
        ("at=-5", "Shown instead: 0."),
        ("at=99999999999", "Shown instead: 40."),
        ("of=nobody", "there are no such networks here that can be asked about these images."),
        ("of=teacher:mnist-cnn-medium,teacher:nobody", "Shown instead: mnist-cnn-medium."),
        ("log=x", "log=x in the link is left out"),
        (
            "show=digits&sort=x",
            "sort=x in the link is left out: there is no such choice. Shown instead: right",
        ),
        (
            "show=digits&sort=pair&pair=²-1",
            "it does not name two classes of these images. Shown instead: 0, 1.",
        ),
        ("show=digits&sort=random&shuffle=x", "Shown instead: 0."),
        ("show=" + "x" * 3000, f"show={'x' * 40}… in the link is left out"),
    ],
)
def test_a_link_that_asks_for_nonsense_is_told_and_shows_the_default(
    screen: AppTest, link: str, said: str
) -> None:
    network_outputs.compute_outputs(
        models.of_teachers(runs_folder(), "digits"), runs_folder(), splits=["test"]
    )
    for part in link.split("&"):
        name, _equals, screen.query_params[name] = part.partition("=")
    screen.run()
    assert not screen.exception
    assert len(screen.warning) == 1
    warned = screen.warning[0].value.replace("\\", "")
    assert said in warned
    assert len(warned) < 300
    data = shown(screen)
    assert data["morph"] == (None if "digits" in link else {"from": 2, "to": 7})
    assert 0 <= data["index"] < len(data["images"])


def test_a_link_without_nonsense_is_told_nothing(screen: AppTest) -> None:
    network_outputs.compute_outputs(
        models.of_teachers(runs_folder(), "digits"), runs_folder(), splits=["test"]
    )
    link = {"show": "digits", "sort": "disagree", "at": "3", "log": "1", "view": "x", "cell": "x"}
    for name, value in link.items():
        screen.query_params[name] = value
    screen.run()
    assert not screen.warning, "one network alone disagrees with nobody; view and cell are another page's"


def test_the_teachers_of_a_link_bring_their_pictures_and_other_pictures_their_teachers(
    screen: AppTest,
) -> None:
    network_outputs.compute_outputs(
        models.of_teachers(runs_folder(), "digits"), runs_folder(), splits=["test"]
    )
    screen.query_params["of"] = "teacher:digits-mlp-300"
    screen.run()
    assert shown(screen)["mode"] == "gallery"
    screen.button_group(key=Key.SHOW).set_value("2-7").run()
    assert shown(screen)["morph"] == {"from": 2, "to": 7}
    assert "of" not in screen.query_params
    assert not screen.warning


def test_other_networks_keep_the_frame_of_a_morph_and_leave_the_place_among_images(screen: AppTest) -> None:
    names = [one.key for one in models.of_teachers(runs_folder()) if one.dataset == "mnist"]
    screen.query_params["at"] = "7"
    screen.run()
    screen.selectbox(key=Key.OF).select(names[1]).run()
    assert screen.query_params["at"] == "7"
    assert shown(screen)["index"] == 7
    screen.query_params["show"] = "pad"
    screen.run()
    screen.selectbox(key=Key.OF).select(names[0]).run()
    assert "at" not in screen.query_params


def test_a_temperature_out_of_bounds_is_told(screen: AppTest) -> None:
    screen.query_params["T"] = "-1"
    screen.run()
    assert "temperature" in screen.warning[0].value
    assert shown(screen)["temperature"] == 4.0


def test_digits_are_there_without_a_data_folder(screen: AppTest) -> None:
    assert [one for one in picture_sources.sources() if one not in picture_sources.MORPHS] == [
        "digits",
        "drawn",
        "shapes",
        "pad",
        "uploaded",
    ]
    teacher = models.of_teachers(runs_folder(), "digits")
    network_outputs.compute_outputs(teacher, runs_folder(), splits=["test"])
    screen.query_params["show"] = "digits"
    screen.run()
    data = shown(screen)
    assert data["mode"] == "gallery"
    assert len(data["images"]) == gallery.MOST
    bits = data["mean_entropy"]["bits"][0]
    assert bits == sorted(bits)
    assert bits[-1] < np.log2(10) + 1e-9


def test_a_gallery_begins_with_the_pair_of_the_link(screen: AppTest) -> None:
    network_outputs.compute_outputs(
        models.of_teachers(runs_folder(), "digits"), runs_folder(), splits=["test"]
    )
    for name, value in {"show": "digits", "sort": "pair", "pair": "3-9"}.items():
        screen.query_params[name] = value
    screen.run()
    images = shown(screen)["images"]
    assert {image["label"] for image in images} == {3}
    logits = np.array([image["logits"][0] for image in images])
    belief = np.exp(logits - logits.max(1, keepdims=True))
    belief = (belief / belief.sum(1, keepdims=True))[:, 9]
    assert (np.diff(belief) <= 1e-9).all()


def test_what_a_damaged_upload_gets_is_a_sentence(screen: AppTest) -> None:
    screen.query_params["show"] = "uploaded"
    screen.run()
    screen.file_uploader[0].upload("notes.png", b"these are words", "image/png").run()
    assert not screen.exception
    assert "not a PNG or JPEG picture" in screen.error[0].value


def test_teachers_of_unlike_images_are_not_laid_side_by_side(
    screen: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = models.of_teachers(runs_folder())
    first = next(one for one in known if one.title == TEACHER)
    other = replace(first, key="teacher:other", title="other", shape=(1, 32, 32), split_seed=1)
    monkeypatch.setattr(models, "of_teachers", lambda folder, dataset=None: [first, other])
    screen.query_params["of"] = f"{first.key},{other.key}"
    screen.run()
    assert not screen.exception
    assert not screen.error
    assert [one["title"] for one in shown(screen)["networks"]] == ["the teacher"]

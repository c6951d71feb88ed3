"""The dialog of pictures of one's own: single pictures are sorted into classes on the page and become the recipe's dataset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import dataset_choices, own_pictures
from dashboard.session import Key
from tests.dashboard.conftest import BROWSER
from tests.kdcore.data.zips import pets


@pytest.fixture
def dialog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: AppTest) -> Iterator[AppTest]:
    """The dialog, opened for single pictures."""
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    monkeypatch.setattr(own_pictures, "browser_id", lambda: BROWSER)
    dataset_choices.forget()
    app.run()
    app.button(key="own_pictures").click().run()
    app.button_group(key=Key.PICTURES_KIND).set_value("sorted").run()
    assert not app.exception
    yield app
    dataset_choices.forget()


def fill(app: AppTest, number: int, name: str, animal: str, count: int = 10) -> None:
    chosen = [
        (path.split("/")[1], content, "image/png") for path, content in pets(count).items() if animal in path
    ]
    app.text_input(key=f"pictures_class_name_{number}").input(name)
    app.file_uploader(key=f"pictures_class_files_{number}").set_value(chosen).run()
    assert not app.exception


def classes_of(app: AppTest) -> list[str]:
    return [field.label for field in app.text_input if field.label.startswith("Name of class")]


def said(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind))


def test_pictures_sorted_here_become_the_dataset(dialog: AppTest) -> None:
    assert classes_of(dialog) == ["Name of class 1", "Name of class 2"]
    fill(dialog, 0, "Katzen", "cat")
    assert dialog.button(key="pictures_look").disabled
    assert "Two classes or more need a name and pictures" in said(dialog)
    fill(dialog, 1, "Hunde", "dog")
    dialog.button(key="pictures_look").click().run()
    assert "20 pictures in 2 classes" in said(dialog)
    assert dialog.text_input(key=Key.PICTURES_NAME).value == "Katzen hunde"
    dialog.button(key="pictures_use").click().run()
    assert not dialog.exception
    assert re.fullmatch(r"katzen-hunde-[0-9a-f]{10}", str(dialog.query_params["dataset"]))
    assert Key.PICTURES_CLASSES not in dialog.session_state


def test_what_was_looked_at_is_withdrawn_once_it_is_sorted_otherwise(dialog: AppTest, tmp_path: Path) -> None:
    fill(dialog, 0, "cat", "cat")
    fill(dialog, 1, "cat", "dog")
    dialog.button(key="pictures_look").click().run()
    assert "Two classes are called 'cat'" in said(dialog)
    dialog.text_input(key="pictures_class_name_1").input("dog").run()
    assert "Two classes are called" not in said(dialog)
    dialog.button(key="pictures_look").click().run()
    assert "20 pictures in 2 classes" in said(dialog)
    apart = tmp_path / ".uploaded" / ".offered"
    assert len([*apart.glob("*/*/*/*.png")]) == 20
    fill(dialog, 1, "dog", "dog", 5)
    assert "pictures in 2 classes" not in said(dialog)
    assert not [*apart.glob("*/*/*/*.png")]


def test_a_class_comes_and_goes_and_the_others_keep_what_they_have(dialog: AppTest) -> None:
    for number, animal in enumerate(("cat", "dog")):
        fill(dialog, number, animal, animal)
    assert not [button for button in dialog.button if button.label.startswith("Remove class")]
    dialog.button(key="pictures_add_class").click().run()
    fill(dialog, 2, "wolf", "dog")
    dialog.button(key="pictures_class_remove_0").click().run()
    assert classes_of(dialog) == ["Name of class 1", "Name of class 2"]
    dialog.button(key="pictures_look").click().run()
    assert "20 pictures in 2 classes" in said(dialog)
    assert dialog.text_input(key=Key.PICTURES_NAME).value == "Dog wolf"
    dialog.button(key="pictures_add_class").click().run()
    assert dialog.text_input(key="pictures_class_name_3").value == ""
    dialog.button(key="pictures_class_remove_3").click().run()
    dialog.button(key="pictures_add_class").click().run()
    assert dialog.text_input(key="pictures_class_name_3").value == ""

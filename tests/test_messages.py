"""Every text is in every catalogue, translated, with the same placeholders; nothing else is, and what gettext reads is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from kdcore.translation import DOMAIN, ENGLISH, languages, translator
from scripts.messages import FOLDER, Text, as_mo, as_po, collected, read, strings, updated

LANGUAGES = languages()[1:]
TEXTS = collected()
PLACEHOLDERS = re.compile(r"\{[^{}]*\}")
MARKS = ("`", "**", "$", "](")
"""Markdown that a translation has as often as the text."""


def text_of(message: Message) -> Text:
    one, many = message.id if isinstance(message.id, (tuple, list)) else (message.id, "")
    return Text(str(one), str(many), message.context or "")


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(FOLDER / request.param / "LC_MESSAGES" / f"{DOMAIN}.po")


def test_there_is_a_catalogue_in_chinese() -> None:
    assert languages()[0] == ENGLISH
    assert "zh_CN" in LANGUAGES
    assert len(TEXTS) > 2000


def test_no_text_is_missing_and_none_is_left_over(catalogue: Catalog) -> None:
    known = {text_of(message) for message in catalogue if message.id}
    assert {text.one for text in set(TEXTS) - known} == set(), "run `make messages`, then translate these"
    assert {text.one for text in known - set(TEXTS)} == set(), "run `make messages`"


def test_every_text_is_translated(catalogue: Catalog) -> None:
    untranslated = [m.id for m in catalogue if m.id and (m.fuzzy or not all(strings(m.string)))]
    assert untranslated == []


def test_placeholders_and_marks_are_those_of_the_text(catalogue: Catalog) -> None:
    faulty = [fault for message in catalogue if message.id for fault in faults(message)]
    assert faulty == []


def faults(message: Message) -> list[str]:
    """What a translation has otherwise than its text."""
    found: list[str] = []
    texts = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    wanted = {place for text in texts for place in PLACEHOLDERS.findall(text)}
    for done in strings(message.string):
        if set(PLACEHOLDERS.findall(done)) != wanted:
            found.append(f"{message.id}: placeholders {sorted(wanted)}, not {done}")
        found += [
            f"{message.id}: {mark} in {done}" for mark in MARKS if done.count(mark) != texts[0].count(mark)
        ]
    return found


@pytest.mark.parametrize(
    ("one", "done"),
    [("{n} images", "图像"), ("{n} images", "{m} 张图像"), ("**{n}** images", "{n} 张图像")],
)
def test_a_faulty_translation_is_found(one: str, done: str) -> None:
    assert faults(Message(one, done)) != []
    assert faults(Message("{n} images", "{n} 张图像")) == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_what_gettext_reads_is_what_translators_wrote(name: str) -> None:
    path = FOLDER / name / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue = updated(read(path), TEXTS)
    assert path.read_bytes() == as_po(catalogue), "run `make messages`"
    assert path.with_suffix(".mo").read_bytes() == as_mo(catalogue), "run `make messages`"


def test_a_text_that_nobody_translated_would_be_found(tmp_path: Path) -> None:
    write = tmp_path / "kdcore" / "new.py"
    write.parent.mkdir()
    write.write_text(
        'raise RunRefused(f"{run.id} has {len(marks)} marks, {a} and {b.a}.")\nsay(N_("Nobody knows this."))\n'
        '_("all" if every else "some")\nngettext("{n} mark", "{n} marks", n)\nepochs: int = field(1, N_("Help."), group="budget")\n',
        encoding="utf-8",
    )
    assert set(collected(tmp_path)) == {
        Text("{id} has {marks} marks, {a} and {a_2}.", context="error"),
        Text("Nobody knows this."),
        Text("all"),
        Text("some"),
        Text("{n} mark", "{n} marks"),
        Text("epochs"),
        Text("Help."),
        Text("budget"),
    }


def test_chinese_has_its_own_punctuation(catalogue: Catalog) -> None:
    """Full-width marks after Chinese signs, and a blank between these and Latin letters or digits."""
    if str(catalogue.locale) != "zh_Hans_CN":
        return
    wrong = [
        done
        for message in catalogue
        if message.id
        for done in strings(message.string)
        if re.search(r"[\u4e00-\u9fff][,;:!?]|[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", done)
    ]
    assert wrong == []


def test_a_language_without_a_catalogue_reads_english() -> None:
    assert translator("de").gettext("Soft targets") == "Soft targets"
    assert translator("zh_CN").gettext("Soft targets") == "软目标"

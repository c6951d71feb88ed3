"""Every text is in every catalogue, translated, with the same placeholders; nothing else is, and what gettext reads is up to date."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from dashboard.components import language_switch
from kdcore import translation
from kdcore.translation import DOMAIN, ENGLISH, languages, translator
from scripts.messages import FOLDER, ROOT, Text, as_mo, as_po, collected, read, strings, updated

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
        '_("all" if every else "some")\nngettext("{n} mark", "{n} marks", n)\npgettext("of a class", "precision")\nepochs: int = field(1, N_("Help."), group="budget")\n',
        encoding="utf-8",
    )
    assert set(collected(tmp_path)) == {
        Text("{id} has {marks} marks, {a} and {a_2}.", context="error"),
        Text("Nobody knows this."),
        Text("all"),
        Text("some"),
        Text("{n} mark", "{n} marks"),
        Text("precision", context="of a class"),
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


def test_emphasis_in_chinese_is_emphasis(catalogue: Catalog) -> None:
    """Markdown closes none after a full-width mark that a letter follows, and opens none before one that follows a letter."""
    assert broken_emphasis("**代价：**教师")
    assert not broken_emphasis("**代价**：教师 **P** 开始，**R** 画圈")
    found = [done for message in catalogue for done in strings(message.string) if broken_emphasis(done)]
    assert found == []


def broken_emphasis(text: str) -> bool:
    parts = text.split("**")
    return any(
        (re.match(r"[（“]", parts[at]) and re.search(r"[^\s，。：；？！、（“]$", parts[at - 1]))
        or (
            re.search(r"[，。：；？！、）”]$", parts[at])
            and re.match(r"[^\s，。：；？！、）”]", parts[at + 1])
        )
        for at in range(1, len(parts) - 1, 2)
    )


SENTENCE = re.compile(r"['A-Z{][^\n]*[a-z]{2,} [a-z]+ [a-z]+[^\n]*[.?]")
NOT_SHOWN = ("export/training_script", "methods/smooth_labels", "cli/main", "handout/vega_modules", "inference/worker", "runs/worker", "runs/ray/driver", "components/error_boundary", "studies/hinton2015", "api/result", "losses/closed_form", "kdcore/plan", "handout/__main__")  # fmt: skip
"""Files with sentences for programs and logs, and one that prints a report of its own."""


def test_every_sentence_in_the_code_can_be_translated() -> None:
    """What is not marked where it stands, as a constant that is raised elsewhere, is found by looking like a sentence."""
    known = {re.sub(r"{[^}]*}", "{}", form) for text in TEXTS for form in (text.one, text.many)}
    left = [
        f"{path.relative_to(ROOT)}: {sentence}"
        for package in ("kdcore", "dashboard")
        for path in sorted((ROOT / package).rglob("*.py"))
        if not any(name in str(path) for name in NOT_SHOWN)
        for sentence in sentences_of(ast.parse(path.read_text("utf-8")))
        if sentence.strip() not in known and sentence not in known
    ]
    assert left == []


def sentences_of(tree: ast.Module) -> Iterator[str]:
    """Strings that read like sentences, their values left out; without docstrings and what is no string by itself."""
    docstrings = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    parts = {
        id(part)
        for one in ast.walk(tree)
        if isinstance(one, ast.JoinedStr)
        for part in ast.walk(one)
        if part is not one
    }
    for one in ast.walk(tree):
        if id(one) in docstrings | parts:
            continue
        text = one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else ""
        if isinstance(one, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in one.values)
        if SENTENCE.fullmatch(text.strip()):
            yield re.sub(r"{[^}]*}", "{}", text)


def test_a_language_without_a_catalogue_reads_english() -> None:
    assert translator("de").gettext("Soft targets") == "Soft targets"
    assert translator("zh_CN").gettext("Soft targets") == "软目标"


def test_a_language_that_is_only_begun_is_offered_and_the_rest_of_it_reads_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = {text: text.one.upper() for text in [*TEXTS] if not text.many and not text.context}
    catalogue = updated(Catalog(locale="de", domain=DOMAIN), TEXTS)
    for text in [*begun][:20]:
        catalogue[text.one].string = begun[text]
    file = tmp_path / "de" / "LC_MESSAGES" / f"{DOMAIN}.mo"
    file.parent.mkdir(parents=True)
    file.write_bytes(as_mo(catalogue))
    kept = (translation.languages, translation.written_language, translator, language_switch.own_names)
    monkeypatch.setattr(translation, "FOLDER", tmp_path)
    for one in kept:
        one.cache_clear()
    try:
        assert language_switch.own_names() == {"en": "English", "de": "Deutsch"}
        assert translation.written_language("de-CH") == "de"
        read_by = [translator("de").gettext(text.one) for text in [*begun][:21]]
        assert read_by == [*[*begun.values()][:20], [*begun][20].one]
        assert translator("de").ngettext("{n} run", "{n} runs", 2) == "{n} runs"
    finally:
        monkeypatch.undo()
        for one in kept:
            one.cache_clear()

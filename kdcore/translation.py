"""Texts in another language: the catalogues, and sentences that were filled in before anybody knew who would read them.

A text that is written where it is shown passes through a translator there. An error's sentence is made in English, deep inside,
stored with its run and handed from process to process; where it is shown, its template is found again (`translated_sentence`).
`scripts/messages.py` collects both kinds; those of errors stand in the catalogue under the context `ERROR`.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from string import Formatter

DOMAIN = "stillroom"
ENGLISH = "en"
PSEUDO = "en_XA"
"""A language for tests: English with accents, longer, and marked at both ends."""
ERROR = "error"
FOLDER = Path(__file__).with_name("locale")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_.@][A-Za-z0-9-]{1,12}){0,3}")
SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=\S)")
COMPLAINT = re.compile(r"([\w.]+): (.+)\.", re.DOTALL)
"""A field's name and what is wrong with it."""
TELLING, FEWEST = 20, 6
"""Letters by which a template is known among all texts, and among those of errors."""
NAMES = ("name", "path", "parameter", "key", "field")
"""Placeholders of what is called so in links, files and flags in every language."""
SENTENCES, WITHIN_ONE = ".", r"(?:(?![.!?] +\S).)"
"""What may fill a placeholder: sentences where it stands before or after all else, else no more than a part of one."""
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
FORMAT = re.compile(r"(?<=\w):[^{}]*\}")
"""How a placeholder's number is written: in a sentence that was filled in before it is text already."""
_spoken: ContextVar[str] = ContextVar("spoken", default="")
_ACCENTED = str.maketrans("aceinosuyAEINOSUY", "áçéíñóšúýÁÉÍÑÓŠÚÝ")


class PseudoTranslations(gettext.NullTranslations):
    """English that shows what was not translated, and what is cut off in a language of longer words."""

    def gettext(self, message: str) -> str:
        """The text with accents outside of its placeholders, 40 % longer, between marks."""
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form that English takes, in the same way."""
        return pseudo(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """The text in the same way: English says it alike in each sense."""
        return pseudo(message)


class CatalogueTranslations(gettext.GNUTranslations):
    """gettext's own, quicker where a text is known: a page asks for hundreds at every run of its script."""

    _catalog: dict[object, str]

    def gettext(self, message: str) -> str:
        """The translation, or what gettext makes of a text that has none."""
        found = self._catalog.get(message)
        return super().gettext(message) if found is None else found


@dataclass(frozen=True)
class ErrorTemplate:
    """How the sentence of an error reads in English, and in another language."""

    template: str
    translation: str

    def values(self, text: str) -> dict[str, str] | None:
        """What fills the placeholders where the text is such a sentence, else None."""
        if any(words not in text for words in self._words):
            return None  # most are none: it would take long to compile them all
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(words for words, *_field in Formatter().parse(self.template))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = [(words, field) for words, field, *_rest in Formatter().parse(self.template)]
        pieces, seen = [], set()
        for i, (words, field) in enumerate(parts):
            last, after = i + 1 == len(parts), "" if i + 1 == len(parts) else parts[i + 1][0]
            pieces.append(re.escape(words))
            if field in seen:
                pieces.append(f"(?P={field})")
            elif field:
                seen.add(field)
                whole = last or (not i and not words and re.match(r" [A-Z]", after))
                pieces.append(f"(?P<{field}>{SENTENCES if whole else WITHIN_ONE}*?)")
        return re.compile("".join(pieces), re.DOTALL)


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Have `say` speak the language of a reader of `name` in here."""
    token = _spoken.set(written_language(name) if name else "")
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken_language() -> str:
    """The language of `speaking`; empty outside of it."""
    return _spoken.get()


def say(text: str) -> str:
    """The text in the language of `speaking`; in English outside of it."""
    return translator(_spoken.get() or ENGLISH).gettext(text) if text else ""


def say_count(one: str, many: str, n: int) -> str:
    """The form of a counted text that fits `n`, in that language."""
    return translator(_spoken.get() or ENGLISH).ngettext(one, many, n)


@cache
def languages() -> tuple[str, ...]:
    """The languages to choose from: English, then those with a catalogue."""
    return (ENGLISH, *sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


@cache
def written_language(name: str) -> str:
    """The language of the catalogue that a reader of `name` (`de-CH`, `zh_CN.UTF-8`) gets; English where there is none."""
    if not LANGUAGE.fullmatch(name):
        return ENGLISH
    wanted = re.split(r"[.@]", name)[0].replace("-", "_")
    if wanted.lower() == PSEUDO.lower():
        return PSEUDO
    for fits in (wanted.lower().__eq__, lambda known: known.split("_")[0] == wanted.lower().split("_")[0]):
        if found := next((known for known in languages() if fits(known.lower())), ""):
            return found
    return ENGLISH


@cache
def translator(name: str) -> gettext.NullTranslations:
    """What translates into the language of that catalogue."""
    if name == PSEUDO:
        return PseudoTranslations()
    if name == ENGLISH or name not in languages():
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, [name], class_=CatalogueTranslations)


def pseudo(text: str) -> str:
    """The text in the language for tests."""
    if not text:
        return text
    parts = re.split(f"({PLACEHOLDER.pattern})", text)
    accented = "".join(part if PLACEHOLDER.fullmatch(part) else part.translate(_ACCENTED) for part in parts)
    return f"⟦{accented}{'·' * round(0.4 * len(text))}⟧"


@lru_cache(maxsize=4096)
def translated_sentence(text: str, name: str) -> str:
    """An error's English sentence, or several of them, in the language of that catalogue; what no template fits stays as it is."""
    if not text or name == ENGLISH:
        return text
    if name == PSEUDO:
        return text if "⟦" in text else pseudo(text)
    if (whole := _whole(text, name)) is not None:
        return whole
    ends = [found.start() for found in SENTENCE_END.finditer(text)]
    for end in reversed(ends):
        if (first := _whole(text[:end], name)) is not None:
            return first + _between(first) + translated_sentence(text[end:].lstrip(), name)
    if not ends:
        return text
    first, rest = text[: ends[0]], text[ends[0] :].lstrip()
    return f"{first} {translated_sentence(rest, name)}"


def _between(sentence: str) -> str:
    """What stands between a sentence and the next one: nothing after a full-width full stop."""
    return "" if sentence.endswith(("。", "！", "？", "：", "；")) else " "


def _whole(text: str, name: str) -> str | None:
    """The translation of a text that one template fits, or that stands in the catalogue as it is."""
    literal, templates = _error_templates(name)
    if text in literal:
        return literal[text]
    known = translator(name)
    if (plain := known.gettext(text)) != text:
        return plain
    for template in templates:
        if (filled := template.values(text)) is not None:
            values = {key: value if key in NAMES else _value(value, name) for key, value in filled.items()}
            return FORMAT.sub("}", template.translation).format(**values)
    if (found := COMPLAINT.fullmatch(text)) and (reason := _whole(found[2], name)):
        return f"{found[1]}: {reason}."
    return None


def _value(text: str, name: str) -> str:
    """What fills a placeholder: a name or a number as it is, a sentence or a marked word translated."""
    return translated_sentence(text, name) if re.search(r"[A-Za-z] [a-z]", text) or text.isalpha() else text


@cache
def _error_templates(name: str) -> tuple[Mapping[str, str], tuple[ErrorTemplate, ...]]:
    """The errors' sentences without placeholders, and the templates of the others, those with the most words first."""
    entries = dict(_of_errors(translator(name)))
    literal = {text: done for text, done in entries.items() if not PLACEHOLDER.search(text)}
    templates = sorted(entries.keys() - literal.keys(), key=lambda text: -len(_words(text)))
    unescaped = {text.replace("{{", "{").replace("}}", "}"): done for text, done in literal.items()}
    return unescaped, tuple(
        ErrorTemplate(text, entries[text]) for text in templates if len(_words(text)) >= FEWEST
    )


def _words(template: str) -> str:
    """The letters of a template outside of its placeholders."""
    return re.sub(r"[^A-Za-z]", "", PLACEHOLDER.sub("", template))


def _of_errors(known: gettext.NullTranslations) -> Iterator[tuple[str, str]]:
    catalogue: Mapping[object, str] = getattr(known, "_catalog", {})
    for key, done in catalogue.items():
        context, _, text = key.rpartition("\x04") if isinstance(key, str) else ("", "", "")
        if context == ERROR or (PLACEHOLDER.search(text) and len(_words(text)) >= TELLING):
            yield text, done

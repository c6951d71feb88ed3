"""Collect the texts, bring every catalogue up to date, and compile it: `python -m scripts.messages`, or `make messages`.

A text is what is marked with `_`, `N_`, `ngettext`, `pgettext` or a function that translates for the library (`say`, `translate`, `count`), the
help of a command's flag, and the sentence of an error: whatever is raised, and what `N_` marks while its values are filled in.
Placeholders of an f-string are named after what stands there: {entry.title} is {title}.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from kdcore import errors
from kdcore.translation import DOMAIN, ERROR

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "kdcore" / "locale"
PACKAGES = ("kdcore", "dashboard")
MARKS = {"_", "N_", "say", "translate"}
COUNTED = {"ngettext", "count", "counted_in_english", "say_count"}
IN_A_SENSE = "pgettext"
"""Takes the sense first: a text's context in the catalogue."""
IN_TEMPLATES = re.compile(r'\bsay\("([^"]+)"\)')
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""In place of the time of writing: the same texts give the same file."""
NAMED = {"Stage": 0, "Parameter": 0, "Term": 1, "Figure": 1, "Notes": 9}
"""What makes a part of a method, and which of its arguments is the name."""
OWN = {
    name
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, errors.StillroomError)
}
"""Errors that a user can act on, wherever they are made."""
NO_SENTENCES = {
    "KeyError",
    "RuntimeError",
    "FileNotFoundError",
    "SystemExit",
    "NotImplementedError",
    "AssertionError",
}


@dataclass(frozen=True)
class Text:
    """A text to translate. many: its other form, empty where it counts nothing. context: of what kind it is."""

    one: str
    many: str = ""
    context: str = ""


def main(arguments: list[str]) -> int:
    """Bring each catalogue up to date; a further argument, a language such as `de`, makes a new one."""
    for name in arguments:
        (FOLDER / name / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    texts = collected()
    print(f"{len(texts)} texts")
    for folder in sorted(FOLDER.glob("*/LC_MESSAGES")):
        path = folder / f"{DOMAIN}.po"
        old = read(path) if path.exists() else Catalog(locale=folder.parent.name, domain=DOMAIN)
        catalogue = updated(old, texts)
        path.write_bytes(as_po(catalogue))
        path.with_suffix(".mo").write_bytes(as_mo(catalogue))
        missing = sum(1 for message in catalogue if message.id and not all(strings(message.string)))
        print(f"{folder.parent.name}: {missing} to translate")
    return 0


def collected(root: Path = ROOT) -> dict[Text, list[str]]:
    """Every text, with the files that it stands in."""
    found: dict[Text, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            for text in texts_in(ast.parse(path.read_text(encoding="utf-8")), in_shell="/cli/" in f"/{name}"):
                places = found.setdefault(text, [])
                if name not in places:
                    places.append(name)
        for path in sorted((root / package).rglob("*.jinja")):
            for one in IN_TEMPLATES.findall(path.read_text(encoding="utf-8")):
                found.setdefault(Text(one), []).append(path.relative_to(root).as_posix())
    return found


def texts_in(tree: ast.Module, *, in_shell: bool = False) -> Iterator[Text]:
    """The texts of one file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if called(node.exc) not in NO_SENTENCES | OWN:
                yield from sentences([*node.exc.args])
        elif isinstance(node, ast.Call):
            if called(node) in OWN:
                yield from sentences([*node.args])
            yield from marked(node)
            yield from named(node)
            if in_shell:
                yield from helps(node)
        elif isinstance(node, ast.AnnAssign):
            yield from field_name(node)


def marked(call: ast.Call) -> Iterator[Text]:
    """The text of a call that marks one."""
    name = called(call)
    if name in MARKS and call.args and ast.unparse(call.func) != "self.say":
        if isinstance(call.args[0], ast.JoinedStr):
            yield from worded(template(call.args[0]))
        else:
            yield from (Text(text) for text in literals(call.args[0]))
    elif name == IN_A_SENSE:
        sense, text = ([*literals(argument)] for argument in call.args)
        yield from (Text(one, context=context) for context in sense for one in text)
    elif name in COUNTED and len(call.args) > 1:
        one, many = ([*literals(argument)] for argument in call.args[:2])
        yield from (Text(*pair) for pair in zip(one, many, strict=True))


def field_name(node: ast.AnnAssign) -> Iterator[Text]:
    """What a field of an experiment is called, if that is what is declared there: with its default and its help."""
    value, target = node.value, node.target
    if not (isinstance(value, ast.Call) and isinstance(target, ast.Name)):
        return
    if called(value) == "field" and len(value.args) == 2:
        yield Text(target.id.replace("_", " "))
        yield from (
            Text(text) for word in value.keywords if word.arg == "group" for text in literals(word.value)
        )


def named(call: ast.Call) -> Iterator[Text]:
    """What a method or a fault calls its stages, terms, figures and settings: their names are shown."""
    if called(call) not in NAMED:
        return
    names = call.args[NAMED[called(call)] :][:1]
    names += call.args[5:6] if called(call) == "Parameter" else []
    measured = [
        argument
        for argument in (*call.args, *(word.value for word in call.keywords))
        if isinstance(argument, ast.Dict)
    ]
    names += [key for found in measured for key in found.keys if key] if called(call) == "Notes" else []
    for name in names:
        if isinstance(name, ast.JoinedStr):
            yield Text(template(name), context=ERROR)
        else:
            yield from (Text(text.replace("_", " ")) for text in literals(name))


def helps(call: ast.Call) -> Iterator[Text]:
    """What `--help` says of a command, a flag or a group of flags."""
    arguments = [word.value for word in call.keywords if word.arg in ("help", "description")]
    if called(call) in ("add_command", "add_argument_group"):
        arguments += call.args[-1:]
    if called(call) == "tell":
        arguments += call.args[:1]
    if called(call) == "print_table" and isinstance(call.args[0], ast.List):
        arguments += call.args[0].elts
    for argument in arguments:
        if isinstance(argument, ast.JoinedStr):
            yield from worded(template(argument))
        else:
            yield from (Text(text.strip()) for text in literals(argument))


def worded(text: str) -> Iterator[Text]:
    """A sentence that is filled in, if it has any words of its own."""
    if re.search(r"[A-Za-z]{2}", re.sub(r"\{[^}]*\}", "", text)):
        yield Text(text.strip(), context=ERROR)


def sentences(arguments: list[ast.expr]) -> Iterator[Text]:
    """What an error says: its first argument, written out or filled in there."""
    for argument in arguments[:1]:
        if isinstance(argument, ast.JoinedStr):
            yield Text(template(argument), context=ERROR)
        else:
            yield from (Text(text, context=ERROR) for text in literals(argument) if " " in text)


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def template(node: ast.JoinedStr) -> str:
    """An f-string as a text with named placeholders."""
    parts, names = [], dict[str, str]()
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value).replace("{", "{{").replace("}", "}}"))
        elif isinstance(value, ast.FormattedValue):
            source = ast.unparse(value.value)
            if source not in names:
                name = placeholder(value.value)
                taken = sum(1 for other in names.values() if re.fullmatch(rf"{name}(_\d+)?", other))
                names[source] = f"{name}_{taken + 1}" if taken else name
            parts.append(f"{{{names[source]}}}")
    return "".join(parts)


def placeholder(node: ast.expr) -> str:
    """What a value is called: the last name in the expression that makes it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().strip("_")
        case ast.Call(func=ast.Attribute(attr="join"), args=[inner, *_]):
            return placeholder(inner)
        case ast.Call(args=[inner, *_]):
            return placeholder(inner)
        case ast.Call(func=inner):
            return placeholder(inner)
        case ast.Subscript(value=inner) | ast.Starred(value=inner) | ast.UnaryOp(operand=inner):
            return placeholder(inner)
        case ast.BinOp(left=left, right=right):
            return placeholder(right if isinstance(left, ast.Constant) else left)
        case ast.IfExp(body=inner) | ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner):
            return placeholder(inner)
    return "value"


def called(call: ast.Call) -> str:
    """The name of what is called."""
    return ast.unparse(call.func).rpartition(".")[2]


# ---- catalogues ---------------------------------------------------------------------------------------------------


def updated(old: Catalog, texts: dict[Text, list[str]]) -> Catalog:
    """A catalogue of these texts, with the translations that the old one has; nothing is guessed, and nothing unused is kept."""
    new = Catalog(locale=old.locale, domain=DOMAIN, project="Stillroom", charset="utf-8", fuzzy=False)
    new.creation_date = new.revision_date = NO_DATE
    new.header_comment = "# Stillroom's texts. Brought up to date by `make messages`; docs/translating.md says how to translate."
    for text, places in sorted(texts.items(), key=lambda entry: (entry[1][0], entry[0].one)):
        identity = (text.one, text.many) if text.many else text.one
        known = old.get(text.one, text.context or None)
        flags = {"python-brace-format"} if "{" in text.one else set()
        new.add(
            identity,
            known.string if known is not None and bool(known.pluralizable) == bool(text.many) else None,
            locations=[
                (place, cast(int, None)) for place in places
            ],  # without lines, which every edit would change
            flags=flags,
            context=text.context or None,
        )
        if (added := new.get(text.one, text.context or None)) is not None:
            added.flags.discard("python-format")  # "5 % of sweeps" is no format
    return new


def strings(string: object) -> list[str]:
    """The forms of a translation."""
    return [str(form) for form in string] if isinstance(string, (tuple, list)) else [str(string or "")]


def read(path: Path) -> Catalog:
    """A catalogue's file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain=DOMAIN)


def as_po(catalogue: Catalog) -> bytes:
    """A catalogue as translators edit it."""
    out = io.BytesIO()
    write_po(out, catalogue, width=110, omit_header=True)
    head = f'{catalogue.header_comment}\nmsgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    head += f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    return head.encode() + out.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """A catalogue as gettext reads it: the same bytes for the same texts."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

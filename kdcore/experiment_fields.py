"""The fields of an experiment one by one: bounds, choices and help, what a field is called and how its value reads.

The models themselves stand in `kdcore.experiment`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from kdcore.texts import N_

PARAMETER_PREFIX = "parameters."
"""Precedes the name of a method's own setting where it stands among fields."""
LABELS = {"temperature": N_("T"), "teacher_weight": N_("weight on teacher"), "count": N_("images")}
"""Of fields that are not called by their own names."""
TEACHERS = "teacher_"
"""Precedes the name of a field of the recipe where it is the teacher's."""
OF_THE_TEACHER = N_("teacher {setting}")
Translate = Callable[[str], str]


def field(default: Any, help: str, *, group: str, hot: bool = False, **bounds: Any) -> Any:
    """A pydantic field with its line of help, the group it is shown in, and whether it may change mid-run."""
    return Field(default, description=help, json_schema_extra={"group": group, "hot": hot}, **bounds)


def field_label(name: str, translate: Translate = str) -> str:
    """What a sentence or an axis calls a field, or a method's own setting."""
    if name.startswith(TEACHERS) and name not in (*LABELS, "teacher_seed"):
        return translate(OF_THE_TEACHER).format(setting=field_label(name.removeprefix(TEACHERS), translate))
    return translate(LABELS.get(name, name.removeprefix(PARAMETER_PREFIX).replace("_", " ")))


def value_text(
    value: Any, translate: Translate = str, *, separator: str = ", ", empty: str = N_("none")
) -> str:
    """How the value of a field reads. `separator` stands between the members of a tuple, `empty` for one without any."""
    match value:
        case None:
            return translate(N_("all"))
        case bool():
            return translate(N_("yes")) if value else translate(N_("no"))
        case float():
            return f"{value:g}"
        case dict():
            parts = [f"{name} = {setting:g}" for name, setting in value.items()]
            return separator.join(parts) or translate(empty)
        case tuple() | list():
            return separator.join(map(str, value)) or translate(empty)
    return str(value)


class FlatField:
    """One field by its flat name: where it lives in an experiment, and what pydantic knows of it."""

    def __init__(self, path: tuple[str, ...], info: FieldInfo) -> None:
        self.path = path
        self.info = info
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        self.group = str(extra.get("group", ""))
        # The teacher's recipe has the same fields as the students', but its training takes no hot changes.
        self.hot = bool(extra.get("hot", False)) and path[0] != "teacher_recipe"
        self.help = info.description or ""
        self.default = info.default

    def bound(self, kind: Literal["ge", "gt", "le", "lt"]) -> float | None:
        """The bound of that kind, or None."""
        return next(
            (getattr(m, kind) for m in self.info.metadata if getattr(m, kind, None) is not None), None
        )

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words of a field that is a choice, else empty."""
        annotation = self.info.annotation
        return get_args(annotation) if get_origin(annotation) is Literal else ()

    @property
    def takes(self) -> str:
        """Which values it takes, to end a sentence with."""
        annotation = self.info.annotation
        if self.choices:
            return N_(f"{', '.join(self.choices[:-1])} or {self.choices[-1]}")
        if annotation is bool:
            return N_("yes or no")
        if annotation is str:
            return N_("a name of up to 64 letters, digits, dots, dashes and underscores")
        if get_origin(annotation) is tuple:
            return N_("class numbers such as 0,3")
        if get_origin(annotation) is dict:
            return N_("a number for each setting")
        return self._numbers_taken(whole=annotation is not float)

    def _numbers_taken(self, *, whole: bool) -> str:
        low, above = self.bound("ge"), self.bound("gt")
        high, below = self.bound("le"), self.bound("lt")
        match whole, low is not None, high is not None:
            case True, True, True:
                return N_(f"a whole number, {low} to {high}")
            case True, _, _:
                return N_(f"a whole number, {low if above is None else above} to less than {below}")
            case False, True, True:
                return N_(f"a number, {low} to {high}")
            case False, True, False:
                return N_(f"a number, {low} to less than {below}")
            case False, False, True:
                return N_(f"a number, more than {above} to {high}")
        return N_(f"a number, more than {above} to less than {below}")


def flat_fields(model: type[BaseModel], nested: Mapping[str, str]) -> dict[str, FlatField]:
    """Every field of a model by its flat name; the fields of its `nested` models behind the prefix that each has there."""
    flat: dict[str, FlatField] = {}
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if name in nested and isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for inner, inner_info in annotation.model_fields.items():
                flat[nested[name] + inner] = FlatField((name, inner), inner_info)
        else:
            flat[name] = FlatField((name,), info)
    return flat

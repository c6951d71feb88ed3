"""How the value that a sweep's recipe has itself compares with the one that is best on validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcore.studies.sweep_findings import Findings, Say, SettingErrors, settings_named
from kdcore.texts import N_


def own_value_sentence(result: Findings | None, own: Mapping[str, Any], say: Say = str) -> str:
    """Whether the recipe's own setting can be told from the best, by the errors; empty where one seed or one setting was trained.

    own: what the recipe around which the sweep goes has, by field.
    """
    if result is None or result.seeds == 1 or len(result.settings) == 1:
        return ""
    setting = next(
        (
            one
            for one in result.settings
            if all(own.get(name, None) == one.setting[name] for name in one.setting)
        ),
        None,
    )
    if setting is None:
        return ""
    template = _template(result, setting)
    return say(template).format(
        own=settings_named([setting], result.settings, say),
        best=settings_named([result.best], result.settings, say),
        n=result.seeds,
    )


def _template(result: Findings, own: SettingErrors) -> str:
    judged = result.judged[0]
    if own is result.best:
        return N_("The recipe itself has {own}: it is the best on validation.")
    if any(own is one for one in judged.worse):
        return N_("The recipe itself has {own}: it makes more errors than {best}.")
    if any(own is one for one in judged.better):
        return N_(
            "The recipe itself has {own}: it makes fewer errors than {best}, which is the best on validation only."
        )
    return N_(
        "The recipe itself has {own}. That {best} is better on validation may be chance: at {n} seeds their test errors cannot be told apart."
    )

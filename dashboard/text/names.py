"""What splits and networks are called on several pages."""

from __future__ import annotations

from html import escape

from dashboard.text.roles import Role
from dashboard.text.translation import _
from kdcore.texts import N_

SPLITS = {"validation": N_("validation"), "test": N_("test"), "train": N_("training")}


def split_title(split: str) -> str:
    """A split as it is said before the word images."""
    return _(SPLITS[split])


def network_html(role: Role, name: str) -> str:
    """A network's mark and name in its role's colour."""
    return f'<span class="{role.css} who">{role.mark} {escape(name)}</span>'

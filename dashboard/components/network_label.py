"""The label of a network: its role's mark and its name, in the role's colour."""

from __future__ import annotations

from html import escape

from dashboard.text.roles import Role, role


def network_html(role: Role, name: str) -> str:
    """A network's mark and name as HTML."""
    return f'<span class="{role.css} who"{meaning(role)}>{role.mark} {escape(name)}</span>'


def role_html(name: str) -> str:
    """A role's mark and label as HTML."""
    known = role(name)
    return f'<span class="{known.look} who"{meaning(known)}>{known.mark} {escape(known.label)}</span>'


def meaning(role: Role) -> str:
    """What the role is as the attribute `title`; empty where it says nothing."""
    return f' title="{escape(role.meaning)}"' if role.meaning else ""

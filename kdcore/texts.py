"""Marking texts for translation in a library that shows nothing itself."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a deferred mark
    """Mark `text` for the message catalogue and return it unchanged; it is translated where it is shown."""
    return text

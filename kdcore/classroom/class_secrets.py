"""The code by which students find a class, and the secret by which a browser becomes its lecturer's."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without signs that are read for one another: 0 and O, 1, I and L."""
CODE_LENGTH = 6
CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}")
SECRET = re.compile(r"[A-Za-z0-9_-]{32}")
KEY = re.compile(rf"({CODE.pattern})\.({SECRET.pattern})")
"""What the lecturer's link carries behind its #."""


def new_code() -> str:
    """About 30 random bits: a class is found with it, nothing else. Read aloud in one breath."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def new_secret() -> str:
    """192 random bits: whoever has them is the lecturer."""
    return secrets.token_urlsafe(24)


def tidy_code(text: str) -> str:
    """A code as it was typed, with blanks, hyphens or small letters; empty where it is none."""
    typed = re.sub(r"[\s-]", "", text[:40]).upper()
    return typed if CODE.fullmatch(typed) else ""


def digest_of(secret: str) -> str:
    """How a secret is stored: whoever reads the database is no lecturer by that."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, digest: str) -> bool:
    """Whether this is the secret of that digest; takes equally long whatever was given."""
    return hmac.compare_digest(digest_of(secret), digest)


def split_key(text: str) -> tuple[str, str]:
    """Code and secret of a lecturer's link; both empty where it is none."""
    found = KEY.fullmatch(text)
    return (found[1], found[2]) if found else ("", "")

from __future__ import annotations

import pytest

from dashboard.text.translation import WORD_JOINER, plain


@pytest.mark.parametrize(
    "text", ["https://evil.test", "HTTP://evil.test", "www.evil.test", "a@evil.test", "(www.evil.test)"]
)
def test_a_bare_address_is_kept_apart(text: str) -> None:
    shown = plain(text).replace("\\", "")
    assert shown.replace(WORD_JOINER, "") == text
    assert shown != text


@pytest.mark.parametrize("text", ["T = 20, 1.5", "Who wins? 3 : 2", "a@", "www"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert plain(text).replace("\\", "") == text


def test_nothing_that_markdown_reads_is_left() -> None:
    assert plain("![i](x) <b>") == r"\!\[i\]\(x\) \<b\>"

"""The reference in the manual is what the code says, and its examples hold."""

from __future__ import annotations

import doctest

import pytest

import kdcore
from scripts import api_reference


def test_the_manual_has_what_the_docstrings_say() -> None:
    text = api_reference.FILE.read_text(encoding="utf-8")
    assert api_reference.page() == text, "python -m scripts.api_reference"


def test_everything_that_is_offered_is_in_it() -> None:
    described = {*api_reference.FUNCTIONS, *api_reference.CLASSES}
    assert {*kdcore.__all__} - described == {"Experiment", "StillroomError"}
    assert all(getattr(kdcore, name).__doc__ for name in kdcore.__all__)
    with pytest.raises(AttributeError, match="no attribute 'distil'"):
        kdcore.distil  # noqa: B018


@pytest.mark.parametrize("name", api_reference.FUNCTIONS)
def test_the_examples_hold(name: str) -> None:
    function = getattr(kdcore, name)
    found = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    results = [doctest.DocTestRunner().run(one) for one in found]
    assert [one.failed for one in results] == [0]
    if name not in ("trained", "result"):
        assert results[0].attempted > 0

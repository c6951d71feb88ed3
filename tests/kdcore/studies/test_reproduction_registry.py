"""Papers are found by being in their folder, by their file's name."""

from __future__ import annotations

import pytest

from kdcore.errors import RunRefused
from kdcore.studies.reproduction_registry import paper, paper_names, papers


def test_a_paper_has_the_name_of_its_file_and_the_oldest_comes_first() -> None:
    assert sorted(papers()) == paper_names()
    years = [name[-4:] for name in papers()]
    assert years == sorted(years)
    assert all(paper(name).name == name for name in paper_names())


def test_another_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(RunRefused, match="no reproduction 'hinton1986'"):
        paper("hinton1986")

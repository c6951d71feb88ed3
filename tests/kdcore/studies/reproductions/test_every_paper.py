"""Every paper is whole, varies one thing, claims something about networks that there are, and runs on digits."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore import networks, teachers
from kdcore.methods.stages import stages_of
from kdcore.runs.store import Store
from kdcore.studies import reproduction_runs
from kdcore.studies.reproduction import Paper
from kdcore.studies.reproduction_registry import papers
from kdcore.studies.reproduction_report import report
from tests.kdcore.studies.small_papers import on_digits

PAPERS = list(papers().values())
ISSUED = {"mueller2019", "cho2019", "mirzadeh2020", "stanton2021", "yuan2020", "beyer2022"}
ABOUT_THE_TEACHER = ("teacher",)
ABOUT_THE_METHOD = ("method", "parameters", "temperature")


def test_all_are_there() -> None:
    assert papers().keys() >= ISSUED


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_it_is_whole(paper: Paper) -> None:
    assert paper.seeds >= 3
    assert all((paper.title, paper.citation, paper.asks, paper.claims, paper.differs))
    for claim in paper.claims:
        assert all((claim.says, claim.paper, claim.source, claim.less.label, claim.more.label))
        parts = [*claim.less.parts, *claim.more.parts]
        assert parts
        assert {part.arm for part in parts} <= paper.arms.keys()
        assert claim.less != claim.more


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_its_arms_vary_one_thing(paper: Paper, tmp_path: Path) -> None:
    first = next(iter(paper.experiments.values()))
    assert len(paper.experiments) == len({one.hash for one in paper.experiments.values()})
    for experiment in paper.experiments.values():
        varied = {*experiment.changes(first)}
        rest = {name for name in varied if not name.startswith(ABOUT_THE_TEACHER)}
        assert rest <= {*ABOUT_THE_METHOD} or (len(varied) == 1)
        assert stages_of(experiment)
        assert networks.is_network(experiment.student)
        assert networks.is_network(experiment.teacher) or teachers.find(experiment.teacher, tmp_path)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_the_twin_is_not_the_teacher(paper: Paper) -> None:
    for arm in paper.arms:
        for seed in range(paper.seeds):
            experiment = paper.experiment(arm, seed)
            if experiment.teacher == experiment.student:
                assert experiment.teacher_seed != experiment.init_seed


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_it_runs_on_digits(paper: Paper, tmp_path: Path) -> None:
    small = on_digits(paper)
    *_, measured = reproduction_runs.measure(small, 2, Store(tmp_path), data_folder=tmp_path)
    assert measured.seeds == 2
    judged = reproduction_runs.judge(measured)
    assert [one.claim for one in judged] == [*paper.claims]
    assert all(len(one.less) == len(one.more) == 2 for one in judged)
    teachers = {run.networks["teacher"]["test_nll"] for run in measured.runs[next(iter(paper.arms))]}
    assert len(teachers) == (1 if paper.first_teacher_seed is None else 2)
    assert list(report(measured))

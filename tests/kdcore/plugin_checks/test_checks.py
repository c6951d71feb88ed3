"""`check-plugin`: the project's own networks and methods keep every check, and each check finds what breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdcore import networks, plugins
from kdcore.cli.main import main
from kdcore.methods.registry import methods
from kdcore.plugin_checks import check_file, method_checks, network_checks
from kdcore.plugin_checks.plugin_check import Question, answers
from tests.kdcore.plugin_files import FORMAT, METHOD, NETWORK, OF_THE_MANUAL

SECOND = "trains for a second"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What was checked is no plugin of the next test."""
    yield
    plugins.forget()


def without_training(questions: list[Question]) -> list[Question]:
    return [question for question in questions if question[0] != SECOND]


@pytest.mark.parametrize("name", methods())
def test_every_method_of_the_project_holds(name: str) -> None:
    checks = list(answers(name, without_training(method_checks.questions(methods()[name]))))
    assert [check for check in checks if not check.holds] == []
    assert len(checks) == 7


@pytest.mark.parametrize("name", [name for name in networks.TABLE if name not in ("resnet56", "resnet32x4")])
def test_every_network_of_the_project_holds(name: str) -> None:
    checks = list(answers(name, without_training(network_checks.questions(name, networks.TABLE[name]))))
    assert [check for check in checks if not check.holds] == []
    assert len(checks) == 6


@pytest.mark.parametrize("name", OF_THE_MANUAL)
def test_the_plugins_of_the_manual_hold(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(OF_THE_MANUAL[name], encoding="utf-8")
    assert main(["check-plugin", str(tmp_path / name)]) == 0
    printed = capsys.readouterr()
    assert "Every check holds." in printed.out
    assert "does not hold" not in printed.out
    assert printed.err == ""


BROKEN = [
    ("import not_there\n", "can be imported, and offers something new"),
    (NETWORK.replace("nn.Linear(64, classes)", "nn.Linear(64, 10)"), "logits of the wanted shape"),
    (NETWORK.replace("penultimate", "hidden"), "feature points"),
    (
        NETWORK.replace("self.classifier = ", "self.spare = nn.Linear(2, 2)\n        self.classifier = "),
        "a gradient reaches every weight",
    ),
    (
        NETWORK.replace("self.classifier = ", "self.start = nn.Parameter(torch.tensor(next(COUNT)))\n        self.classifier = ")
        .replace("return self.classifier(", "return self.start * self.classifier(")
        .replace("from torch import", "import itertools\n\nimport torch\nfrom torch import")
        .replace("class PatchNet", "COUNT = itertools.count(1.0)\n\n\nclass PatchNet"),
        "first weights depend on the seed alone",
    ),
    (
        NETWORK.replace("self.last(self.early(images))", "self.last(self.early(images - images.mean(dim=0)))"),
        "an image's logits do not depend on the others",
    ),
    (METHOD.replace('title=N_("Trusted teacher")', 'title=""'), "its card is whole"),
    (METHOD.replace('        "q": N_("the student\'s probabilities"),\n', ""), "every symbol of its formula is explained"),
    (
        METHOD.replace('frozen=("teacher",))', 'frozen=("teacher",), taps={"student": ("nowhere",)})'),
        "its stages suit networks that have every feature point",
    ),
    (
        METHOD.replace(".sum(dim=-1)).mean(dim=-1)", ".sum(dim=-1))"),
        "terms of the loss have a value a member, and are finite",
    ),
    (
        METHOD.replace('.outputs["student"].logits', '.outputs["student"].logits.detach()'),
        "a gradient reaches every network that learns",
    ),
    (
        METHOD.replace(".max(dim=-1).values", ".max(dim=-1).values.cumsum(dim=0)"),
        "the order of the images does not matter",
    ),
    (
        METHOD.replace("    labels = label", "    soft = soft.mean().expand(len(soft))\n    labels = label"),
        "members of a sweep do not touch each other",
    ),
    (
        METHOD.replace("    labels = label", "    soft = soft * (1 if len(batch.images) == 6 else float('nan'))\n    labels = label"),
        SECOND,
    ),
    (FORMAT.replace("f\"| {role}", "f\"| {time.time_ns()} {role}").replace("from __future__", "import time\nfrom __future__").replace("import time\nfrom __future__ import annotations", "from __future__ import annotations\n\nimport time"), "the same run gives the same files"),
    (FORMAT.replace('.encode()}', "}"), "makes its files"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what"), BROKEN, ids=[what for _text, what in BROKEN])
def test_what_breaks_a_check_is_found(
    text: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plugin.py").write_text(text, encoding="utf-8")
    assert main(["check-plugin", str(tmp_path / "plugin.py"), "--json"]) == 1
    checks = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [check["what"] for check in checks if not check["holds"]] == [what]
    assert next(check["found"] for check in checks if not check["holds"])


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    [only] = check_file(tmp_path / "nowhere.py")
    assert not only.holds
    assert "cannot be read" in only.found

from __future__ import annotations

import re

import pytest

from kdcore.cli.main import build_parser, main
from kdcore.cli.terminal import tell, terminal_language
from kdcore.data.picture_survey import LAYOUT
from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.experiment import Experiment
from kdcore.networks.adapters import without_maps
from kdcore.networks.refusals import refusal
from kdcore.translation import (
    ENGLISH,
    PSEUDO,
    pseudo,
    say,
    say_count,
    speaking,
    translated_sentence,
    written_language,
)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("zh-CN", "zh_CN"),
        ("zh_CN.UTF-8", "zh_CN"),
        ("zh-Hans-SG", "zh_CN"),
        ("zh", "zh_CN"),
        ("en-GB", ENGLISH),
        ("de-CH", ENGLISH),
        ("C", ENGLISH),
        ("../../etc", ENGLISH),
        ("", ENGLISH),
        ("en-XA", PSEUDO),
    ],
)
def test_a_reader_gets_the_catalogue_of_their_language(asked: str, written: str) -> None:
    assert written_language(asked) == written


def test_a_sentence_that_was_filled_in_is_translated_with_what_fills_it() -> None:
    assert (
        translated_sentence(
            "There is no run 'abc'. It may have been deleted, or its link was cut short.", "zh_CN"
        )
        == "没有运行“abc”。它可能已被删除，或链接不完整。"
    )
    assert "mlp-0" in (said := translated_sentence(refusal("mlp-0", (1, 8, 8), 10), "zh_CN"))
    assert "没有网络" in said


@pytest.mark.parametrize(
    "sentence",
    [
        refusal("nosuch", (1, 8, 8), 10),
        refusal("resnet9", (1, 8, 8), 10),
        refusal("own:net", (1, 8, 8), 10),
        without_maps({"student": {}}).format(method="Attention transfer"),
        f"There is no dataset 'x'; there are digits. Pictures of your own belong in a folder of that name in the data folder, as {LAYOUT}.",
        "Run abc123 does not count: it is stopped, not finished.",
        "Mean difference +2 over 3 seeds, p = 0.4: chance could make it; 7 seeds could tell.",
    ],
)
def test_no_english_is_left_in_a_sentence_made_of_parts(sentence: str) -> None:
    assert not re.search("[a-z]{3,} [a-z]{2,}", said := translated_sentence(sentence, "zh_CN")), said


def test_several_sentences_are_translated_one_by_one() -> None:
    with pytest.raises(InvalidExperiment) as refused:
        Experiment.from_flat({"epochs": 0, "temperature": -1.0})
    said = translated_sentence(str(refused.value), "zh_CN")
    assert said.startswith("这个实验不能运行。")
    assert "it takes" not in said
    assert "epochs = 0" in said


def test_what_no_template_fits_stays_as_it_is() -> None:
    for text in ("A sentence of somebody else's.", "mnist-cnn-medium", "", "7"):
        assert translated_sentence(text, "zh_CN") == text
    assert translated_sentence("A sentence.", ENGLISH) == "A sentence."
    chinese = "没有运行“abc”。它可能已被删除，或链接不完整。"
    assert translated_sentence(chinese, "zh_CN") == chinese


def test_errors_keep_their_english_until_they_are_shown() -> None:
    with speaking("zh_CN"):
        assert (
            str(
                RunRefused("The twin that this run took over from another one is gone. Start the run again.")
            )[0]
            == "T"
        )


def test_the_language_for_tests_is_longer_and_marked() -> None:
    assert pseudo("Take {n} seeds") == "⟦Táké {n} šéédš······⟧"
    with speaking("en-XA"):
        assert say("Soft targets").startswith("⟦")
        assert say_count("{n} seed", "{n} seeds", 2).startswith("⟦{n} šéédš")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, ENGLISH),
        ({"LANG": "C.UTF-8"}, ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN.UTF-8"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, ENGLISH),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh_CN.UTF-8"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh_CN"),
    ],
)
def test_a_terminal_speaks_the_language_of_its_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal_language() == language


def test_help_and_refusals_are_in_the_terminals_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.delenv("LANGUAGE", raising=False)
    with speaking("zh_CN"):
        said = build_parser().format_help()
    assert said.startswith("用法：")
    assert "软目标" not in said
    assert "训练一个教师" in said
    assert main(["runs", "show", "nobody"]) == 2
    assert "没有以“nobody”开头的运行" in capsys.readouterr().err
    with speaking("zh_CN"):
        tell("nothing trains or waits")
    assert capsys.readouterr().out == "没有正在训练或等待的运行\n"


def test_a_number_that_was_written_with_a_format_is_in_the_translation_as_it_was() -> None:
    said = "Its numbers are taken for probabilities: their logarithms are the logits, none below that of {floor:g}."
    assert "低于 1e-12 的" in translated_sentence(said.format(floor=1e-12), "zh_CN")
    assert translated_sentence("Left out: 3 .txt, 1 .gif.", "zh_CN") == "略去的文件：3 .txt, 1 .gif。"

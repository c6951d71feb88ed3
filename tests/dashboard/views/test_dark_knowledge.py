"""The comparing page without a browser: its numbers against scikit-learn and scipy, its charts, and what a link shows."""

from __future__ import annotations

import io
import json
import re
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from scipy import stats
from sklearn import metrics as reference
from streamlit.testing.v1 import AppTest

from dashboard.charts import confusion_matrix
from dashboard.charts.confusion_matrix import class_matrix_spec
from dashboard.charts.dendrogram import dendrogram_spec
from dashboard.charts.mean_soft_target_bars import mean_soft_target_spec
from dashboard.charts.projection_scatter_plot import CLOUD_DISTANCE
from dashboard.components.image_grid import GridPicture, image_grid_html
from dashboard.data import dataset_choices, image_selection, network_metrics, torch_imports
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.session import Key
from dashboard.text.roles import role
from dashboard.url.query_parameters import read_pair
from dashboard.views.dark_knowledge import (
    calibration,
    classes,
    confusions,
    costs,
    feature_map,
    fidelity,
    network_choice,
    risk_coverage,
    selection,
    similarity,
    view_choice,
    view_claims,
)
from dashboard.views.dark_knowledge.view_state import clicked
from kdcore.experiment import Experiment
from kdcore.inference import models, network_outputs
from kdcore.inference.models import InferenceModel
from kdcore.runs.run_record import Run
from tests.dashboard.conftest import BROWSER
from tests.dashboard.fake_manager import FakeManager
from tests.kdcore.inference.finished_run import finished_run

PAGE = "from dashboard.views.dark_knowledge.page import page\n\npage()\n"
UNKNOWN = Experiment().with_flat(teacher="mlp-50", student="mlp-20")  # nobody has trained this one
FAST = 0.5  # seconds for a view over 10,000 images


def network(who: str, names: tuple[str, ...], key: str = "run:abc") -> InferenceModel:
    return InferenceModel(
        f"{key}:{who}",
        who,
        f"net-{who}",
        "mlp-30",
        "digits",
        8,
        0,
        (1, 8, 8),
        names,
        (0.3,),
        (0.4,),
        Path("x"),
        who,
    )


def some_networks(n: int = 600, many: int = 5, *whos: str, seed: int = 0) -> ComparedNetworks:
    """Networks that know the labels more or less, over images that are their own number."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(many, (n,), generator=random)
    names = tuple(f"class {c}" for c in range(many))
    whos = whos or ("teacher", "twin", "student")
    logits = tuple(
        torch.randn(n, many, generator=random) + (3 - k) * torch.nn.functional.one_hot(labels, many)
        for k in range(len(whos))
    )
    pixels = np.zeros((n, 1, 8, 8), np.uint8)
    return ComparedNetworks(tuple(network(who, names) for who in whos), "test", labels, logits, pixels)


# ---------------------------------------------------------------------------------------------- numbers


def test_a_matrix_travels_a_cell_a_row() -> None:
    compared = some_networks()
    frame = confusions.confusion_frame(compared, 1, (2, 3))
    expected = reference.confusion_matrix(compared.labels, compared.logits[1].argmax(1))
    assert np.array_equal(frame["value"].to_numpy().reshape(5, 5), expected)
    assert frame.loc[frame["chosen"], ["label", "answer"]].to_numpy().tolist() == [[2, 3]]
    assert frame.loc[frame["diagonal"], "row"].tolist() == list(compared.classes)
    difference = confusions.difference_frame(compared, 1, 0, None)["value"].to_numpy().reshape(5, 5)
    assert np.array_equal(
        difference, expected - reference.confusion_matrix(compared.labels, compared.logits[0].argmax(1))
    )


def test_the_share_that_is_reproduced_is_spearmans() -> None:
    compared = some_networks()
    first, other = (
        similarity.similarity_frame(compared, k, 4.0, None).query("not diagonal")["value"] for k in (0, 2)
    )
    found = network_metrics.correlations(compared, 4.0)[2][0]
    assert found == pytest.approx(stats.spearmanr(first, other).statistic)
    assert f"the student reproduces {found:.2f}".replace(
        "-", "\N{MINUS SIGN}"
    ) in similarity.similarity_sentence(compared.spoken, network_metrics.correlations(compared, 4.0), "4")


def test_a_dendrogram_is_three_lines_a_joint() -> None:
    frame = similarity.dendrogram_frame([(0, 1, 0.5, 0.0, 0.2)])
    assert frame.to_numpy().tolist() == [[0, 0, 0, 0.5], [1, 1, 0.2, 0.5], [0, 1, 0.5, 0.5]]


def test_the_commonest_mistakes_are_those_of_any_network() -> None:
    labels = torch.tensor([0] * 6 + [1] * 6)
    said = (torch.tensor([0] * 6 + [2] * 2 + [1] * 4), torch.tensor([2] * 3 + [0] * 3 + [1] * 6))
    compared = some_networks(12, 3, "teacher", "student")
    logits = tuple(torch.nn.functional.one_hot(one, 3).float() for one in said)
    found = network_metrics.mistakes(replace(compared, labels=labels, logits=logits))
    assert [(mistake.cell, mistake.counts) for mistake in found] == [((0, 2), (0, 3)), ((1, 2), (2, 0))]


def test_a_cell_selects_what_any_network_answers_so_the_likeliest_first() -> None:
    compared = some_networks()
    found = image_selection.selected_images(compared, (1, 3))
    said = (
        np.array([(logits.argmax(1) == 3).numpy() for logits in compared.logits])
        & (compared.labels == 1).numpy()
    )
    assert set(found.images.tolist()) == set(np.flatnonzero(said.any(axis=0)).tolist())
    assert found.counts == tuple(said.sum(axis=1))
    belief = compared.logits[0].softmax(1)[torch.from_numpy(found.images), 3]
    assert bool((belief.diff() <= 0).all())
    means = image_selection.mean_beliefs(compared, (1, 3), 2.0)
    expected = (compared.logits[1][torch.from_numpy(found.images)].double() / 2).softmax(1).mean(0)
    np.testing.assert_allclose(means[1], expected)


def test_a_cell_that_nobody_answers_shows_what_comes_closest() -> None:
    compared = some_networks()
    sure = tuple(
        20.0 * torch.nn.functional.one_hot(compared.labels, 5) + logits for logits in compared.logits
    )
    found = image_selection.selected_images(replace(compared, logits=sure), (0, 4))
    assert not found.by_answer
    assert found.counts == (0, 0, 0)
    assert set(compared.labels[found.images].tolist()) == {0}
    assert "Nobody answers class 4" in selection.count_sentence(compared, found)


def test_the_diagonal_shows_the_doubtful_ones_first() -> None:
    compared = some_networks()
    images = image_selection.selected_images(compared, (2, 2)).images
    assert len(images) == int((compared.labels == 2).sum())
    assert bool((compared.logits[0].softmax(1)[torch.from_numpy(images), 2].diff() >= 0).all())


def test_fidelity_is_said_by_split_and_network() -> None:
    compared = some_networks()
    frame = fidelity.fidelity_frame([compared, replace(compared, split="validation")], 4.0)
    assert frame["images"].tolist() == ["test"] * 2 + ["validation"] * 2
    assert frame["who"].tolist() == ["twin", "student"] * 2
    same = (compared.logits[0].argmax(1) == compared.logits[2].argmax(1)).double().mean()
    assert frame["agreement"][1] == pytest.approx(float(same))
    first, other = (
        (logits.double() / 4).softmax(1).numpy() for logits in (compared.logits[0], compared.logits[2])
    )
    assert frame["KL at T = 4"][1] == pytest.approx(stats.entropy(first, other, axis=1).mean())


def test_classes_stand_below_their_mean_a_network_a_row() -> None:
    compared = some_networks()
    frame = classes.class_frame(compared)
    assert frame["class"].tolist() == ["mean"] * 3 + [name for name in compared.classes for _ in range(3)]
    f1 = reference.f1_score(compared.labels, compared.logits[1].argmax(1), average=None)
    np.testing.assert_allclose(frame.loc[frame["who"] == "● twin", "f1"][1:], f1)


def test_a_reliability_diagram_has_every_image_in_a_bin() -> None:
    compared, validation = some_networks(), some_networks(seed=1)
    found = network_metrics.calibrations(validation, compared)
    for after in (False, True):
        frame = calibration.reliability_frame(compared, found, after=after)
        assert frame.groupby("who")["images"].sum().tolist() == [600] * 3
        right = frame.eval("accuracy * images").groupby(frame["who"]).sum()
        wrong = dict(zip(compared.names, network_metrics.errors(compared), strict=True))
        assert {who: round(600 - share) for who, share in right.items()} == wrong


def test_a_lost_spread_is_said_of_siblings_only() -> None:
    said = calibration.spread_sentence(("hard", "smoothed"), (2.73, 0.42), siblings=True)
    assert (
        "2.73 in hard and by 0.42 in smoothed: 6.5 times as much. Its soft targets say that much less" in said
    )
    assert "so much less" not in calibration.spread_sentence(
        ("hard", "smoothed"), (2.73, 0.42), siblings=False
    )
    assert "so much less" not in calibration.spread_sentence(("hard", "other"), (2.73, 1.0), siblings=True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((10, 110, 60), "closes 50 %"),
        ((10, 110, 120), "widened the gap by 10 %"),
        ((10, 10, 9), "no gap to close"),
    ],
)
def test_the_gap_is_said(wrong: tuple[int, int, int], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert costs.gap_sentence(some_networks(600, 5, "teacher", "student")) == ""
    monkeypatch.setattr(costs, "errors", lambda compared: list(wrong))
    assert said in costs.gap_sentence(some_networks())


def test_costs_are_each_networks_own_and_a_gap_is_a_dash(tmp_path: Path) -> None:
    compared = some_networks()
    there = tmp_path / "weights"
    there.write_bytes(bytes(2_000))
    shown = (
        replace(compared.shown[0], network="<b>"),
        replace(compared.shown[1], path=there),
        replace(compared.shown[2], shape=(3, 8, 8), path=there),
    )
    frame = costs.cost_frame(replace(compared, shown=shown), {})
    of_one, of_three = (64 * 30 + 30 + 30 * 5 + 5, 192 * 30 + 30 + 30 * 5 + 5)
    assert frame.to_csv(columns=["parameters", "file bytes"], index=False).split() == [
        "parameters,file", "bytes", ",", f"{of_one},2000", f"{of_three},2000"
    ]  # fmt: skip
    rows = costs._table(replace(compared, shown=shown), frame).split("<tr>")[2:]
    assert [("■ teacher" in row, "● twin" in row, "▲ student" in row) for row in rows] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert "&lt;b&gt;" in rows[0]
    assert rows[0].count("–") == 3
    assert f"{of_one:,}" in rows[1]
    assert f"{of_three:,}" in rows[2]
    assert "mlp-30" in rows[1], "HTML is no Markdown"


def test_recorded_answers_have_no_size_to_compare() -> None:
    compared = some_networks()
    recorded = replace(compared.shown[2], network="recorded")
    for shown in ((*compared.shown[:2], recorded), (recorded, *compared.shown[1:])):
        about = view_claims.Claimed(replace(compared, shown=shown), 4.0, ())
        assert view_claims.claim("costs", about) == ""


def test_clouds_keep_their_shape_and_stand_apart() -> None:
    compared = some_networks()
    clouds = [np.random.default_rng(k).normal(size=(600, 2)) * (1 + k) for k in range(3)]
    frame = feature_map.map_frame(compared, "pca", tuple(feature_map.points_key(clouds)))
    assert len(frame) == 600
    for k, cloud in enumerate(clouds):
        spread = np.ptp(frame[f"x{k}"]) / np.ptp(frame[f"y{k}"])
        assert spread == pytest.approx(np.ptp(cloud[:, 0]) / np.ptp(cloud[:, 1]))
        assert frame[f"x{k}"].between(k * CLOUD_DISTANCE, k * CLOUD_DISTANCE + 1).all()
    marked = feature_map.chosen_points(compared, frame, (1, 3))
    assert set(frame["place"][marked]) == set(
        image_selection.selected_images(compared, (1, 3)).images.tolist()
    )


NUMBERS: dict[str, Callable[[ComparedNetworks], object]] = {
    "errors": network_metrics.errors,
    "similarities": lambda compared: network_metrics.similarities(compared, 4.0),
    "calibrations": lambda compared: network_metrics.calibrations(compared, some_networks(seed=1)),
    "calibrations on the same images": lambda compared: network_metrics.calibrations(compared, compared),
    "risks": network_metrics.risk_coverages,
    "calibrated by others": lambda compared: network_metrics.calibrations(some_networks(seed=1), compared),
    "chosen": lambda compared: image_selection.selected_images(compared, (1, 2)),
}


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_hold_no_answers_that_nobody_else_holds(number: str) -> None:
    compared = some_networks()
    NUMBERS[number](compared)
    gone = weakref.ref(compared)
    del compared
    assert gone() is None


def test_numbers_are_kept_with_their_answers() -> None:
    compared, other = some_networks(), some_networks(seed=1)
    for a, b in ((compared, other), (other, compared), (compared, compared)):
        assert network_metrics.calibrations(a, b) is network_metrics.calibrations(a, b)
    assert network_metrics.similarities(compared, 4.0) is network_metrics.similarities(compared, 4.0)
    assert network_metrics.similarities(compared, 4.0) is not network_metrics.similarities(compared, 2.0)
    assert network_metrics.calibrations(compared, other) is not network_metrics.calibrations(
        compared, compared
    )
    assert network_metrics.errors(replace(compared, labels=1 - compared.labels)) != network_metrics.errors(
        compared
    )


def test_what_is_taken_away_has_english_columns_one_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fidelity, "_", str.upper, raising=False)
    compared = some_networks(600, 5, "teacher", "twin", "student")
    assert list(fidelity.class_frame(compared, 4.0)) == ["class", "agrees ●", "agrees ▲", "KL ●", "KL ▲"]
    others = some_networks(600, 5, "teacher", "one", "two")
    assert list(fidelity.class_frame(others, 4.0))[1:3] == ["agrees ▼ one", "agrees ▼ two"]


# ---------------------------------------------------------------------------------------------- charts, clicks, links


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_matrix_maps_from_nought_and_a_difference_around_it(theme: Any) -> None:
    share = class_matrix_spec(theme, ["a", "b"], 0.5, "share", "x", "y")
    scale = share["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == [0, 0.5]
    scale = class_matrix_spec(theme, ["a"], 7, "difference", "x", "y")["layer"][0]["encoding"]["color"][
        "scale"
    ]
    assert scale["domain"] == [-7, 0, 7]
    assert len(scale["range"]) == 3


def test_long_names_of_classes_take_no_height_from_what_is_drawn() -> None:
    """A chart's height has its axis in it: ten letters at a slant once left a tree nothing."""
    short, long = ["2", "7"], ["automobile", "cat"]
    assert dendrogram_spec("light", short, (0.5, 0.9))["height"] == 110
    assert dendrogram_spec("light", long, (0.5, 0.9))["height"] == pytest.approx(110 + 62, abs=1)
    low, high = (class_matrix_spec("light", names, 1, "share", "x", "y")["height"] for names in (short, long))
    assert high - low == pytest.approx(62, abs=1)
    endless = dendrogram_spec("light", ["a" * 60], (0.5, 0.9))["height"]
    assert endless == pytest.approx(110 + 69, abs=1), "longer names are cut"


def test_a_correlation_that_rounds_to_nought_has_no_sign() -> None:
    frame = similarity.matrix_frame(("a", "b"), [[0.0, 31.6], [-0.4, 0.0]], "difference", None)
    assert frame["text"].tolist() == ["", "+32", "0", ""]


def test_large_matrices_have_no_numbers() -> None:
    marks = [
        {layer["mark"]["type"] for layer in class_matrix_spec("light", names, 1, "share", "x", "y")["layer"]}
        for names in ([str(c) for c in range(12)], [str(c) for c in range(13)])
    ]
    assert marks == [{"rect", "text"}, {"rect"}]


def test_every_network_has_its_roles_colour() -> None:
    roles = [role(name) for name in ("teacher", "twin", "student")]
    spec = mean_soft_target_spec("dark", ["a", "b", "c"], roles, ["0"], ["0"])
    assert spec["encoding"]["color"]["scale"] == {
        "domain": ["a", "b", "c"],
        "range": ["#56B4E9", "#A8A8A8", "#FF9F5A"],
    }


A, B = (1, 2), (3, 4)


@pytest.mark.parametrize(
    ("before", "now", "cell"),
    [
        ([], [A], A),
        ([A], [A, B], B),
        ([A, B], [B], A),
        ([A], [], A),
        ([], [A, B], B),
        ([A, B], [], None),
        ([B], [A], A),
    ],
)
def test_what_changed_among_the_picks_was_clicked(before: Any, now: Any, cell: Any) -> None:
    assert clicked(before, now) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("4-9", (4, 9)),
        ("0-0", (0, 0)),
        ("4-10", None),
        ("4", None),
        ("-1-2", None),
        ("a-b", None),
        ("²-1", None),
        ("1-2\n", None),
        ("1" * 5000 + "-1", None),
        (None, None),
    ],
)
def test_a_links_cell_is_read_within_the_classes(text: str | None, cell: Any) -> None:
    assert read_pair(text, 10) == cell


def test_names_of_classes_are_text() -> None:
    html = image_grid_html([GridPicture("data:x", 3, "<b>", ("<i>",), (False,))], ["t"], [role("teacher")])
    assert "<b>" not in html
    assert "<i>" not in html
    assert "wrong" in html


# ---------------------------------------------------------------------------------------------- speed


VIEWS: dict[str, Callable[[ComparedNetworks, ComparedNetworks], object]] = {
    "similarity": lambda compared, _: (
        network_metrics.correlations(compared, 4.0),
        network_metrics.dendrograms(compared, 4.0),
    ),
    "confusions": lambda compared, _: (
        network_metrics.mistakes(compared),
        confusions.difference_frame(compared, 1, 0, None),
    ),
    "fidelity": lambda compared, _: (
        fidelity.fidelity_frame([compared], 4.0),
        fidelity.class_frame(compared, 4.0),
    ),
    "calibration": lambda compared, validation: calibration.calibration_frame(
        compared, network_metrics.calibrations(validation, compared)
    ),
    "coverage": lambda compared, _: (
        risk_coverage.coverage_frame(compared, network_metrics.risk_coverages(compared)),
        risk_coverage.risk_frame(compared, network_metrics.risk_coverages(compared)),
    ),
    "classes": lambda compared, _: classes.class_frame(compared),
    "selection": lambda compared, _: (
        image_selection.selected_images(compared, (1, 2)),
        image_selection.mean_beliefs(compared, (1, 2), 4.0),
    ),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_ten_thousand_images_is_computed_in_half_a_second(view: str) -> None:
    VIEWS[view](some_networks(50), some_networks(50))  # what is imported at the first use is not counted
    validation, seconds = some_networks(5_000, 10), []
    for seed in range(3):  # the quickest of three: other processes share this machine
        compared = some_networks(10_000, 10, seed=seed)
        start = time.perf_counter()
        VIEWS[view](compared, validation)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < FAST


# ---------------------------------------------------------------------------------------------- the page


@dataclass(frozen=True)
class Place:
    """Tested runs, and where they and their data lie."""

    folder: Path
    data: Path
    runs: tuple[Run, ...]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two runs on the digits whose networks have answered about all images."""
    folder, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("data")
    runs = (finished_run(folder, data), finished_run(folder, data, order_seed=1))
    for run in runs:
        network_outputs.compute_outputs(models.of_run(run, folder), folder, data_folder=data)
    first = models.of_run(runs[0], folder)
    control = [first[0], models.of_run(runs[1], folder)[-1]]
    network_outputs.compute_outputs(control, folder, data_folder=data, splits=["validation", "test"])
    network_outputs.compute_outputs(models.of_teachers(folder, "digits"), folder, data_folder=data)
    network_outputs.compute_projection(first, "test", "pca", folder, data_folder=data)
    return Place(folder, data, runs)


@pytest.fixture
def screen(place: Place, manager: FakeManager, browser: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("STILLROOM_RUNS", str(place.folder))
    monkeypatch.setenv("STILLROOM_DATA", str(place.data))
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    dataset_choices._datasets.cache_clear()
    manager.known = {run.id: replace(run, owner=BROWSER) for run in place.runs}
    return AppTest.from_string(PAGE, default_timeout=120)


def of_run(screen: AppTest, place: Place, **link: str) -> AppTest:
    for name, value in {"run": place.runs[0].id, **link}.items():
        screen.query_params[name] = value
    screen.run()
    assert not screen.exception
    return screen


def texts(screen: AppTest) -> str:
    kinds = ("markdown", "caption", "html", "warning", "info", "error")
    return " ".join(
        element.proto.body if hasattr(element, "proto") else element.value
        for kind in kinds
        for element in screen.get(kind)
    )


def charts(screen: AppTest) -> dict[str, pd.DataFrame]:
    """The charts' frames: those that can be clicked by their key, the others by their first column."""
    found = {}
    for chart in screen.get("vega_lite_chart"):
        frame = pa.ipc.open_stream(io.BytesIO(chart.proto.data.data)).read_all().to_pandas()
        key = chart.proto.id.rsplit("-", 1)[-1].removesuffix("_vega")
        found[key or frame.columns[0]] = frame
    return found


@pytest.mark.parametrize("view", view_choice.VIEWS)
def test_every_view_is_drawn_below_the_overview(screen: AppTest, place: Place, view: str) -> None:
    of_run(screen, place, view=view)
    assert not screen.error
    said = texts(screen)
    wrong = place.runs[0].results["student"]["test_errors"]
    assert f"{wrong:,} of 360" in said
    assert "agrees with the teacher on" in said
    assert screen.radio(key="view.choice").value == view


def test_the_path_says_what_each_view_shows_from_what_is_measured(screen: AppTest, place: Place) -> None:
    of_run(screen, place)
    path = screen.radio(key="view.choice")
    captions = dict(zip(view_choice.ALL_VIEWS, path.proto.captions, strict=True))
    results = place.runs[0].results
    a, b, value = re.fullmatch(
        r"(\d) and (\d) look alike to the teacher at T\s=\s4: (0\.\d\d)",
        captions["similarity"].replace("\\", ""),
    ).groups()  # type: ignore[union-attr]
    matrix = charts(screen)["similarity_0"].pivot(index="row", columns="column", values="value")
    assert float(value) == pytest.approx((matrix.at[a, b] + matrix.at[b, a]) / 2, abs=0.005)
    alike = (matrix + matrix.T).to_numpy()
    assert alike[~np.eye(10, dtype=bool)].max() / 2 == pytest.approx(float(value), abs=0.005)
    right = 100 * (1 - results["student"]["test_errors"] / 360)
    assert f"right on {right:.1f}\N{NO-BREAK SPACE}%" in captions["calibration"].replace("\\", "")
    assert "times smaller than the teacher" in captions["costs"]


@pytest.mark.parametrize(
    ("view", "cell", "shown"), [("similarity", "", True), ("costs", "", False), ("costs", "3-5", True)]
)
def test_the_temperature_is_there_where_it_matters(
    screen: AppTest, place: Place, view: str, cell: str, shown: bool
) -> None:
    of_run(screen, place, view=view, **({"cell": cell} if cell else {}))
    assert [one.label for one in screen.select_slider] == ["Temperature T"] * shown


def test_classes_are_drawn_before_they_are_tabled_and_hold_no_none(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="classes")
    [drawn] = [frame for frame in charts(screen).values() if "recall" in frame]
    assert len(drawn) == 30
    assert drawn["recall"].between(0, 1).all()
    [table] = screen.dataframe
    assert not table.value.isna().any().any()
    assert (table.value["precision"] == "–").any(), "the students never answer 8"


def test_a_link_reproduces_view_split_temperature_and_selection(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="confusions", split="validation", compared_at="20", cell="1-8")
    assert screen.select_slider(key="at_t.choice").value == 20
    assert screen.segmented_control(key="split.choice").value == "validation"
    frames = charts(screen)
    for key in ("confusions_0", "confusions_2", "difference_1_0"):
        assert frames[key].query("chosen")[["label", "answer"]].to_numpy().tolist() == [[1, 8]], key
    assert frames["who"]["class"].nunique() == 10
    assert "1 answered as 8" in texts(screen)
    assert "T = 20" in texts(screen)


def test_a_mistakes_button_selects_it_and_clear_takes_it_back(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="confusions")
    button = next(one for one in screen.button if one.key and one.key.startswith("mistake_"))
    button.click().run()
    cell = button.key.removeprefix("mistake_").replace("_", "-")
    assert screen.query_params["cell"] == cell
    assert '<div class="image_grid">' in texts(screen)
    screen.button(key="clear_cell").click().run()
    assert "cell" not in screen.query_params
    assert '<div class="image_grid">' not in texts(screen)


def test_a_cell_is_chosen_from_two_lists(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="confusions")
    screen.selectbox(key=Key.CELL_LABEL).select(8).run()
    assert screen.query_params["cell"] == "8-8"
    screen.selectbox(key=Key.CELL_ANSWER).select(1).run()
    assert screen.query_params["cell"] == "8-1"
    assert "8 answered as 1" in texts(screen)
    assert announced(screen).startswith("8 answered as 1. Of 35 images: ")
    screen.selectbox(key=Key.CELL_ANSWER).set_value(None).run()
    assert "cell" not in screen.query_params
    assert screen.selectbox(key=Key.CELL_LABEL).value is None
    assert announced(screen) == ""


def announced(screen: AppTest) -> str:
    """What a screen reader is told."""
    said = (json.loads(one.proto.json) for one in screen.get("bidi_component"))
    [text] = [data["text"] for data in said if "text" in data]
    return str(text)


def test_the_selection_marks_the_map(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="map", cell="8-1")
    frame = charts(screen)["feature_map"]
    assert frame["chosen"].any()
    assert set(frame.query("chosen")["label"]) == {8}
    assert frame["image"].str.startswith("data:image/png;base64,").all()


def test_temperature_moves_the_matrix_and_goes_into_the_link(screen: AppTest, place: Place) -> None:
    of_run(screen, place)
    before = charts(screen)["similarity_0"]["value"]
    screen.select_slider(key="at_t.choice").set_value(20.0).run()
    assert screen.query_params["compared_at"] == "20.0"
    after = charts(screen)["similarity_0"]["value"]
    assert after.std() < before.std(), "a high temperature makes all classes alike"


def test_a_run_is_compared_at_its_own_temperature_until_the_reader_moves_the_pages(
    screen: AppTest, place: Place
) -> None:
    """What the recipe has come to elsewhere, on Sweep for one, is the next run's affair."""
    of_run(screen, place, T="1.0")
    assert screen.select_slider(key=Key.AT_T).value == 4
    assert re.search(r"at T\s=\s4\b", screen.radio(key=Key.VIEW).proto.captions[0])
    screen.select_slider(key=Key.AT_T).set_value(1.0).run()
    assert screen.query_params["compared_at"] == "1.0"
    assert screen.query_params["T"] == "1.0", "the recipe is as it was"
    assert re.search(r"at T\s=\s1\b", screen.radio(key=Key.VIEW).proto.captions[0])


def test_counts_over_999_have_their_comma_in_a_matrix_too() -> None:
    written = [
        similarity.matrix_frame(("a", "b"), [[1053, -1200], [0, 7]], number, None)["text"]
        for number in ("count", "difference")
    ]  # type: ignore[list-item]
    assert (written[0][0], written[1][0], written[1][1]) == ("1,053", "+1,053", "−1,200")


@pytest.mark.parametrize(("at", "columns"), [("1", 1), ("4", 2)])
def test_kl_has_one_column_where_both_would_be_at_one(
    screen: AppTest, place: Place, at: str, columns: int
) -> None:
    of_run(screen, place, view="fidelity", compared_at=at)
    assert len(re.findall(r"<th[^>]*>KL at T = \d+</th>", texts(screen))) == columns


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_fit_that_is_measured_on_its_own_images_says_so(screen: AppTest, place: Place, split: str) -> None:
    of_run(screen, place, view="calibration", split=split)
    assert ("on the same images" in texts(screen)) == (split == "validation")


def test_what_a_cell_counts_is_said_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confusion_matrix, "_", str.upper)
    spec = class_matrix_spec("light", ["a", "b"], 0.5, "share", "x", "y")
    number = spec["layer"][0]["encoding"]["tooltip"][-1]
    assert (number["title"], number["format"]) == ("SHARE", ".2~%")
    assert set(confusion_matrix.NUMBER_FORMATS) == {"share", "count", "difference"}


def test_another_runs_student_is_a_control(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="fidelity")
    picker = screen.selectbox(key="control.choice")
    assert picker.value is None
    assert "▼ control" not in texts(screen)
    picker.select(place.runs[1].id).run()
    assert not screen.exception
    assert screen.query_params["control"] == place.runs[1].id
    assert texts(screen).count("▼ control") == 2, "on validation and test: it has training images of its own"


def test_without_a_run_the_bundled_teacher_is_shown_alone(screen: AppTest) -> None:
    screen.query_params["of"] = "teacher:digits-mlp-300"
    screen.run()
    assert not screen.exception
    assert "8 of 360" in texts(screen)
    assert list(charts(screen)) == ["similarity_0", "x"]
    screen.query_params["view"] = "fidelity"
    screen.run()
    assert "Fidelity compares two networks" in texts(screen)


def strip(run: Run) -> Run:
    return replace(run, results={name: said for name, said in run.results.items() if name != "dataset"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda run: replace(strip(run), status="running"), "has not been tested yet"),
        (lambda run: replace(strip(run), status="queued"), "has not been tested yet"),
        (lambda run: replace(strip(run), status="failed"), "ended before its networks were tested"),
        (lambda run: replace(run, id="elsewhere"), "weights of run elsewh are no longer here"),
    ],
)
def test_of_a_run_that_cannot_be_asked_nothing_else_is_shown(
    screen: AppTest, place: Place, manager: FakeManager, change: Callable[[Run], Run], said: str
) -> None:
    run = change(replace(place.runs[0], owner=BROWSER, experiment=UNKNOWN))
    manager.known = {run.id: run}
    manager.said[run.id] = ([], [])
    of_run(screen, place, run=run.id)
    assert said in screen.info[0].value
    assert charts(screen) == {}
    assert "agrees with" not in texts(screen)
    [back] = screen.get("page_link")
    assert back.proto.page == "train"
    assert f"run={run.id}" in back.proto.query_string
    picker = screen.selectbox(key=Key.NETWORKS)
    assert picker.value == f"run:{run.id}"
    picker.select("teacher:digits-mlp-300").run()
    assert "run" not in screen.query_params
    assert "8 of 360" in texts(screen)


def test_networks_whose_weights_are_gone_are_named(
    screen: AppTest, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = models.of_run
    monkeypatch.setattr(models, "of_run", lambda run, folder: there(run, folder)[:1])
    of_run(screen, place)
    assert "the twin, the student." in screen.warning[0].value


def test_several_teachers_of_the_same_images_stand_side_by_side(
    screen: AppTest, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(known for known in models.of_teachers(place.folder) if known.dataset == "digits")
    sibling = replace(one, key="teacher:sibling", title="sibling")
    stranger = replace(one, key="teacher:stranger", title="stranger", classes=("a", "b"), dataset="mnist")
    known = [one, sibling, stranger]
    monkeypatch.setattr(models, "of_teachers", lambda folder, dataset=None: known)
    screen.query_params["of"] = f"{one.key},{sibling.key}"
    screen.run()
    assert not screen.exception
    assert {"similarity_0", "similarity_1"} <= set(charts(screen))
    assert "sibling reproduces 1.00" in texts(screen)
    assert "agrees with digits-mlp-300 on 100.0\N{NO-BREAK SPACE}%" in texts(screen)
    screen.query_params["of"] = f"{one.key},{stranger.key}"
    screen.run()
    assert not screen.exception
    assert "similarity_1" in charts(screen)
    assert "no such networks" in screen.warning[0].value, "networks of other images cannot be compared"
    assert "agrees with digits-mlp-300" in texts(screen)


def test_unlike_teachers_of_one_dataset_are_offered_apart(
    screen: AppTest, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(known for known in models.of_teachers(place.folder) if known.dataset == "digits")
    unlike = [
        replace(one, key=f"teacher:{title}", title=title, split_seed=seed)
        for title, seed in (("second", 0), ("third", 7), ("fourth", 7))
    ]
    monkeypatch.setattr(models, "of_teachers", lambda folder, dataset=None: [one, *unlike])
    screen.run()
    assert not screen.exception
    assert screen.selectbox(key=Key.NETWORKS).value == f"{one.key},teacher:second"
    offered = network_choice._offered([one, *unlike], None)
    assert "teacher:third,teacher:fourth" in offered
    assert len(set(offered.values())) == len(offered), "a picker tells its entries by their titles"


def test_a_tested_run_in_place_of_teachers_is_left_out(screen: AppTest, place: Place) -> None:
    screen.query_params["of"] = f"run:{place.runs[0].id}"
    screen.run()
    assert not screen.exception
    assert screen.selectbox(key=Key.NETWORKS).value.startswith("teacher:")


def test_a_teacher_named_as_a_role_is_not_taken_for_it(
    screen: AppTest, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(known for known in models.of_teachers(place.folder) if known.dataset == "digits")
    known = [one, *(replace(one, key=f"teacher:{title}", title=title) for title in ("twin", "student"))]
    monkeypatch.setattr(models, "of_teachers", lambda folder, dataset=None: known)
    screen.run()
    assert not screen.exception
    assert '<span class="other who">▼ twin</span>' in texts(screen)
    assert '<span class="other alternate who">◆ student</span>' in texts(screen), "told apart by their marks"
    assert "▲" not in texts(screen)
    assert "points" not in texts(screen), "there is no twin to differ from"


@pytest.mark.parametrize("change", ["split", "compared_at"])
def test_clicks_are_forgotten_with_the_images_and_kept_over_temperatures(
    screen: AppTest, place: Place, change: str
) -> None:
    """At another T a chart keeps its picks in the browser: forgotten here, the next click on one would be lost."""
    of_run(screen, place)
    screen.session_state[Key.PICKS] = {"similarity_0_vega": [(1, 2)]}
    if change == "split":
        screen.segmented_control(key=Key.SPLIT).select("validation").run()
    else:
        screen.select_slider(key=Key.AT_T).set_value(20.0).run()
    assert change in screen.query_params
    assert (Key.PICKS in screen.session_state) == (change == "compared_at")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cell", "4-99", "cell=4-99 in the link is left out"),
        ("cell", "9" * 3000, f"cell={'9' * 40}… in the link is left out"),
        ("T", "9" * 3000, f"T={'9' * 40}… in the link is left out"),
        ("run", "nowhere", "There is no run 'nowhere' here"),
        ("T", "-1", "T=-1 in the link is left out"),
        ("compared_at", "-1", "compared_at=-1 in the link is left out: temperature"),
        ("compared_at", "hot", "Shown instead: T = 4."),
        ("view", "x", "view=x in the link is left out: there is no such choice. Shown instead: Similarity."),
        ("split", "train", "Shown instead: test."),
        ("by", "x", "by=x in the link is left out: there is no such choice. Shown instead: PCA."),
        ("control", "x", "control=x in the link is left out: there is no such choice. Shown instead: no"),
        ("of", "teacher:nobody", "there are no such networks here"),
        ("of", "run:nowhere", "there are no such networks here"),
    ],
)
def test_a_link_that_asks_for_nonsense_gets_a_sentence_and_the_default(
    screen: AppTest, place: Place, name: str, value: str, said: str
) -> None:
    link = {} if name in ("run", "of") else {"run": place.runs[0].id}
    link |= {"by": {"view": "map"}, "control": {"view": "fidelity"}}.get(name, {})
    for parameter, text in {**link, name: value}.items():
        screen.query_params[parameter] = text
    screen.run()
    assert not screen.exception
    warned = " ".join(one.value.replace("\\", "") for one in screen.warning)
    assert said in warned
    assert len(warned) < 300, "a long text is not repeated"
    assert "of 360" in texts(screen), "the default is drawn"


def test_the_page_says_what_a_link_cannot_carry(screen: AppTest, place: Place) -> None:
    assert "It cannot carry the runs of another server" in texts(of_run(screen, place))


def test_numbers_can_be_taken_away(screen: AppTest, place: Place) -> None:
    of_run(screen, place, view="confusions")
    names = {
        json.loads(one.proto.json)["figure"]
        for one in screen.get("bidi_component")
        if "figure" in one.proto.json
    }
    assert {"confusions_0", "confusions_1", "confusions_2", "difference_1_0"} <= names
    assert len(screen.get("download_button")) == len(charts(screen))

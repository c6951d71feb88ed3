"""The networks' penultimate features in the plane or in space, aligned to the first network's; the images on hover."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts.feature_space import feature_space_figure
from dashboard.charts.projection_scatter_plot import CLOUD_DISTANCE, projection_spec
from dashboard.components.explored_figure import explored_figure, viewpoint
from dashboard.components.inference_wait import wait_for_projection
from dashboard.data.compared_networks import ComparedNetworks
from dashboard.session import Key
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import unknown
from dashboard.url.widget_values import read_choice, write_choice
from dashboard.views.dark_knowledge.hover_thumbnails import thumbnails
from dashboard.views.dark_knowledge.view_state import ViewState, clickable
from kdcore.data import catalogue
from kdcore.inference import output_cache
from kdcore.metrics import projections
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_

METHODS = {
    "pca": N_("PCA"),
    "pca-3d": N_("PCA in 3-D"),
    "t-sne": N_("t-SNE"),
    "umap": N_("UMAP"),
}


def draw(state: ViewState) -> None:
    """The choice of a method and the clouds, or how far their computing is."""
    compared = state.compared
    method = read_choice(Param.BY, Key.BY, METHODS, "pca") or "pca"
    state.problems.extend(unknown(Param.BY, METHODS, _(METHODS[method])))
    st.segmented_control(
        _("Projection"),
        list(METHODS),
        default=method,
        format_func=lambda key: _(METHODS[key]),
        key=Key.BY,
        on_change=write_choice,
        args=(Param.BY, Key.BY, "pca"),
        required=True,
        label_visibility="collapsed",
    )
    if not wait_for_projection(compared.shown, compared.split, method):
        return
    points = output_cache.cached_projection(
        compared.shown, compared.split, method, runs_folder(), data_folder=catalogue.data_folder()
    )
    if points is None:
        return
    frame = map_frame(compared, method, tuple(points_key(points)))
    frame = frame.assign(chosen=chosen_points(compared, frame, state.cell))
    marked = [f"{role.mark} {name}" for role, name in zip(compared.roles, compared.names, strict=True)]
    if projections.DIMENSIONS[method] == 3:
        _in_space(state, frame, marked)
    else:
        _in_the_plane(state, frame, marked, method)
    st.caption(
        _(
            "{n} of {images} images, by their penultimate features, each cloud turned and scaled onto the first."
        ).format(n=f"{len(frame):,}", images=f"{compared.count:,}")
    )


def _in_the_plane(state: ViewState, frame: pd.DataFrame, marked: list[str], method: str) -> None:
    spec = projection_spec(state.theme, marked, state.compared.classes, len(frame))
    alt = _("Each network's features of the images by {method}, coloured by class").format(
        method=_(METHODS[method])
    )
    clickable("feature_map", frame, spec, alt, drop=["image"])
    st.caption(
        _("Hover a point: the same image is marked in every cloud. Click it to select its label and answer.")
    )


def _in_space(state: ViewState, frame: pd.DataFrame, marked: list[str]) -> None:
    camera = viewpoint("feature_map")
    figure = feature_space_figure(state.theme, frame, marked, state.compared.classes, camera)
    explored_figure("feature_space", figure)
    st.caption(_("Drag to turn a cloud, scroll to come closer. Hover a point for its label and answers."))


def points_key(points: list[NDArray[np.float64]]) -> list[bytes]:
    """The points as something that can be compared."""
    return [np.ascontiguousarray(one).tobytes() for one in points]


@lru_cache(maxsize=16)
def map_frame(compared: ComparedNetworks, method: str, points: tuple[bytes, ...]) -> pd.DataFrame:
    """One row an image, with a place for each network (see `charts.projection_scatter_plot`)."""
    clouds = [np.frombuffer(one).reshape(-1, projections.DIMENSIONS[method]) for one in points]
    places = output_cache.sample_rows(compared.count, output_cache.MAX_PROJECTED)
    labels = compared.labels.numpy()[places]
    frame = pd.DataFrame(
        {
            "image": thumbnails(compared),
            "place": places,
            "label": labels,
            "class": [compared.classes[c] for c in labels],
        }
    )
    for k, (boxed, logits) in enumerate(zip(in_one_box(clouds), compared.logits, strict=True)):
        answers = logits[places].argmax(dim=1).numpy()
        apart = CLOUD_DISTANCE * k if boxed.shape[1] == 2 else 0.0
        frame[f"x{k}"], frame[f"y{k}"] = boxed[:, 0] + apart, boxed[:, 1]
        if boxed.shape[1] == 3:
            frame[f"z{k}"] = boxed[:, 2]
        frame[f"answer{k}"], frame[f"said{k}"] = answers, [compared.classes[c] for c in answers]
    return frame


def in_one_box(clouds: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Clouds [n, 2 or 3] moved and scaled together into 0 to 1, their common shape kept."""
    together = np.concatenate(clouds)
    low, high = together.min(axis=0), together.max(axis=0)
    size = float((high - low).max()) or 1.0
    return [(cloud - (low + high) / 2) / size + 0.5 for cloud in clouds]


def chosen_points(
    compared: ComparedNetworks, frame: pd.DataFrame, cell: tuple[int, int] | None
) -> NDArray[np.bool_]:
    """Which images of the frame are selected: the label's, where any network answers so."""
    if cell is None:
        return np.zeros(len(frame), bool)
    answered = np.stack([frame[f"answer{k}"] == cell[1] for k in range(len(compared.shown))]).any(axis=0)
    marked: NDArray[np.bool_] = (frame["label"] == cell[0]).to_numpy() & answered
    return marked

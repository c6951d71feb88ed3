"""Features projected into the plane or into space: PCA, t-SNE and UMAP, aligned to one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kdcore.errors import BrokenInstallation, ProjectionRefused
from kdcore.texts import N_

REDUCED = 50
"""Principal components that t-SNE and UMAP are given (van der Maaten and Hinton 2008, section 4.2, take 30)."""


PERPLEXITY = 30.0
"""Neighbours that t-SNE keeps together, in effect; fewer where there are few images."""


NEIGHBOURS = 15
"""Neighbours that UMAP keeps together."""


FEWEST = 4
"""Images below which there is no plane to lay out."""


def project(
    features: Sequence[Tensor],
    method: str,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Tensor]:
    """Lay out each network's features [n, d_i] of the same images, float64 [n, DIMENSIONS[method]].

    method: "pca", "pca-3d", "t-sne" or "umap". The first network is the reference, and the others are turned, mirrored, scaled
    and moved onto it (`aligned`). t-SNE and UMAP start the first from its principal components (Kobak and Linderman
    2021) and the others from the first's plane: of two networks on scikit-learn's digits, t-SNE then leaves 0.10 of the
    variance unaligned where principal components leave 0.40, and each keeps as many of its own neighbours.
    progress: called with the networks done and their number.

    Raises:
        ProjectionRefused: the method is unknown, or features are too few or not finite.
        BrokenInstallation: umap-learn does not load.
    """
    if method not in PROJECTIONS:
        raise ProjectionRefused(
            N_("There is no projection of that name. Choose one of: pca, pca-3d, t-sne, umap.")
        )
    laid_out: list[Tensor] = []
    for done, values in enumerate([_reduced(values, seed) for values in features]):
        if progress:
            progress(done, len(features))
        if laid_out:
            laid_out.append(aligned(PROJECTIONS[method](values, laid_out[0], seed), laid_out[0]))
        else:
            laid_out.append(PROJECTIONS[method](values, values[:, :2], seed))
    if progress:
        progress(len(features), len(features))
    return laid_out


def aligned(points: Tensor, reference: Tensor) -> Tensor:
    """Points [n, k] turned, mirrored, scaled and moved to lie closest to reference [n, k], float64.

    Orthogonal Procrustes (Schönemann 1966) with the best scale, both centred.
    """
    points, reference = points.cpu().double(), reference.cpu().double()
    middle = reference.mean(dim=0)
    points = points - points.mean(dim=0)
    left, sizes, right = torch.linalg.svd(points.T @ (reference - middle))
    size = points.square().sum()
    scale = sizes.sum() / size if size > 0 else size
    moved: Tensor = scale * points @ (left @ right) + middle
    return moved


def _reduced(features: Tensor, seed: int) -> Tensor:
    """The first principal components [n, 2 to REDUCED] of features [n, d], float64."""
    from sklearn.decomposition import PCA

    images, width = features.shape
    if images < FEWEST or width < 2:
        raise ProjectionRefused(
            N_("A projection needs at least four images and two features. Choose more images.")
        )
    if not features.isfinite().all():
        raise ProjectionRefused(
            N_(
                "This network's features are not finite numbers, so they have no place in a plane. Leave it out."
            )
        )
    components = min(REDUCED, images, width)
    points = PCA(components, random_state=seed).fit_transform(features.cpu().double().numpy())
    return torch.from_numpy(points)


def _pca(values: Tensor, start: Tensor, seed: int) -> Tensor:
    return values[:, :2]


def _pca_in_space(values: Tensor, start: Tensor, seed: int) -> Tensor:
    return torch.nn.functional.pad(values, (0, 1))[:, :3]  # two features lie in a plane


def _t_sne(values: Tensor, start: Tensor, seed: int) -> Tensor:
    from sklearn.manifold import TSNE

    # A small start lets points pass each other in the first steps; scikit-learn's own start has this size.
    small = start / start[:, 0].std().clamp(min=1e-12) * 1e-4
    embedding = TSNE(
        perplexity=min(PERPLEXITY, (len(values) - 1) / 3), init=small.float().numpy(), random_state=seed
    )
    return _points(embedding.fit_transform(values.float().numpy()))


def _umap(values: Tensor, start: Tensor, seed: int) -> Tensor:
    try:
        from umap import UMAP
    except ImportError as error:
        raise BrokenInstallation(
            N_(
                "UMAP needs the package umap-learn, which does not load here. Run `make set-up`, or choose PCA or t-SNE."
            )
        ) from error
    embedding = UMAP(
        n_neighbors=min(NEIGHBOURS, len(values) - 1),
        init=start.float().numpy(),
        random_state=seed,
        n_jobs=1,  # a seed needs one thread
    )
    return _points(embedding.fit_transform(values.float().numpy()))


def _points(embedding: Any) -> Tensor:
    return torch.from_numpy(np.asarray(embedding, dtype=np.float64))


PROJECTIONS: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {
    "pca": _pca,
    "pca-3d": _pca_in_space,
    "t-sne": _t_sne,
    "umap": _umap,
}
DIMENSIONS = {name: 3 if name == "pca-3d" else 2 for name in PROJECTIONS}
"""Coordinates of a point in each projection."""

"""What a trained network knows beyond its answers: pure functions over logits [n, C] and features [n, d], in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore import metrics
from kdcore.errors import BrokenInstallation, ProjectionRefused
from kdcore.metrics import Reliability
from kdcore.texts import N_

REDUCED = 50
"""Principal components that t-SNE and UMAP are given (van der Maaten and Hinton 2008, section 4.2, take 30)."""

PERPLEXITY = 30.0
"""Neighbours that t-SNE keeps together, in effect; fewer where there are few images."""

NEIGHBOURS = 15
"""Neighbours that UMAP keeps together."""

FEWEST = 4
"""Images below which there is no plane to lay out."""


# ---- soft targets -----------------------------------------------------------------------------------------------------


def log_soft_targets(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803 - the literature's name
    """Natural logarithm of each class's belief at temperature T, float64 [n, C]. logits [n, C].

    The largest logit is subtracted before dividing and left out of the sum, so that a belief's distance from 1 keeps
    its digits however small it is.
    """
    scores = logits.double()
    best, place = scores.max(dim=1, keepdim=True)
    below = (scores - best) / T
    others = below.exp().scatter(1, place, 0.0).sum(dim=1, keepdim=True)
    return below - others.log1p()


def soft_targets(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Each class's belief at temperature T, 0 to 1, float64 [n, C] (Hinton, Vinyals and Dean 2015, equation 1)."""
    return log_soft_targets(logits, T).exp()


def entropy_bits(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Entropy of each image's soft target at temperature T, in bits, 0 to log2 C, float64 [n]. logits [n, C]."""
    beliefs = log_soft_targets(logits, T)
    return (beliefs.exp() * -beliefs).sum(dim=1) / math.log(2)


def mean_entropy_curve(logits: Tensor, temperatures: Sequence[float]) -> list[float]:
    """Mean entropy of the soft targets at each of `temperatures`, in bits. logits [n, C]."""
    scores = logits.double()
    below = scores - scores.max(dim=1, keepdim=True).values
    bits = []
    for temperature in temperatures:
        # log Z - sum p z / T: it takes one exponential, a third of the time of going through the logarithms.
        powers = (below / temperature).exp_()
        total = powers.sum(dim=1)
        nats = total.log() - torch.linalg.vecdot(powers, below) / (temperature * total)
        bits.append(float(nats.mean()) / math.log(2))
    return bits


def dark_knowledge(logits: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """How much each image's soft target says beyond its answer: its entropy in bits, float64 [n]. logits [n, C]."""
    return entropy_bits(logits, T)


def disagreement(a: Tensor, b: Tensor) -> Tensor:
    """How far b's belief is from a's on each image: KL(a || b) at T = 1, in nats, float64 [n]. a, b: logits [n, C]."""
    return metrics.kl_of_images(b, a)


# ---- which classes look alike -----------------------------------------------------------------------------------------


def mean_soft_targets(logits: Tensor, labels: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """Mean belief in each class (column) over the images of each class (row), float64 [C, C].

    The row of a class without images is NaN. logits [n, C], labels [n].
    """
    return _class_means(soft_targets(logits, T), labels, logits.shape[1])


def similarity(logits: Tensor, labels: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803
    """What `mean_soft_targets` believes outside each row's own class, as shares: rows sum to 1, the diagonal is 0.

    Worked out in logarithms, so that a network that is all but sure has a similarity too. The row of a class without
    images is NaN. logits [n, C], labels [n]; float64 [C, C].
    """
    beliefs = log_soft_targets(logits, T)
    classes = range(logits.shape[1])
    sums = torch.stack([beliefs[labels == label].logsumexp(dim=0) for label in classes])
    return sums.fill_diagonal_(-math.inf).softmax(dim=1)


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's rank correlation of two similarities [C, C] over their cells off the diagonal, -1 to 1.

    Cells that either lacks (NaN) are left out. NaN where one of them is the same in every cell.
    """
    off = ~torch.eye(len(a), dtype=torch.bool, device=a.device) & ~a.isnan() & ~b.isnan()
    both = torch.stack([metrics.ranks(a[off]), metrics.ranks(b[off])])
    return float(torch.corrcoef(both)[0, 1])


@dataclass(frozen=True)
class Dendrogram:
    """Which classes join, ready to draw.

    order: the classes from left to right. links: (x0, x1, height, left_height, right_height) of each joint, lowest
    first: a bar at `height` from x0 to x1, its ends going down to the heights below. Class order[i] stands at x = i;
    height is a distance, 0 to 1.
    """

    order: list[int]
    links: list[tuple[float, float, float, float, float]]


def dendrogram(similarity: Tensor) -> Dendrogram:
    """Average linkage (UPGMA, Sokal and Michener 1958) of 1 - similarity [C, C] made symmetric.

    A class without images, NaN in its row, counts by its column; what nobody knows counts as no similarity.
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    alike = torch.stack([similarity, similarity.T]).nanmean(dim=0).nan_to_num(0.0)
    distances = squareform((1.0 - alike).fill_diagonal_(0.0).cpu().numpy(), checks=False)
    joints = hierarchy.linkage(distances, method="average", optimal_ordering=True)
    drawn = hierarchy.dendrogram(joints, no_plot=True)
    # scipy puts its leaves at 5, 15, 25 ...
    links = [
        ((x[0] - 5) / 10, (x[2] - 5) / 10, y[1], y[0], y[3])
        for x, y in zip(drawn["icoord"], drawn["dcoord"], strict=True)
    ]
    return Dendrogram(drawn["leaves"], sorted(links, key=lambda link: link[2]))


def non_answer_spread(logits: Tensor, labels: Tensor) -> float:
    """How much the logits outside the label differ between images of one class, in units of a logit.

    Each image's C - 1 other logits are centred on their own mean, since a softmax ignores a shift; then the standard
    deviation is taken around each class's mean of each logit, over all images and other classes together. It is what
    tells a 2 that looks like a 7 from one that looks like a 3. Label smoothing draws all images of a class to one
    point (Müller, Kornblith and Hinton 2019, section 4) and so makes it small. logits [n, C], labels [n], C >= 3:
    with two classes nothing is left.
    """
    classes = logits.shape[1]
    own = F.one_hot(labels, classes).bool()
    others = logits.double().masked_fill(own, 0.0)
    centred = (others - others.sum(dim=1, keepdim=True) / (classes - 1)).masked_fill(own, 0.0)
    deviations = centred - _class_means(centred, labels, classes)[labels]
    return math.sqrt(float(deviations.square().sum()) / (len(labels) * (classes - 1)))


def _class_means(values: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Mean of float64 values [n, ...] over each class's images, [C, ...]; NaN without images."""
    sums = values.new_zeros(classes, *values.shape[1:]).index_add_(0, labels, values)
    images = labels.bincount(minlength=classes)
    return sums / images.reshape(-1, *[1] * (values.dim() - 1))


# ---- mistakes, fidelity, calibration ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Confusion:
    """Images of class `label` that are answered `answer`: how many, and their share of the class, 0 to 1."""

    label: int
    answer: int
    count: int
    share: float


def top_confusions(logits: Tensor, labels: Tensor, most: int = 10) -> list[Confusion]:
    """The commonest mistakes, most images first, by label and answer where equal. logits [n, C], labels [n]."""
    counts = metrics.confusion_matrix(logits, labels)
    images = counts.sum(dim=1).tolist()
    wrong = counts.clone().fill_diagonal_(0)
    found = [
        Confusion(label, answer, count, count / images[label])
        for label, answer in wrong.nonzero().tolist()
        for count in [int(wrong[label, answer])]
    ]
    return sorted(found, key=lambda confusion: -confusion.count)[:most]


@dataclass(frozen=True)
class Fidelity:
    """How truly a student follows a teacher (Stanton, Izmailov, Kirichenko, Alemi and Wilson 2021, section 3).

    agreement: share of images with the same answer. kl, kl_at_temperature: mean KL(teacher || student) at T = 1 and
    at T, in nats, not multiplied by T^2. class_agreement, class_kl_at_temperature: the same over each label's images,
    float64 [C], NaN without images. disagreements: the images with different answers, largest KL at T = 1 first,
    int64 [m].
    """

    agreement: float
    kl: float
    kl_at_temperature: float
    class_agreement: Tensor
    class_kl_at_temperature: Tensor
    disagreements: Tensor


def fidelity(student: Tensor, teacher: Tensor, labels: Tensor, T: float) -> Fidelity:  # noqa: N803
    """Compare a student's logits [n, C] with a teacher's on the same images, of labels [n]."""
    classes = teacher.shape[1]
    same = (student.argmax(dim=1) == teacher.argmax(dim=1)).double()
    kl, kl_at_temperature = metrics.kl_of_images(student, teacher), metrics.kl_of_images(student, teacher, T)
    apart = kl.argsort(descending=True, stable=True)
    return Fidelity(
        agreement=float(same.mean()),
        kl=float(kl.mean()),
        kl_at_temperature=float(kl_at_temperature.mean()),
        class_agreement=_class_means(same, labels, classes),
        class_kl_at_temperature=_class_means(kl_at_temperature, labels, classes),
        disagreements=apart[same[apart] == 0],
    )


@dataclass(frozen=True)
class Calibration:
    """What one temperature, fitted on validation images, makes of the beliefs on others (Guo et al. 2017)."""

    temperature: float
    ece_before: float
    ece_after: float
    nll_before: float
    nll_after: float
    reliability_before: Reliability
    reliability_after: Reliability


def calibration(
    validation_logits: Tensor, validation_labels: Tensor, logits: Tensor, labels: Tensor
) -> Calibration:
    """Fit a temperature on validation logits [m, C] and labels [m]; measure logits [n, C] and labels [n] with it."""
    temperature = metrics.fitted_temperature(validation_logits, validation_labels)
    scaled = logits.double() / temperature
    return Calibration(
        temperature=temperature,
        ece_before=metrics.ece(logits, labels),
        ece_after=metrics.ece(scaled, labels),
        nll_before=metrics.nll(logits, labels),
        nll_after=metrics.nll(scaled, labels),
        reliability_before=metrics.reliability(logits, labels),
        reliability_after=metrics.reliability(scaled, labels),
    )


def gap_closed(teacher_errors: float, twin_errors: float, student_errors: float) -> float | None:
    """Share of the gap between twin and teacher that the student closes: 1 is the teacher's level, below 0 is worse.

    None where the twin makes no more errors than the teacher: there is no gap.
    """
    gap = twin_errors - teacher_errors
    return (twin_errors - student_errors) / gap if gap > 0 else None


# ---- features in a plane ----------------------------------------------------------------------------------------------


def project(
    features: Sequence[Tensor],
    method: str,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Tensor]:
    """Lay out each network's features [n, d_i] of the same images in the plane, float64 [n, 2].

    method: "pca", "t-sne" or "umap". The first network is the reference, and the others are turned, mirrored, scaled
    and moved onto it (`aligned`). t-SNE and UMAP start the first from its principal components (Kobak and Linderman
    2021) and the others from the first's plane: of two networks on scikit-learn's digits, t-SNE then leaves 0.10 of the
    variance unaligned where principal components leave 0.40, and each keeps as many of its own neighbours.
    progress: called with the networks done and their number.

    Raises:
        ProjectionRefused: the method is unknown, or features are too few or not finite.
        BrokenInstallation: umap-learn does not load.
    """
    if method not in PROJECTIONS:
        raise ProjectionRefused(N_("There is no projection of that name. Choose one of: pca, t-sne, umap."))
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
    points, reference = points.double(), reference.double()
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
    points = PCA(components, random_state=seed).fit_transform(features.double().cpu().numpy())
    return torch.from_numpy(points)


def _pca(values: Tensor, start: Tensor, seed: int) -> Tensor:
    return values[:, :2]


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
    "t-sne": _t_sne,
    "umap": _umap,
}

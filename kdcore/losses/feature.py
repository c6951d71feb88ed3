"""Losses on what networks hold inside: hints, attention, flow between layers, selectivity, channels, codes.

Student features are [K, N, C, H, W] (maps) or [K, N, D] (vectors) for the K members of a cohort and N images; the
teacher's are [N, ...], shared by all members, and receive no gradient. Every loss returns [K], a mean over the images.
Where the sizes of two maps differ, both are averaged down to the smaller height and width; beside a vector, a map is
averaged over its positions. Numbers of channels may differ only where a docstring says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F


def same_size(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Both features with the height and width of the smaller; the teacher's cut off from its graph.

    student: [K, N, C, H, W] or [K, N, D]. teacher: [N, C', H', W'] or [N, D']. Channels stay as they are.
    """
    teacher = teacher.detach()
    if student.dim() == 3 or teacher.dim() == 2:
        return _as_vectors(student, 2), _as_vectors(teacher, 1)
    size = _smaller(student, teacher)
    return _pooled(student, size), _pooled(teacher, size)


def hint(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared error over everything: images, channels and positions; no factor 1/2.

    Equal numbers of channels: the regressor of the paper is applied before. Source: Romero et al. 2015, equation 3, there
    the sum over one image's features with a factor 1/2. The mean is the form for which a weight of 100 was published.

    Raises:
        ValueError: the numbers of channels differ.
    """
    student, teacher = same_size(student, teacher)
    return _mean(torch.square(student - _equal(student, teacher)))


def attention_map(features: Tensor) -> Tensor:
    """Where a network looks: the mean over channels of the squared features, scaled to unit length over the positions.

    features: [..., C, H, W]; returns [..., H, W]. A map of zeros stays zero. Source: Zagoruyko and Komodakis 2017, section
    3.1, the sum of squares; mean or sum are the same after scaling.
    """
    energy = torch.square(features).mean(-3)
    return F.normalize(energy.flatten(-2), dim=-1).reshape(energy.shape)


def attention(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared difference of the attention maps, averaged over images and positions; numbers of channels may differ.

    Source: Zagoruyko and Komodakis 2017, equation 2, there the length of the difference, summed over layers. The mean of
    squares is the form of the published weight of 1000 on the sum over layers. Larger features (not maps) are averaged
    down first, as there.
    """
    student, teacher = same_size(student, teacher)
    return _mean(torch.square(attention_map(student) - attention_map(teacher)))


def neuron_selectivity(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared maximum mean discrepancy between the channels' maps under the kernel (a . b)^2; channels may differ.

    Every channel's map is scaled to unit length; each of the three means runs over the images and all pairs of channels.
    The teacher's own part has no gradient and is kept, so that equal features give 0. Source: Huang and Wang 2017,
    section 4, polynomial kernel with d = 2 and c = 0; this form carries the published weight of 50 on the sum over layers.
    """
    student, teacher = same_size(student, teacher)
    s, t = (F.normalize(features.flatten(-2), dim=-1) for features in (student, teacher))
    return _kernel_mean(s, s) + _kernel_mean(t, t) - 2 * _kernel_mean(s, t)


def flow_matrix(lower: Tensor, upper: Tensor) -> Tensor:
    """How two layers vary together: products of every pair of their channels, averaged over the positions.

    lower: [..., C, H, W], upper: [..., D, H', W'], the larger averaged down to the smaller; returns [..., C, D].
    Source: Yim et al. 2017, equation 1 (there equal sizes by max pooling).
    """
    size = _smaller(lower, upper)
    low, up = (_pooled(features, size).flatten(-2) for features in (lower, upper))
    return low @ up.mT / low.shape[-1]


def flow(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    """Mean squared difference of the flow matrices of consecutive points, summed over the pairs of points.

    Both in order from the input on, as many points each, with equal channels point by point; sizes may differ. Source: Yim
    et al. 2017, equation 2, there a sum over the matrix. The mean is the form of the published weight of 50.

    Raises:
        ValueError: fewer than two points, unequal numbers of points, or of channels at one point.
    """
    if len(student) != len(teacher) or len(student) < 2:
        raise ValueError(
            f"flow needs two or more points on both sides, got {len(student)} and {len(teacher)}"
        )
    told = (
        (flow_matrix(*of_student), flow_matrix(*(t.detach() for t in of_teacher)))
        for of_student, of_teacher in zip(pairwise(student), pairwise(teacher), strict=True)
    )
    return torch.stack([_mean(torch.square(s - _equal(s, t))) for s, t in told]).sum(0)


def channel_wise(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 KL(teacher || student) in nats between the softmaxes of each channel's map over its positions.

    Summed over positions, averaged over channels and images. Equal numbers of channels; a map of one position gives 0.
    Source: Shu et al. 2021, section 3.

    Raises:
        ValueError: the numbers of channels differ.
    """
    student, teacher = same_size(student, teacher)
    log_q = F.log_softmax(student.flatten(3) / temperature, dim=-1)
    log_p = F.log_softmax(_equal(student, teacher).flatten(2) / temperature, dim=-1)
    divergence = F.kl_div(log_q, log_p.expand_as(log_q), reduction="none", log_target=True).sum(-1)
    return temperature * temperature * _mean(divergence)


def standardised(features: Tensor, channels: int = 1) -> Tensor:
    """Each image's channels at each position less their mean and divided by their standard deviation (1e-5 in the root).

    `channels` is the dimension of the channels. Statistics of one image alone: the size of a batch changes nothing.
    """
    centred = features - features.mean(channels, keepdim=True)
    return centred * torch.rsqrt(torch.square(centred).mean(channels, keepdim=True) + 1e-5)


def standardised_hint(student: Tensor, teacher: Tensor) -> Tensor:
    """Smooth L1 distance (threshold 2) to the teacher's standardised channels, mean over everything.

    Equal numbers of channels. Source: Wei et al. 2022, section 3, "whitening": layer normalisation of the teacher's
    features without a learned scale.

    Raises:
        ValueError: the numbers of channels differ.
    """
    student, teacher = same_size(student, teacher)
    target = standardised(_equal(student, teacher)).expand_as(student)
    return _mean(F.smooth_l1_loss(student, target, beta=2.0, reduction="none"))


def fused_hint(student: Tensor, teachers: Sequence[Tensor]) -> Tensor:
    """Mean squared error from several teachers' standardised channels side by side, over everything.

    student: [K, N, C, H, W] or [K, N, D], with as many channels as the teachers together. teachers: [K or 1, N, ...] each;
    no gradient. All are averaged down to the smallest height and width, or over all positions if one is a vector; then
    each teacher is standardised by itself, so that none counts for the size of its numbers. Source: Park and Kwak 2019,
    FEED (parallel), there a nonlinear transformation of the student's features for each teacher.

    Raises:
        ValueError: the student's channels are not as many as the teachers' together.
    """
    parts = [teacher.detach() for teacher in teachers]
    if any(features.dim() == 3 for features in (student, *parts)):
        student, *parts = (_as_vectors(features, 2) for features in (student, *parts))
    else:
        sides = [features.shape[-2:] for features in (student, *parts)]
        size = min(h for h, _ in sides), min(w for _, w in sides)
        student, *parts = (_pooled(features, size) for features in (student, *parts))
    target = torch.cat([standardised(part, 2).expand(len(student), *part.shape[1:]) for part in parts], dim=2)
    if student.shape != target.shape:
        sizes = f"{tuple(student.shape[1:])} and {tuple(target.shape[1:])}"
        raise ValueError(f"student's and teachers' features differ in size: {sizes}")
    return _mean(torch.square(student - target))


def nearest_codes(teacher: Tensor, codebook: Tensor) -> Tensor:
    """The number of the code nearest to the teacher's channels at each position.

    teacher: [N, D, H, W] or [N, D]. codebook: [K, M, D], one of M codes a member. Returns [K, N, H, W] or [K, N], whole
    numbers without gradient. Source: van den Oord et al. 2017, equation 1.
    """
    rows = teacher.detach().movedim(1, -1)
    distances = torch.cdist(
        rows.reshape(1, -1, rows.shape[-1]).expand(len(codebook), -1, -1), codebook.detach()
    )
    return distances.argmin(-1).reshape(-1, *rows.shape[:-1])


def quantisation_error(teacher: Tensor, codebook: Tensor) -> Tensor:
    """Mean squared distance of the teacher's channels from their nearest codes, over everything; it trains the codebook.

    Shapes as in `nearest_codes`. Source: van den Oord et al. 2017, equation 3, second term (there summed over channels).
    """
    codes = nearest_codes(teacher, codebook)
    chosen = torch.take_along_dim(codebook, codes.flatten(1).unsqueeze(-1), dim=1)
    rows = teacher.detach().movedim(1, -1).reshape(1, -1, codebook.shape[-1])
    return torch.square(chosen - rows).mean((-2, -1))


def code_cross_entropy(scores: Tensor, codes: Tensor) -> Tensor:
    """-log softmax(scores) of the code at each position in nats, averaged over images and positions.

    scores: [K, N, M] or [K, N, M, H, W], one score for each of M codes. codes: whole numbers [K, N] or [K, N, H, W].
    Source: Jain et al. 2020, section 3, with the teacher's code taken as certain.
    """
    log_q = torch.take_along_dim(F.log_softmax(scores, dim=2), codes.unsqueeze(2), dim=2)
    return -_mean(log_q)


def codes_in_use(codes: Tensor, count: int) -> Tensor:
    """How many of `count` codes are used: the exponential of the entropy of their shares; between 1 and `count`.

    codes: whole numbers [K, ...]; returns [K], without gradient.
    """
    flat = codes.flatten(1)
    found = torch.zeros(len(codes), count, device=codes.device)
    shares = found.scatter_add_(1, flat, torch.ones_like(flat, dtype=found.dtype)) / flat.shape[1]
    return torch.exp(torch.special.entr(shares).sum(-1))


def _as_vectors(features: Tensor, channels: int) -> Tensor:
    """Maps averaged over their positions, vectors as they are; `channels` is the dimension of the channels."""
    return features.flatten(channels + 1).mean(-1) if features.dim() > channels + 1 else features


def _smaller(one: Tensor, other: Tensor) -> tuple[int, int]:
    """The smaller height and the smaller width of two stacks of maps."""
    return min(one.shape[-2], other.shape[-2]), min(one.shape[-1], other.shape[-1])


def _pooled(features: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps [..., C, H, W] averaged down to `size`, as they are where they have it."""
    if features.shape[-2:] == size:
        return features
    return F.adaptive_avg_pool2d(features.flatten(0, -4), size).reshape(*features.shape[:-2], *size)


def _equal(student: Tensor, teacher: Tensor) -> Tensor:
    """The teacher's features, if they are of the student's size: one that broadcasts by chance would pass unseen."""
    if student.shape[1:] != teacher.shape:
        sizes = f"{tuple(student.shape[1:])} and {tuple(teacher.shape)}"
        raise ValueError(f"student's and teacher's features differ in size: {sizes}")
    return teacher


def _mean(values: Tensor) -> Tensor:
    """The mean of all that a member has, [K, ...] -> [K]."""
    return values.flatten(1).mean(1)


def _kernel_mean(one: Tensor, other: Tensor) -> Tensor:
    """Mean of (a . b)^2 over images and pairs of channels' maps; [..., N, C, P] and [..., N, D, P] -> [...]."""
    return torch.square(one @ other.mT).mean((-3, -2, -1))

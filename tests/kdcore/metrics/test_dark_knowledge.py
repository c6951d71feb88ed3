"""What networks know, against scipy, scikit-learn or a closed form."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from scipy.cluster import hierarchy
from scipy.spatial import procrustes
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss
from torch import Tensor

from kdcore.errors import BrokenInstallation, ProjectionRefused
from kdcore.metrics import calibration, class_similarity, confusions, dark_knowledge, fidelity, projections

CLASSES = 6
TEMPERATURES = [0.25, 1.0, 4.0, 20.0, 100.0]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def logits() -> Tensor:
    return (drawn(400, CLASSES) * 3).float()


@pytest.fixture
def labels(logits: Tensor) -> Tensor:
    """Right for about half of the images, and class 5 never."""
    random = torch.randint(0, CLASSES - 1, (len(logits),), generator=torch.Generator().manual_seed(1))
    return torch.where(torch.arange(len(logits)) % 2 == 0, logits[:, :-1].argmax(dim=1), random)


def softmax(logits: Tensor, temperature: float = 1.0) -> np.ndarray:
    return scipy.special.softmax(logits.double().numpy() / temperature, axis=1)


# ---- soft targets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_soft_targets_are_the_softmax_at_a_temperature(logits: Tensor, temperature: float) -> None:
    np.testing.assert_allclose(dark_knowledge.soft_targets(logits, temperature), softmax(logits, temperature))
    np.testing.assert_allclose(
        dark_knowledge.log_soft_targets(logits, temperature).exp().sum(dim=1), 1.0, rtol=1e-12
    )


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_log_soft_targets_hold_for_huge_logits_and_a_hundred_classes(temperature: float) -> None:
    huge = drawn(20, 100) * 1e4
    found = dark_knowledge.log_soft_targets(huge, temperature)
    assert found.isfinite().all()
    expected = scipy.special.log_softmax(huge.numpy() / temperature, axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


def test_a_belief_close_to_one_keeps_its_digits() -> None:
    """log(1 / (1 + e^-50)) is -e^-50 to twenty digits; taken from a sum with the 1 in it, it would be 0."""
    found = dark_knowledge.log_soft_targets(torch.tensor([[50.0, 0.0]]))
    assert float(found[0, 0]) == pytest.approx(-math.exp(-50), rel=1e-12, abs=0)


def test_equal_largest_logits_share_the_belief() -> None:
    np.testing.assert_allclose(
        dark_knowledge.soft_targets(torch.tensor([[7.0, 7.0, -1e4]])), [[0.5, 0.5, 0.0]]
    )


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_entropy_is_that_of_scipy_in_bits(logits: Tensor, temperature: float) -> None:
    expected = scipy.stats.entropy(softmax(logits, temperature), base=2, axis=1)
    np.testing.assert_allclose(
        dark_knowledge.entropy_bits(logits, temperature), expected, rtol=1e-9, atol=1e-12
    )


def test_entropy_lies_between_none_and_that_of_a_guess() -> None:
    found = dark_knowledge.entropy_bits(torch.tensor([[1e4, 0.0, 0.0, 0.0], [3.0, 3.0, 3.0, 3.0]]))
    assert found.tolist() == pytest.approx([0.0, 2.0], abs=1e-15)


def test_the_mean_entropy_curve_is_the_mean_at_each_temperature(logits: Tensor) -> None:
    expected = [scipy.stats.entropy(softmax(logits, t), base=2, axis=1).mean() for t in TEMPERATURES]
    assert dark_knowledge.mean_entropy_curve(logits, TEMPERATURES) == pytest.approx(expected, rel=1e-9)


def test_dark_knowledge_sorts_a_doubtful_image_before_a_sure_one() -> None:
    doubtful, sure = [2.0, 1.9, 0.0], [9.0, 0.0, 0.0]
    bits = dark_knowledge.dark_knowledge(torch.tensor([sure, doubtful]))
    assert bits[1] > bits[0]
    two = softmax(torch.tensor([doubtful]))
    assert float(bits[1]) == pytest.approx(scipy.stats.entropy(two[0], base=2))


def test_disagreement_is_the_divergence_from_the_first(logits: Tensor) -> None:
    other = logits.flip(0)
    expected = scipy.stats.entropy(softmax(logits), softmax(other), axis=1)
    np.testing.assert_allclose(dark_knowledge.disagreement(logits, other), expected, rtol=1e-9)
    assert not dark_knowledge.disagreement(logits, logits + 5.0).round(decimals=12).any()


# ---- which classes look alike -----------------------------------------------------------------------------------------


def test_mean_soft_targets_have_labels_in_their_rows(logits: Tensor, labels: Tensor) -> None:
    found = dark_knowledge.mean_soft_targets(logits, labels, 4.0)
    beliefs = softmax(logits, 4.0)
    for label in range(CLASSES - 1):
        np.testing.assert_allclose(found[label], beliefs[labels.numpy() == label].mean(axis=0), rtol=1e-12)
    assert found[-1].isnan().all(), "a class without images"


def test_similarity_is_the_belief_outside_the_own_class(logits: Tensor, labels: Tensor) -> None:
    found = class_similarity.similarity(logits, labels, 4.0)
    beliefs = softmax(logits, 4.0)
    for label in range(CLASSES - 1):
        outside = beliefs[labels.numpy() == label].mean(axis=0)
        outside[label] = 0.0
        np.testing.assert_allclose(found[label], outside / outside.sum(), rtol=1e-10)
    assert found[-1].isnan().all(), "a class without images"


def test_a_network_that_is_all_but_sure_has_a_similarity_too() -> None:
    """Its other beliefs, e^-4000 and less, are 0 as numbers; their ratio, e^-1 at T = 1, is not."""
    sure = torch.tensor([[4000.0, 0.0, -1.0], [0.0, 4000.0, -1.0], [0.0, -1.0, 4000.0]])
    found = class_similarity.similarity(sure, torch.arange(3))
    more, less = 1 / (1 + math.exp(-1)), math.exp(-1) / (1 + math.exp(-1))
    np.testing.assert_allclose(found, [[0, more, less], [more, 0, less], [more, less, 0]], rtol=1e-12)


def test_rank_correlation_is_spearmans_over_the_cells_off_the_diagonal() -> None:
    a, b = drawn(8, 8).round(decimals=1), drawn(8, 8, seed=1).round(decimals=1)
    assert len(a.unique()) < 64, "some cells tie"
    a.fill_diagonal_(0.0), b.fill_diagonal_(100.0)
    off = ~np.eye(8, dtype=bool)
    expected = scipy.stats.spearmanr(a.numpy()[off], b.numpy()[off]).statistic
    assert class_similarity.rank_correlation(a, b) == pytest.approx(expected, abs=1e-12)


def test_rank_correlation_leaves_out_classes_without_images() -> None:
    a = drawn(5, 5)
    b = a.exp()
    assert class_similarity.rank_correlation(a, -b) == pytest.approx(-1.0)
    b[2] = math.nan
    assert class_similarity.rank_correlation(a, b) == pytest.approx(1.0)
    assert math.isnan(class_similarity.rank_correlation(a, torch.zeros(5, 5)))


def test_the_dendrogram_of_three_classes() -> None:
    """0 and 2 are half alike; 1 is a tenth alike to either: joints at 1 - 0.5 and 1 - 0.1."""
    alike = torch.tensor([[0.0, 0.2, 0.6], [0.0, 0.0, 0.1], [0.4, 0.1, 0.0]], dtype=torch.float64)
    found = class_similarity.dendrogram(alike)
    pair = found.order.index(0), found.order.index(2)
    assert abs(pair[0] - pair[1]) == 1
    first, last = found.links
    assert first == pytest.approx((min(pair), max(pair), 0.5, 0.0, 0.0))
    assert last[2] == pytest.approx(0.9)
    assert sorted(last[3:]) == pytest.approx([0.0, 0.5]), "one end is a class, the other the first joint"
    ends = {0.0: found.order.index(1), 0.5: sum(pair) / 2}
    assert last[:2] == pytest.approx([ends[round(height, 9)] for height in last[3:]])


def test_linkage_joins_at_the_heights_of_scikit_learn() -> None:
    alike = torch.softmax(drawn(9, 9), dim=1).fill_diagonal_(0.0)
    found = class_similarity.dendrogram(alike)
    distances = 1 - (alike + alike.T).numpy() / 2
    np.fill_diagonal(distances, 0.0)
    expected = AgglomerativeClustering(
        n_clusters=None, distance_threshold=0.0, metric="precomputed", linkage="average"
    ).fit(distances)
    np.testing.assert_allclose([link[2] for link in found.links], np.sort(expected.distances_))
    tree = hierarchy.average(distances[np.triu_indices(9, 1)])
    best = hierarchy.leaves_list(
        hierarchy.optimal_leaf_ordering(tree, distances[np.triu_indices(9, 1)])
    ).tolist()
    assert found.order in (best, best[::-1])


def test_a_class_without_images_still_stands_in_the_dendrogram() -> None:
    alike = torch.tensor([[0.0, 0.7, 0.3], [0.8, 0.0, 0.2], [math.nan] * 3])
    found = class_similarity.dendrogram(alike)
    assert sorted(found.order) == [0, 1, 2]
    assert [link[2] for link in found.links] == pytest.approx([0.25, 0.75])


def test_a_tree_is_mirrored_where_it_then_stands_as_another_does() -> None:
    alike = torch.tensor([[0.0, 0.2, 0.6], [0.0, 0.0, 0.1], [0.4, 0.1, 0.0]], dtype=torch.float64)
    first = class_similarity.dendrogram(alike)
    mirrored = class_similarity.Dendrogram(
        first.order[::-1], [(2 - x1, 2 - x0, y, right, left) for x0, x1, y, left, right in first.links]
    )
    assert class_similarity.beside(first, first) == first
    assert class_similarity.beside(mirrored, first) == first
    assert class_similarity.beside(first, mirrored) == mirrored


def test_spread_of_two_images_worked_out_by_hand() -> None:
    """Others (3, 1) and (5, 7), centred (1, -1) and (-1, 1): each 1 away from their mean of 0."""
    logits = torch.tensor([[100.0, 3.0, 1.0], [-8.0, 5.0, 7.0]])
    assert dark_knowledge.non_answer_spread(logits, torch.tensor([0, 0])) == pytest.approx(1.0)
    apart = torch.tensor([[100.0, 3.0, 1.0], [5.0, -8.0, 7.0]])
    assert dark_knowledge.non_answer_spread(apart, torch.tensor([0, 1])) == 0.0, "nobody else in the class"


def test_spread_is_that_of_the_noise_around_the_classes() -> None:
    """Noise of deviation s on ten logits: centring nine of them leaves s * sqrt(8 / 9), whatever the classes' means."""
    labels = torch.arange(20_000) % 10
    means = drawn(10, 10, seed=1) * 5
    shifts = drawn(20_000, 1, seed=2) * 50
    for deviation in (0.4, 2.7):
        logits = means[labels] + shifts + deviation * drawn(20_000, 10, seed=3)
        logits[torch.arange(20_000), labels] += 30 * drawn(20_000, seed=4)
        expected = deviation * math.sqrt(8 / 9)
        assert dark_knowledge.non_answer_spread(logits, labels) == pytest.approx(expected, rel=0.01)


# ---- mistakes, fidelity, calibration ----------------------------------------------------------------------------------


def test_top_confusions_are_counted_from_the_most() -> None:
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2])
    answers = torch.tensor([0, 2, 2, 1, 0, 1, 2, 1])
    logits = torch.nn.functional.one_hot(answers, 4).float()
    found = confusions.top_confusions(logits, labels, most=3)
    assert found == [
        confusions.Confusion(label=0, answer=2, count=2, share=0.5),
        confusions.Confusion(label=0, answer=1, count=1, share=0.25),
        confusions.Confusion(label=1, answer=0, count=1, share=0.5),
    ]
    assert len(confusions.top_confusions(logits, labels)) == 4
    assert confusions.top_confusions(logits, answers) == []


def test_fidelity_by_class_and_its_disagreements(logits: Tensor, labels: Tensor) -> None:
    student, teacher = logits, logits + drawn(400, CLASSES, seed=5).float()
    found = fidelity.fidelity(student, teacher, labels, 4.0)
    same = (student.argmax(dim=1) == teacher.argmax(dim=1)).numpy()
    kl = scipy.stats.entropy(softmax(teacher), softmax(student), axis=1)
    softer = scipy.stats.entropy(softmax(teacher, 4.0), softmax(student, 4.0), axis=1)
    assert found.agreement == pytest.approx(same.mean())
    assert found.kl == pytest.approx(kl.mean(), rel=1e-9)
    assert found.kl_at_temperature == pytest.approx(softer.mean(), rel=1e-9)
    for label in range(CLASSES - 1):
        own = labels.numpy() == label
        assert float(found.class_agreement[label]) == pytest.approx(same[own].mean())
        assert float(found.class_kl_at_temperature[label]) == pytest.approx(softer[own].mean(), rel=1e-9)
    assert found.class_agreement[-1].isnan()
    assert found.class_kl_at_temperature[-1].isnan()
    order = found.disagreements.numpy()
    assert sorted(order) == np.flatnonzero(~same).tolist()
    assert (np.diff(kl[order]) <= 0).all(), "the largest divergence first"


def test_calibration_fits_on_validation_images_and_measures_others(logits: Tensor) -> None:
    """Labels drawn from the softmax at T = 1: a network three times as sure needs T = 3, whatever the test images."""
    true = (drawn(20_000, CLASSES) * 2).float()
    labels = torch.multinomial(true.softmax(dim=1), 1, generator=torch.Generator().manual_seed(2))[:, 0]
    half = len(true) // 2
    found = calibration.calibration(3 * true[:half], labels[:half], 3 * true[half:], labels[half:])
    assert found.temperature == pytest.approx(3.0, rel=0.03)
    assert found.temperature == calibration.fitted_temperature(3 * true[:half], labels[:half])
    expected = [
        log_loss(labels[half:], softmax(true[half:], scale), labels=range(CLASSES))
        for scale in (1 / 3, found.temperature / 3)
    ]
    assert [found.nll_before, found.nll_after] == pytest.approx(expected, rel=1e-6)
    assert found.ece_after < 0.02 < 0.1 < found.ece_before
    for ece, shown in (
        (found.ece_before, found.reliability_before),
        (found.ece_after, found.reliability_after),
    ):
        gaps = (shown.accuracy - shown.confidence).abs().nan_to_num(0.0)
        assert float((gaps * shown.count).sum() / half) == pytest.approx(ece)


@pytest.mark.parametrize(
    ("teacher", "twin", "student", "share"),
    [(40, 140, 65, 0.75), (40, 140, 30, 1.1), (40, 140, 150, -0.1), (40, 40, 30, None), (50, 40, 45, None)],
)
def test_share_of_the_gap_closed(teacher: int, twin: int, student: int, share: float | None) -> None:
    assert fidelity.gap_closed(teacher, twin, student) == (
        pytest.approx(share) if share is not None else None
    )


# ---- features in a plane ----------------------------------------------------------------------------------------------


def turned(points: Tensor, angle: float, mirror: bool = False) -> Tensor:
    c, s = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    return points @ turn * torch.tensor([1.0, -1.0 if mirror else 1.0], dtype=torch.float64)


@pytest.mark.parametrize("mirror", [False, True])
def test_alignment_undoes_turn_mirror_scale_and_shift(mirror: bool) -> None:
    reference = drawn(50, 2) * torch.tensor([3.0, 1.0]) + 7
    moved = 0.2 * turned(reference, 2.5, mirror) - torch.tensor([4.0, 90.0])
    torch.testing.assert_close(projections.aligned(moved, reference), reference, rtol=1e-10, atol=1e-10)


def test_alignment_leaves_what_scipys_procrustes_leaves() -> None:
    reference, points = drawn(50, 2), drawn(50, 2, seed=1) + drawn(50, 2)
    expected = procrustes(reference.numpy(), points.numpy())[2]
    left = (projections.aligned(points, reference) - reference).square().sum()
    spread = (reference - reference.mean(dim=0)).square().sum()
    assert float(left / spread) == pytest.approx(expected, rel=1e-10)


def test_alignment_of_one_point_many_times_is_the_middle() -> None:
    reference = drawn(5, 2)
    found = projections.aligned(torch.ones(5, 2), reference)
    torch.testing.assert_close(found, reference.mean(dim=0).expand(5, 2))


def clusters(width: int, seed: int, stretch: tuple[float, ...] = (3.0, 2.0, 1.0)) -> Tensor:
    """Three hundred images in four far groups, stretched along three axes and seen through a map to `width` features."""
    centres = 20 * torch.tensor([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=torch.float64)
    points = (centres.repeat_interleave(75, dim=0) + drawn(300, 3)) * torch.tensor(stretch)
    mapping, _ = torch.linalg.qr(drawn(width, 3, seed=seed))
    return (points @ mapping.T).float()


@pytest.mark.parametrize(("method", "components"), [("pca", 2), ("pca-3d", 3)])
def test_pca_is_that_of_scikit_learn_and_the_others_lie_on_the_first(method: str, components: int) -> None:
    one, two = clusters(8, 1), 5 * clusters(20, 2) + 3
    told: list[tuple[int, int]] = []
    first, second = projections.project([one, two], method, 0, lambda done, total: told.append((done, total)))
    expected = PCA(components).fit_transform(one.double().numpy())
    np.testing.assert_allclose(first, expected, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(second, first, rtol=1e-4, atol=1e-3)
    assert told == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("method", ["t-sne", pytest.param("umap", marks=pytest.mark.proof)])
def test_neighbours_stay_together_and_the_networks_are_aligned(method: str) -> None:
    """The second network's principal plane is another one, and still its groups lie where the first's do."""
    first, second = found = projections.project([clusters(8, 1), clusters(20, 2, (1.0, 2.0, 3.0))], method, 3)
    for points in found:
        assert points.shape == (300, 2)
        assert points.isfinite().all()
        centres = points.reshape(4, 75, 2).mean(dim=1)
        nearest = torch.cdist(points, centres).argmin(dim=1)
        assert (nearest == torch.arange(4).repeat_interleave(75)).all()
    spread = (first - first.mean(dim=0)).square().sum()
    assert (second - first).square().sum() / spread < 0.1
    again = projections.project([clusters(8, 1)], method, 3)[0]
    torch.testing.assert_close(again, first)


def test_few_images_are_laid_out_too() -> None:
    assert projections.project([drawn(4, 3)], "t-sne")[0].shape == (4, 2)
    flat = projections.project([drawn(4, 2)], "pca-3d")[0]
    assert flat.shape == (4, projections.DIMENSIONS["pca-3d"])
    assert not flat[:, 2].any(), "two features lie in a plane"


@pytest.mark.parametrize(
    ("features", "method", "said"),
    [
        (drawn(9, 3), "lda", "pca, pca-3d, t-sne, umap"),
        (drawn(3, 3), "pca", "at least four images"),
        (drawn(9, 1), "pca", "two features"),
        (drawn(9, 3).log(), "pca", "not finite"),
    ],
)
def test_what_has_no_plane_is_refused(features: Tensor, method: str, said: str) -> None:
    with pytest.raises(ProjectionRefused, match=said):
        projections.project([features], method)


def test_without_umap_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(BrokenInstallation, match="make set-up"):
        projections.project([drawn(9, 3)], "umap")

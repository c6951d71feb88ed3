"""Metrics against scikit-learn or a closed form, and what evaluating leaves behind."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import torch
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve
from torch import Tensor, nn

from kdcore.metrics import agreement, calibration, classification, evaluation, latency, per_class
from kdcore.system.threads import on_threads

CLASSES = 7


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(500, CLASSES, generator=torch.Generator().manual_seed(0)) * 2


@pytest.fixture
def labels(logits: Tensor) -> Tensor:
    """Right for about half of the images, and class 6 never."""
    drawn = torch.randint(0, CLASSES - 1, (len(logits),), generator=torch.Generator().manual_seed(1))
    return torch.where(torch.arange(len(logits)) % 2 == 0, logits[:, :-1].argmax(dim=1), drawn)


def softmax(logits: Tensor, temperature: float = 1.0) -> np.ndarray:
    powers = np.exp(logits.double().numpy() / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def test_errors_and_accuracy_are_those_of_scikit_learn(logits: Tensor, labels: Tensor) -> None:
    predicted = logits.argmax(dim=1)
    assert classification.errors(logits, labels) == reference.zero_one_loss(
        labels, predicted, normalize=False
    )
    assert classification.accuracy(logits, labels) == pytest.approx(
        reference.accuracy_score(labels, predicted)
    )


def test_nll_is_the_log_loss_in_nats(logits: Tensor, labels: Tensor) -> None:
    expected = reference.log_loss(labels, softmax(logits), labels=range(CLASSES))
    assert classification.nll(logits, labels) == pytest.approx(expected, rel=1e-12)


def test_nll_stays_finite_where_a_probability_underflows() -> None:
    assert classification.nll(torch.tensor([[1000.0, 0.0]]), torch.tensor([1])) == 1000.0


def test_each_images_log_loss_is_in_the_mean(logits: Tensor, labels: Tensor) -> None:
    losses = classification.log_losses(logits, labels)
    own = softmax(logits)[np.arange(len(labels)), labels.numpy()]
    np.testing.assert_allclose(losses.numpy(), -np.log(own), rtol=1e-10)
    assert classification.nll(logits, labels) == pytest.approx(float(losses.mean()), rel=1e-12)


def test_the_paired_difference_is_that_of_scipy(logits: Tensor, labels: Tensor) -> None:
    first, second = (classification.log_losses(scale * logits, labels) for scale in (1.0, 1.3))
    found = classification.paired_difference(first, second)
    expected = scipy.stats.ttest_rel(first.numpy(), second.numpy())
    assert found.mean / found.standard_error == pytest.approx(expected.statistic)
    assert found.mean == pytest.approx(float(first.mean() - second.mean()))


def test_what_is_hard_for_both_cancels_in_a_paired_difference() -> None:
    hard = torch.tensor([0.1, 9.0, 0.3, 7.0])
    found = classification.paired_difference(hard + torch.tensor([0.1, 0.3, 0.1, 0.3]), hard)
    assert found.mean == pytest.approx(0.2, abs=1e-6)
    assert found.standard_error == pytest.approx(0.1 / math.sqrt(3), rel=1e-4)


def test_ece_is_the_weighted_gap_of_fifteen_equal_bins(logits: Tensor, labels: Tensor) -> None:
    """Guo et al. 2017, equation 3, written out with a loop over (m / 15, (m + 1) / 15]."""
    probabilities = softmax(logits)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels.numpy()
    expected = 0.0
    for m in range(15):
        inside = (confidence > m / 15) & (confidence <= (m + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert calibration.ece(logits, labels) == pytest.approx(expected, rel=1e-12)


def test_ece_of_a_coin_that_is_always_sure() -> None:
    sure = torch.tensor([[50.0, 0.0]]).repeat(10, 1)
    labels = torch.tensor([0, 1] * 5)
    assert calibration.ece(sure, labels) == pytest.approx(0.5, abs=1e-12)


def test_ece_of_probabilities_that_are_true_is_zero() -> None:
    three_in_four = torch.tensor([[math.log(3.0), 0.0]], dtype=torch.float64).repeat(4, 1)
    assert calibration.ece(three_in_four, torch.tensor([0, 0, 0, 1])) == pytest.approx(0.0, abs=1e-12)


def test_agreement_counts_equal_answers() -> None:
    a = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 1.0], [0.0, 9.0]])
    b = torch.tensor([[9.0, 1.0], [3.0, 1.0], [2.0, 1.0], [0.0, 0.1]])
    assert agreement.agreement(a, b) == 0.75


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_kl_to_the_teacher_is_the_sum_over_classes(logits: Tensor, temperature: float) -> None:
    teacher = logits.flip(0)
    p, q = softmax(teacher, temperature), softmax(logits, temperature)
    expected = (p * np.log(p / q)).sum(axis=1).mean()
    assert agreement.kl_to_teacher(logits, teacher, temperature) == pytest.approx(expected, rel=1e-10)
    assert agreement.kl_to_teacher(teacher, teacher, temperature) == 0.0


def test_kl_to_the_teacher_stays_finite_for_logits_far_apart() -> None:
    student, teacher = torch.tensor([[0.0, 2000.0]]), torch.tensor([[2000.0, 0.0]])
    assert agreement.kl_to_teacher(student, teacher) == pytest.approx(2000.0)


def test_the_confusion_matrix_has_labels_in_its_rows(logits: Tensor, labels: Tensor) -> None:
    expected = reference.confusion_matrix(labels, logits.argmax(dim=1), labels=range(CLASSES))
    np.testing.assert_array_equal(per_class.confusion_matrix(logits, labels), expected)


def test_recall_by_class_and_none_for_a_class_without_images(logits: Tensor, labels: Tensor) -> None:
    found = per_class.recall(logits, labels)
    expected = reference.recall_score(labels, logits.argmax(dim=1), labels=range(CLASSES - 1), average=None)
    np.testing.assert_allclose(found[:-1], expected)
    assert found[-1].isnan()


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_divergence_of_each_image_is_that_of_scipy(logits: Tensor, temperature: float) -> None:
    teacher = logits.flip(0)
    expected = scipy.stats.entropy(softmax(teacher, temperature), softmax(logits, temperature), axis=1)
    np.testing.assert_allclose(agreement.kl_of_images(logits, teacher, temperature), expected, rtol=1e-9)


def test_reliability_has_the_points_of_scikit_learns_calibration_curve(
    logits: Tensor, labels: Tensor
) -> None:
    """Its bins are closed below and ours above: the same for confidences that fall on no edge."""
    confidence, right = softmax(logits).max(axis=1), logits.argmax(dim=1) == labels
    found = calibration.reliability(logits, labels)
    accuracy, mean_confidence = calibration_curve(right, confidence, n_bins=15)
    seen = found.count > 0
    assert 0 < int(seen.sum()) < 15, "some bins are empty"
    np.testing.assert_allclose(found.accuracy[seen], accuracy)
    np.testing.assert_allclose(found.confidence[seen], mean_confidence)
    np.testing.assert_array_equal(found.count, np.histogram(confidence, bins=15, range=(0, 1))[0])
    np.testing.assert_allclose(found.edges, np.arange(16) / 15)
    assert found.accuracy[~seen].isnan().all()


def test_reliability_puts_certainty_in_the_last_bin() -> None:
    found = calibration.reliability(torch.tensor([[1e4, 0.0], [0.0, 1e4]]), torch.tensor([0, 0]), bins=4)
    assert found.count.tolist() == [0, 0, 0, 2]
    assert (float(found.confidence[3]), float(found.accuracy[3])) == (1.0, 0.5)


def test_the_fitted_temperature_makes_the_labels_likeliest(logits: Tensor, labels: Tensor) -> None:
    def loss(log_temperature: float) -> float:
        return float(
            reference.log_loss(labels, softmax(logits, math.exp(log_temperature)), labels=range(CLASSES))
        )

    expected = math.exp(scipy.optimize.minimize_scalar(loss, bounds=(-3, 5), method="bounded").x)
    assert calibration.fitted_temperature(logits, labels) == pytest.approx(expected, rel=1e-4)


def test_a_fitted_temperature_in_closed_form() -> None:
    """Sure by 12 and right three times in four: sigmoid(12 / T) = 3 / 4 at T = 12 / log 3."""
    sure = torch.tensor([[12.0, 0.0]]).repeat(4, 1)
    found = calibration.fitted_temperature(sure, torch.tensor([0, 0, 0, 1]))
    assert found == pytest.approx(12 / math.log(3), rel=1e-9)


@pytest.mark.parametrize(("label", "bound"), [(0, 1e-2), (1, 1e4)], ids=["never-wrong", "never-right"])
def test_the_fitted_temperature_stays_within_its_bounds(label: int, bound: float) -> None:
    assert calibration.fitted_temperature(torch.tensor([[3.0, 0.0]]), torch.tensor([label])) == bound


def test_precision_recall_and_f1_are_those_of_scikit_learn(logits: Tensor, labels: Tensor) -> None:
    found = per_class.per_class(logits, labels)
    precision, recall, f1, images = reference.precision_recall_fscore_support(
        labels, logits.argmax(dim=1), labels=range(CLASSES), zero_division=np.nan
    )
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall, recall)
    np.testing.assert_allclose(found.f1[:-1], f1[:-1])
    np.testing.assert_array_equal(found.images, images)
    assert found.images[-1] == 0
    assert found.recall[-1].isnan()


@pytest.mark.parametrize("scale", [1.0, 1e3], ids=["ties", "beliefs-of-one"])
def test_the_area_under_the_curve_is_that_of_scikit_learn(
    logits: Tensor, labels: Tensor, scale: float
) -> None:
    """Each image comes five times, under several labels; log odds, as beliefs of 1 - e^-1000 would all be equal."""
    tied = logits[:100].repeat(5, 1) * scale
    scores = tied.double().numpy()
    own = np.eye(CLASSES, dtype=bool)
    found = per_class.per_class(tied, labels).auc
    for label in range(CLASSES - 1):
        odds = scores[:, label] - scipy.special.logsumexp(scores[:, ~own[label]], axis=1)
        expected = reference.roc_auc_score(labels == label, odds)
        assert float(found[label]) == pytest.approx(expected, rel=1e-12)
    assert found[-1].isnan(), "a class without images"


def test_the_area_under_the_curve_of_plain_beliefs(logits: Tensor, labels: Tensor) -> None:
    found = per_class.per_class(logits[:, :-1], labels).auc
    expected = reference.roc_auc_score(labels, softmax(logits[:, :-1]), multi_class="ovr", average=None)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_images_that_all_score_the_same_have_half_the_area() -> None:
    found = per_class.per_class(torch.zeros(6, 3), torch.tensor([0, 0, 1, 1, 1, 2]))
    assert found.auc.tolist() == [0.5, 0.5, 0.5]


def test_macro_averages_are_over_classes_with_images(logits: Tensor, labels: Tensor) -> None:
    """Class 1 is never answered: as in scikit-learn's averages, its precision counts as 0."""
    silent = logits.clone()
    silent[:, 1] -= 100.0
    found = per_class.per_class(silent, labels)
    assert found.precision[1].isnan()
    expected = reference.precision_recall_fscore_support(
        labels, silent.argmax(dim=1), labels=range(CLASSES - 1), average="macro", zero_division=0
    )
    assert [found.macro[name] for name in ("precision", "recall", "f1")] == pytest.approx(expected[:3])
    assert found.macro["auc"] == pytest.approx(float(found.auc[:-1].mean()))


def test_a_tie_counts_half_in_the_area_under_the_curve() -> None:
    """Of the four pairs of an image of class 0 with one of class 1, two are won, one is tied and one is lost."""
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    assert per_class.per_class(logits, torch.tensor([0, 0, 1, 1])).auc[0] == pytest.approx((1 + 1 + 0.5) / 4)


def test_certainty_beyond_what_a_float_holds_still_has_an_area_under_the_curve() -> None:
    logits = torch.tensor([[math.inf, 0.0], [0.0, 0.0]]).nan_to_num(posinf=1e30)
    assert per_class.per_class(logits, torch.tensor([0, 1])).auc.tolist() == [1.0, 1.0]


# ---- asking a network -------------------------------------------------------------------------------------------------


class Doubting(nn.Module):
    """Logits that show which images came, in which mode, and that dropout and batch statistics would change."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.normalise = nn.BatchNorm1d(3, affine=False)
        self.drop = nn.Dropout(0.5)
        self.seen: list[int] = []

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(len(images))
        answer: Tensor = self.drop(self.normalise(images.flatten(1)))
        return answer * self.weight


def test_evaluating_answers_in_eval_mode_chunk_by_chunk_in_order() -> None:
    network = Doubting()
    images = torch.randn(10, 3, 1, 1)
    logits = evaluation.evaluate(network, images, batch=4)
    assert network.seen == [4, 4, 2]
    torch.testing.assert_close(logits, images.flatten(1) / math.sqrt(1 + 1e-5))
    assert network.normalise.running_mean is not None
    assert not network.normalise.running_mean.any(), "evaluating must not move the batch statistics"


def test_evaluating_restores_each_modules_mode_even_after_a_failure() -> None:
    network = Doubting().train()
    network.normalise.eval()
    evaluation.evaluate(network, torch.randn(2, 3, 1, 1))
    assert network.training
    assert network.drop.training
    assert not network.normalise.training
    with pytest.raises(RuntimeError, match="running_mean"):
        evaluation.evaluate(network.train(), torch.randn(2, 9, 1, 1))
    assert network.training


def test_what_was_evaluated_may_be_learned_from() -> None:
    """Teacher logits enter a student's loss: they must carry no graph, and autograd must take them."""
    teacher = evaluation.evaluate(Doubting(), torch.randn(4, 3, 1, 1))
    assert not teacher.requires_grad
    student = torch.zeros(4, 3, requires_grad=True)
    (student * teacher).sum().backward()
    torch.testing.assert_close(student.grad, teacher)


def test_latency_warms_up_first_and_orders_its_quantiles() -> None:
    network = Doubting()
    found = latency.latency(network, (3, 1, 1), batch=5)
    assert network.seen == [5] * 40, "ten passes to warm up and thirty that count"
    assert 0 < found.p50 <= found.p95


def test_the_latency_of_a_network_that_takes_long_is_of_fewer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fifth_of_a_second(network: nn.Module, images: Tensor) -> float:
        network(images)
        return 0.2

    network = Doubting()
    monkeypatch.setattr(latency, "_forward_seconds", fifth_of_a_second)
    latency.latency(network, (3, 1, 1), batch=5)
    assert network.seen == [5] * (3 + 10), "a run's end waits for them"


@pytest.mark.parametrize(("threads", "chunk"), [(1, 32), (2, 128)])
def test_a_convolutional_network_is_asked_in_parts_that_suit_its_threads(threads: int, chunk: int) -> None:
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Flatten())
    seen: list[int] = []
    network.register_forward_hook(lambda module, images, output: seen.append(len(output)))
    with on_threads(threads):
        evaluation.evaluate(network, torch.randn(300, 3, 2, 2))
    assert seen == [*[chunk] * (300 // chunk), 300 % chunk], (
        "a thousand at once take 2.5 times as long an image"
    )

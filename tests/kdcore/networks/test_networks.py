"""The network table: sizes of the literature, weights that depend on a seed alone, feature points, and clear refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from kdcore import networks
from kdcore.errors import NetworkRefused
from kdcore.networks import cost, feature_points, mlp

ROOT = Path(__file__).resolve().parents[3]

CIFAR = (3, 32, 32)
MNIST = (1, 28, 28)
DIGITS = (1, 8, 8)

CONVOLUTIONAL = [name for name in networks.names() if not name.startswith(("mlp-", "lowrank-"))]
TOO_BIG_FOR_DIGITS = {
    "resnet11-slim": 16,
    "lenet5": 12,
    "vgg8": 16,
    "vgg13": 16,
    "resnet18": 16,
    "mobilenet_v2": 16,
    "shufflenet_v2": 16,
}


def trained_tensors(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


# ---- sizes ------------------------------------------------------------------------------------------------------------

# Parameters for CIFAR-100 as published: He et al. 2016 (with 1x1 shortcuts), Tian et al. 2020 (CRD) and its code.
PUBLISHED = {
    "resnet8": 83_892,
    "resnet14": 181_108,
    "resnet20": 278_324,
    "resnet32": 472_756,
    "resnet56": 861_620,
    "resnet8x4": 1_233_540,
    "resnet32x4": 7_433_860,
    "wrn-16-2": 703_284,
    "wrn-40-2": 2_255_156,
    "vgg8": 3_965_028,
    "vgg13": 9_462_180,
}


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_parameters_for_cifar_100_are_those_of_the_literature(name: str, parameters: int) -> None:
    assert networks.describe(name, CIFAR, 100).parameters == parameters


@pytest.mark.parametrize(
    ("name", "shape", "parameters"),
    [
        ("mlp-30", MNIST, 784 * 30 + 30 + 30 * 10 + 10),
        ("mlp-800x2", MNIST, 1_276_810),  # Hinton et al. 2015's student
        ("mlp-1200x2", MNIST, 2_395_210),  # and their teacher
        ("mlp-7x3", DIGITS, 64 * 7 + 7 + 2 * (7 * 7 + 7) + 7 * 10 + 10),
        ("lowrank-300r8", DIGITS, 8 * (64 + 300) + 300 + 300 * 10 + 10),
        (
            "lowrank-1200x2r16",
            MNIST,
            16 * (784 + 1200) + 1200 + 16 * (1200 + 1200) + 1200 + 1200 + 1200 * 10 + 10,
        ),
        ("lenet5", MNIST, 61_706),
        ("lenet5", (1, 32, 32), 61_706),
        ("densenet-40-12", CIFAR, 1_019_722),  # Huang et al. 2017, table 2: 1.0 M
    ],
)
def test_parameters_for_ten_classes(name: str, shape: tuple[int, int, int], parameters: int) -> None:
    assert networks.describe(name, shape, 10).parameters == parameters


def test_the_plain_cnns_have_the_sizes_they_are_meant_for() -> None:
    assert networks.describe("cnn-small", MNIST, 10).parameters == pytest.approx(25_000, rel=0.1)
    assert networks.describe("cnn-medium", MNIST, 10).parameters == pytest.approx(250_000, rel=0.15)


@pytest.mark.parametrize(
    ("name", "shape", "macs"),
    [
        ("mlp-30", MNIST, 784 * 30 + 30 * 10),
        ("mlp-1200x2", MNIST, 784 * 1200 + 1200 * 1200 + 1200 * 10),
        ("lowrank-128x2r8", MNIST, 8 * (784 + 128) + 8 * (128 + 128) + 128 * 10),
        ("lenet5", MNIST, 28 * 28 * 6 * 25 + 10 * 10 * 16 * 6 * 25 + 400 * 120 + 120 * 84 + 84 * 10),
        ("cnn-small", CIFAR, 1024 * 16 * 3 * 9 + 256 * 32 * 16 * 9 + 64 * 64 * 32 * 9 + 64 * 10),
        (
            "resnet8",
            CIFAR,
            1024 * 16 * 3 * 9  # stem
            + 1024 * 2 * 16 * 16 * 9  # stage of 16 channels
            + 256 * (32 * 16 * 9 + 32 * 32 * 9 + 32 * 16)  # of 32, with its 1x1 shortcut
            + 64 * (64 * 32 * 9 + 64 * 64 * 9 + 64 * 32)  # of 64
            + 64 * 10,
        ),
    ],
)
def test_multiply_adds_match_a_count_by_hand(name: str, shape: tuple[int, int, int], macs: int) -> None:
    assert networks.describe(name, shape, 10).macs == macs


def test_a_depthwise_convolution_reads_one_channel_a_map() -> None:
    depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, device="meta")
    assert cost._multiply_adds(depthwise, (8, 4, 4)) == 4 * 4 * 8 * 9


@pytest.mark.parametrize("name", networks.names())
def test_multiply_adds_are_those_of_torchs_own_counter(name: str) -> None:
    network = networks.build(name, (3, 32, 32), 10, seed=0).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 3, 32, 32))
    assert 2 * networks.describe(name, (3, 32, 32), 10).macs == counter.get_total_flops()


def test_bytes_are_those_of_the_saved_tensors() -> None:
    tensors = networks.build("cnn-medium", MNIST, 10, 0).state_dict().values()
    assert networks.describe("cnn-medium", MNIST, 10).bytes == sum(t.nbytes for t in tensors)


def test_the_first_description_does_not_wait_for_the_compiler() -> None:
    """In a fresh interpreter: torch's compiler takes seconds to import, and a page waits for the first description."""
    code = (
        "import sys; from kdcore import networks;"
        "[networks.describe(n, (3, 32, 32), 10) for n in ('mlp-30', 'cnn-small', 'resnet8')];"
        "print('torch._dynamo' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.strip() == "False"


def test_describing_draws_no_random_numbers() -> None:
    before = torch.get_rng_state()
    networks.describe("resnet8", (3, 24, 24), 5)
    assert torch.equal(torch.get_rng_state(), before)


# ---- building ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlp-30", "cnn-small", "resnet8", "wrn-16-1", "shufflenet_v2"])
def test_first_weights_depend_on_the_seed_and_not_on_what_was_drawn_before(name: str) -> None:
    torch.manual_seed(5)
    first = trained_tensors(networks.build(name, CIFAR, 10, seed=3))
    torch.randn(1000)
    again = networks.build(name, CIFAR, 10, seed=3).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    other = networks.build(name, CIFAR, 10, seed=4).state_dict()
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_building_leaves_the_random_state_as_it_was() -> None:
    before = torch.get_rng_state()
    networks.build("resnet18", CIFAR, 10, seed=3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", networks.names())
@pytest.mark.parametrize(("shape", "classes"), [(MNIST, 2), ((3, 17, 20), 11)])
def test_every_network_learns_on_one_and_three_channels(
    name: str, shape: tuple[int, int, int], classes: int
) -> None:
    network = networks.build(name, shape, classes, seed=0)
    logits = network(torch.randn(2, *shape, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (2, classes)
    F.cross_entropy(logits, torch.tensor([0, 1])).backward()
    for tensor_name, parameter in network.named_parameters():
        assert parameter.grad is not None, f"{tensor_name} does not take part"
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", sorted(set(networks.names()) - set(TOO_BIG_FOR_DIGITS)))
def test_what_can_takes_eight_pixels(name: str) -> None:
    assert networks.refusal(name, DIGITS, 10) == ""
    assert networks.build(name, DIGITS, 10, seed=0)(torch.randn(2, *DIGITS)).shape == (2, 10)


def test_the_hinton_teacher_alone_has_dropout() -> None:
    teacher = networks.build("mlp-1200x2", MNIST, 10, 0)
    assert isinstance(teacher, mlp.MLP)
    assert teacher.dropout == (0.2, 0.5)
    assert [m.p for m in teacher.modules() if isinstance(m, nn.Dropout)] == [0.2, 0.5, 0.5]
    assert networks.uses_dropout(teacher)
    student = networks.build("mlp-800x2", MNIST, 10, 0)
    assert isinstance(student, mlp.MLP)
    assert student.dropout == (0.0, 0.0)
    assert not networks.uses_dropout(student)


def test_a_perceptron_is_its_linear_layers_with_relu_between() -> None:
    network = networks.build("mlp-20x3", MNIST, 10, 0)
    assert isinstance(network, mlp.MLP)
    x = images = torch.randn(4, *MNIST)
    x = x.flatten(1)
    for layer in network.layers[:-1]:
        assert isinstance(layer, nn.Linear)
        x = (x @ layer.weight.T + layer.bias).clamp(min=0)
    torch.testing.assert_close(network(images), network.layers[-1](x))


# ---- low rank ---------------------------------------------------------------------------------------------------------


def perceptron(name: str, shape: tuple[int, int, int] = DIGITS) -> mlp.MLP:
    network = networks.build(name, shape, 10, seed=1)
    assert isinstance(network, mlp.MLP)
    return network


def test_a_perceptron_of_low_rank_is_thin_products_with_residuals() -> None:
    network = networks.build("lowrank-20x3r4", MNIST, 10, seed=0)
    weights = network.state_dict()
    weights["skips.1"].mul_(0.5)
    for layer in (1, 2):
        assert not weights[f"layers.{layer}.up.weight"].any(), "it begins by handing on what it sees"
        weights[f"layers.{layer}.up.weight"].copy_(torch.randn(20, 4))
        weights[f"layers.{layer}.up.bias"].copy_(torch.randn(20))
    images = torch.randn(4, *MNIST)
    x = torch.zeros(4, 20)
    for layer, before in enumerate([images.flatten(1), None, None]):
        name = f"layers.{layer}"
        matrix = weights[f"{name}.up.weight"] @ weights[f"{name}.down.weight"]
        assert torch.linalg.matrix_rank(matrix) == 4
        inputs = x if before is None else before
        kept = (1.0, 1.0, 0.5)[layer] * x
        x = (kept + inputs @ matrix.T + weights[f"{name}.up.bias"]).clamp(min=0)
    expected = x @ weights["classifier.weight"].T + weights["classifier.bias"]
    torch.testing.assert_close(network(images), expected)


@pytest.mark.parametrize("depth", [1, 3])
def test_at_full_rank_it_takes_over_all_that_a_perceptron_knows(depth: int) -> None:
    teacher = perceptron(f"mlp-24x{depth}")
    student = networks.build(f"lowrank-24x{depth}r24", DIGITS, 10, seed=2)
    images = torch.randn(5, *DIGITS)
    assert not torch.allclose(student(images), teacher(images), atol=1e-2)
    networks.taken_over(student, teacher.state_dict())
    torch.testing.assert_close(student(images), teacher(images), rtol=1e-3, atol=1e-4)


def test_at_low_rank_no_product_comes_nearer_to_the_perceptrons_matrix() -> None:
    teacher = perceptron("mlp-24x2")
    student = networks.build("lowrank-24x2r5", DIGITS, 10, seed=2)
    networks.taken_over(student, teacher.state_dict())
    weights = student.state_dict()
    for layer in (0, 1):
        matrix = teacher.state_dict()[f"layers.{layer}.weight"]
        left = matrix - weights[f"layers.{layer}.up.weight"] @ weights[f"layers.{layer}.down.weight"]
        beyond = torch.linalg.svdvals(matrix.double())[5:].square().sum().sqrt()
        assert left.double().norm().item() == pytest.approx(beyond.item(), rel=1e-4)
        if layer:
            torch.testing.assert_close(weights["skips.0"], left.diagonal())


@pytest.mark.parametrize("teacher", ["mlp-23", "cnn-small", "lenet5", "vgg8", "resnet8"])
def test_what_does_not_fit_is_left(teacher: str) -> None:
    """Only the classifier's bias, which is of one size in all, may come over."""
    student = networks.build("lowrank-24r5", MNIST, 10, seed=2)
    before = trained_tensors(student)
    networks.taken_over(student, networks.build(teacher, MNIST, 10, seed=1).state_dict())
    for name, tensor in student.state_dict().items():
        assert torch.equal(tensor, before[name]) or name == "classifier.bias", name


def test_a_rank_above_the_matrixs_own_adds_nothing() -> None:
    teacher = perceptron("mlp-30", (1, 3, 3))
    student = networks.build("lowrank-30r20", (1, 3, 3), 10, seed=2)
    networks.taken_over(student, teacher.state_dict())
    images = torch.randn(5, 1, 3, 3)
    torch.testing.assert_close(student(images), teacher(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "name",
    ["lowrank-30", "lowrank-30r31", "lowrank-30r0", "lowrank-5000r2", "lowrank-9x17r2", "lowrank-x2r2"],
)
def test_a_low_rank_out_of_bounds_is_refused_with_its_bounds(name: str) -> None:
    assert not networks.is_network(name)
    with pytest.raises(NetworkRefused, match="rank 1 to its width"):
        networks.build(name, MNIST, 10, 0)


# ---- feature points ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.names())
def test_the_penultimate_point_is_what_the_last_layer_reads(name: str) -> None:
    network = networks.build(name, CIFAR, 10, seed=0).eval()
    images = torch.randn(2, *CIFAR)
    linear = [m for m in network.modules() if isinstance(m, nn.Linear)][-1]
    with feature_points.Taps(network, ["penultimate"]) as features:
        logits = network(images)
    assert features["penultimate"].dim() == 2
    torch.testing.assert_close(linear(features["penultimate"]), logits)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_the_maps_shrink_from_early_to_last_and_nothing_overwrites_them(name: str) -> None:
    network = networks.build(name, CIFAR, 10, seed=0).eval()
    copies: dict[str, Tensor] = {}
    for point, path in feature_points.points_of(network).items():
        network.get_submodule(path).register_forward_hook(
            lambda _, __, output, point=point: copies.update({point: output.clone()})
        )
    with feature_points.Taps(network, feature_points.points_of(network)) as features:
        network(torch.randn(2, *CIFAR))
    maps = [point for point in features if point != "penultimate"]
    assert maps == [point for point in ("early", "middle", "last") if point in maps]
    assert {"early", "last"} <= set(maps)
    sides = [features[point].shape[-1] for point in maps]
    assert sides == sorted(set(sides), reverse=True)
    assert min(sides) > 1
    for point, feature in features.items():
        assert torch.equal(feature, copies[point]), f"a later layer writes into '{point}'"


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("mlp-9", ["penultimate"]),
        ("mlp-9x2", ["early", "penultimate"]),
        ("mlp-9x3", ["early", "middle", "penultimate"]),
        ("mlp-9x16", ["early", "middle", "penultimate"]),
        ("lowrank-9r2", ["penultimate"]),
        ("lowrank-9x3r2", ["early", "middle", "penultimate"]),
    ],
)
def test_a_perceptrons_points_are_different_layers(name: str, points: list[str]) -> None:
    known = feature_points.points_of(networks.build(name, DIGITS, 10, 0))
    assert list(known) == points
    assert len(set(known.values())) == len(points)


def test_tapped_features_carry_their_graph_and_the_hooks_go_away() -> None:
    network = networks.build("cnn-small", DIGITS, 10, 0)
    with feature_points.Taps(network, ("middle",)) as features:
        network(torch.randn(2, *DIGITS))
    assert list(features) == ["middle"]
    features["middle"].sum().backward()
    assert next(network.parameters()).grad is not None
    kept = features["middle"]
    network(torch.randn(2, *DIGITS))
    assert features["middle"] is kept, "a hook stayed"


def test_an_unknown_point_is_refused_by_name() -> None:
    network = networks.build("lenet5", MNIST, 10, 0)
    with pytest.raises(NetworkRefused, match=r"no feature point 'middle'\. It has: early, last, penultimate"):
        feature_points.Taps(network, ("last", "middle"))


# ---- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "side"), TOO_BIG_FOR_DIGITS.items())
def test_small_images_are_refused_with_the_smallest_side(name: str, side: int) -> None:
    assert f"at least {side} x {side} pixels; these have 8 x 8" in networks.refusal(name, DIGITS, 10)
    with pytest.raises(NetworkRefused, match="pixels"):
        networks.build(name, DIGITS, 10, 0)
    with pytest.raises(NetworkRefused, match="pixels"):
        networks.describe(name, (3, 32, side - 1), 10)
    assert networks.build(name, (3, side, side), 10, 0)(torch.randn(2, 3, side, side)).shape == (2, 10)


@pytest.mark.parametrize(
    "name",
    [
        "mlp-0",
        "mlp-4097",
        "mlp-30x17",
        "mlp-30x0",
        "mlp-030",
        "mlp-30x",
        "mlp-",
        "mlp--3",
        "mlp-30\n",
        "mlp-٣",
    ],
)
def test_a_perceptron_out_of_bounds_is_refused_with_its_bounds(name: str) -> None:
    assert not networks.is_network(name)
    with pytest.raises(NetworkRefused, match="width 1 to 4096 and depth 1 to 16"):
        networks.build(name, MNIST, 10, 0)


def test_the_largest_perceptron_is_a_network() -> None:
    assert networks.is_network("mlp-4096x16")
    assert networks.refusal("mlp-4096x16", CIFAR, 100) == ""


def test_an_unknown_name_gets_the_nearest_one() -> None:
    assert "Did you mean resnet20?" in networks.refusal("resnet-20", CIFAR, 10)
    assert "There is no network 'bert'. There are mlp-WIDTH" in networks.refusal("bert", CIFAR, 10)


@pytest.mark.parametrize(("channels", "classes"), [(0, 10), (3, 1)])
def test_no_channels_or_one_class_is_refused(channels: int, classes: int) -> None:
    assert f"given {channels} and {classes}" in networks.refusal("cnn-small", (channels, 32, 32), classes)


# ---- in memory --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlp-30", "cnn-small", "resnet8", "mobilenet_v2"])
def test_the_order_in_memory_does_not_change_the_answer(name: str) -> None:
    network = networks.build(name, CIFAR, 10, 0).eval()
    images = torch.randn(2, *CIFAR)
    expected = network(images)
    torch.testing.assert_close(
        network.to(memory_format=networks.memory_format(name))(images), expected, rtol=1e-4, atol=1e-5
    )

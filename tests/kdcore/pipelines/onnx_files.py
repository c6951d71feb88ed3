"""ONNX files made by hand: one that is as it should be, and hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def linear(
    classes: int = 10, side: int = 8, *, extra: list[Any] | None = None, initializers: list[Any] | None = None
) -> onnx.ModelProto:
    """Pixels, flattened, times a matrix; `extra` nodes stand before it and change nothing of it."""
    rng = np.random.default_rng(0)
    matrix = numpy_helper.from_array(rng.normal(size=(side * side, classes)).astype(np.float32), "matrix")
    nodes = [
        *(extra or []),
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 1, side, side])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", classes])],
        [matrix, *(initializers or [])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def external_data() -> bytes:
    """Its weights are said to lie at a path."""
    model = linear()
    [matrix] = model.graph.initializer
    matrix.ClearField("raw_data")
    matrix.data_location = TensorProto.EXTERNAL
    matrix.external_data.add(key="location", value="../../../etc/passwd")
    return model.SerializeToString()


def external_in_a_branch() -> bytes:
    """The same, in a branch of an If inside."""
    value = helper.make_tensor_value_info("never", TensorProto.FLOAT, None)
    hidden = TensorProto(name="w", data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    hidden.external_data.add(key="location", value="/etc/passwd")
    branch = helper.make_graph([helper.make_node("Identity", ["w"], ["never"])], "b", [], [value], [hidden])
    yes = numpy_helper.from_array(np.array(True), "yes")
    node = helper.make_node("If", ["yes"], ["never"], then_branch=branch, else_branch=branch)
    return linear(extra=[node], initializers=[yes]).SerializeToString()


def custom_operator() -> bytes:
    """An operator of somebody's own."""
    model = linear(extra=[helper.make_node("Exec", ["pixels"], ["x"], domain="com.example")])
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    return model.SerializeToString()


def ten_gigabytes() -> bytes:
    """A tensor of 10 GB from a file of a kilobyte."""
    shape = numpy_helper.from_array(np.array([50_000, 50_000], np.int64), "shape")
    return linear(
        extra=[helper.make_node("ConstantOfShape", ["shape"], ["x"])], initializers=[shape]
    ).SerializeToString()


def computed_ten_gigabytes() -> bytes:
    """The same, of a size that is computed from the pixels, so that nobody can infer it."""
    billions = numpy_helper.from_array(np.array([5e9], np.float32), "billions")
    nodes = [
        helper.make_node("ReduceMax", ["pixels"], ["most"], keepdims=0),
        helper.make_node("IsNaN", ["most"], ["is_nan"]),
        helper.make_node("Cast", ["is_nan"], ["zero"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["zero", "billions"], ["count"]),
        helper.make_node("Cast", ["count"], ["shape"], to=TensorProto.INT64),
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["nothing"], keepdims=0),
        helper.make_node("Add", ["pixels", "nothing"], ["shifted"]),
    ]
    model = linear(extra=nodes, initializers=[billions])
    next(node for node in model.graph.node if node.op_type == "Flatten").input[0] = "shifted"
    return model.SerializeToString()


def two_inputs() -> bytes:
    model = linear()
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, ["n"]))
    return model.SerializeToString()


def double_input() -> bytes:
    model = linear()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return model.SerializeToString()


def a_row_of_maps() -> bytes:
    """It answers maps in place of a number a class."""
    model = linear(extra=[helper.make_node("Relu", ["pixels"], ["maps"])])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("maps", TensorProto.FLOAT, None))
    return model.SerializeToString()


def never_ends() -> bytes:
    """A loop that goes on for 10^12 turns."""
    turns = numpy_helper.from_array(np.array(10**12, np.int64), "turns")
    yes = numpy_helper.from_array(np.array(True), "yes")
    start = numpy_helper.from_array(np.zeros(1, np.float32), "start")
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Add", ["state", "state"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [1]),
        ],
    )
    loop = helper.make_node("Loop", ["turns", "yes", "start"], ["end"], body=body)
    model = linear(
        extra=[loop, helper.make_node("Add", ["pixels", "end"], ["shifted"])],
        initializers=[turns, yes, start],
    )
    next(node for node in model.graph.node if node.op_type == "Flatten").input[0] = "shifted"
    return model.SerializeToString()


def damaged() -> bytes:
    return linear().SerializeToString()[:200]


HOSTILE: list[tuple[Callable[[], bytes], str]] = [
    (external_data, "files beside it"),
    (external_in_a_branch, "files beside it"),
    (custom_operator, "'Exec' of 'com.example', which is not one of ONNX's own"),
    (ten_gigabytes, "50000 x 50000 numbers"),
    (computed_ten_gigabytes, "fails on these images|more memory than it may have"),
    (two_inputs, "2 inputs"),
    (double_input, "not in float32"),
    (a_row_of_maps, "gives 2 x 1 x 8 x 8 numbers for 2 images"),
    (damaged, "no ONNX network"),
]

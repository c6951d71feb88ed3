"""Layers written as the calls that make them."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


def layer_source(layer: nn.Module) -> str:
    """The call that makes a layer like this one; empty where its class is not in ARGUMENTS."""
    arguments = ARGUMENTS.get(type(layer))
    return "" if arguments is None else f"nn.{type(layer).__name__}({arguments(layer)})"


def _linear(layer: nn.Linear) -> str:
    return f"{layer.in_features}, {layer.out_features}" + ("" if layer.bias is not None else ", bias=False")


def _convolution(layer: nn.Conv2d) -> str:
    options = {"stride": (layer.stride[0], 1), "padding": (layer.padding[0], 0), "groups": (layer.groups, 1)}
    keywords = [f"{name}={value}" for name, (value, default) in options.items() if value != default]
    if layer.bias is None:
        keywords.append("bias=False")
    return ", ".join([str(layer.in_channels), str(layer.out_channels), str(layer.kernel_size[0]), *keywords])


def _batch_norm(layer: nn.BatchNorm2d) -> str:
    options = {"eps": (layer.eps, 1e-5), "momentum": (layer.momentum, 0.1)}
    return ", ".join(
        [str(layer.num_features), *(f"{n}={v!r}" for n, (v, default) in options.items() if v != default)]
    )


def _pooling(layer: nn.MaxPool2d | nn.AvgPool2d) -> str:
    options = {"stride": (layer.stride, layer.kernel_size), "padding": (layer.padding, 0)}
    return ", ".join(
        [str(layer.kernel_size), *(f"{n}={v}" for n, (v, default) in options.items() if v != default)]
    )


ARGUMENTS: dict[type[nn.Module], Callable[..., str]] = {
    nn.Flatten: lambda layer: "",
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _batch_norm,
    nn.ReLU: lambda layer: "",
    nn.ReLU6: lambda layer: "",
    nn.Dropout: lambda layer: f"{layer.p:g}",
    nn.MaxPool2d: _pooling,
    nn.AvgPool2d: _pooling,
    nn.AdaptiveAvgPool2d: lambda layer: f"{layer.output_size}",
    nn.AdaptiveMaxPool2d: lambda layer: f"{layer.output_size}",
}
"""The arguments of each kind of layer that can be written as source."""

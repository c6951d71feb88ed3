"""The student's and the teacher's networks: the table of all of them, how they are built, and what they cost."""

from kdcore.networks.brought_networks import register
from kdcore.networks.builder import build, memory_format, placed, taken_over, uses_dropout
from kdcore.networks.cost import Facts, describe
from kdcore.networks.feature_points import Taps, points_of
from kdcore.networks.feature_sizes import feature_shapes, weights_before
from kdcore.networks.given_networks import GivenNetwork, add_given, copied
from kdcore.networks.mlp import MLP
from kdcore.networks.network_entry import NetworkEntry, Shape
from kdcore.networks.refusals import refusal
from kdcore.networks.table import SUGGESTED_LOW_RANKS, TABLE, is_network, names, offered, plugged

__all__ = [
    "MLP",
    "SUGGESTED_LOW_RANKS",
    "TABLE",
    "Facts",
    "GivenNetwork",
    "NetworkEntry",
    "Shape",
    "Taps",
    "add_given",
    "build",
    "copied",
    "describe",
    "feature_shapes",
    "is_network",
    "memory_format",
    "names",
    "offered",
    "placed",
    "plugged",
    "points_of",
    "refusal",
    "register",
    "taken_over",
    "uses_dropout",
    "weights_before",
]

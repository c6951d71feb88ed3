"""Work done side by side: a lane is a thread that computes on one processor core."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_lanes(lanes: int, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The results of `work` for each item, in order; with one lane in this thread.

    torch keeps gradient mode, inference mode and autocast for each thread: `work` sets what it needs itself.
    """
    return list(_pool(lanes).map(work, items)) if lanes > 1 else [work(item) for item in items]


@cache
def _pool(lanes: int) -> ThreadPoolExecutor:
    """Threads that stay: a new one takes longer to start than a step of a small network."""
    return ThreadPoolExecutor(
        lanes, thread_name_prefix="lane", initializer=torch.set_num_threads, initargs=(1,)
    )

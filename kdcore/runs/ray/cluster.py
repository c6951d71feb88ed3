"""The Ray cluster that runs are trained on: joining it, and what processors it has."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from kdcore.errors import OutOfResources
from kdcore.runs.ray.stream import (
    CommandMailbox,
)
from kdcore.system.allocator import PASSIVE_WAITING
from kdcore.texts import N_

CONNECT_SECONDS = 5.0


NOWHERE = N_(
    "No Ray cluster answers at {address}. Start one (`ray start --head`), set RAY_ADDRESS to its address, "
    "or unset STILLROOM_ENGINE to train on this machine."
)


class Cluster:
    """A Ray cluster that this process has joined."""

    def __init__(self, address: str, generator: str = "") -> None:
        """`generator`: "module:function" that nodes run in place of what a run's record says.

        Raises:
            OutOfResources: none answers there, or it does not take this process.
        """
        if not _answers(address):
            raise OutOfResources(NOWHERE.format(address=address))
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.WARNING,
                runtime_env={"env_vars": PASSIVE_WAITING},
            )
        except ConnectionError as error:
            raise OutOfResources(NOWHERE.format(address=address)) from error
        except (RuntimeError, ValueError) as error:  # such as another version of Ray or Python
            told = " ".join(str(error).split())
            raise OutOfResources(f"The Ray cluster at {address} cannot be used: {told}") from error
        self.generator = generator
        self.placing = threading.Lock()
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        mailbox: Any = ray.remote(CommandMailbox)
        self.mailbox: Any = mailbox.options(
            num_cpus=0, max_restarts=-1, max_task_retries=-1, max_concurrency=10_000, scheduling_strategy=here
        ).remote()

    def cpus(self) -> list[int]:
        """Processors of each node that has any."""
        return [n for node in self._alive() if (n := int(node["Resources"].get("CPU", 0)))]

    def gpus(self) -> int:
        """GPUs of all nodes."""
        return sum(int(node["Resources"].get("GPU", 0)) for node in self._alive())

    def _alive(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        return [node for node in nodes if node["Alive"]]


def _answers(address: str) -> bool:
    """Whether somebody listens at HOST:PORT: Ray itself would try for a minute and end this process."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return True
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True

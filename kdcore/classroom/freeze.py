"""A run's record as it is handed in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kdcore.classroom.submission import FrozenRun
from kdcore.events import HotChange
from kdcore.runs.store import Store


def freeze(store: Store, run_id: str) -> FrozenRun:
    """The run as it stands now, with its digest.

    Raises:
        RunRefused: there is no such run.
    """
    run = store.run(run_id)
    results = run.results
    return FrozenRun(
        id=run.id,
        title=run.title,
        status=run.status,
        created=run.created,
        experiment=json.loads(run.experiment.to_json()),
        experiment_hash=run.experiment.hash,
        changed=any(event.kind == HotChange.__name__ for event in store.events(run_id)),
        dataset_title=str(results.get("dataset", {}).get("title", ""))[:100],
        device=str(results.get("device", run.device)),
        threads=int(results.get("threads", run.threads)),
        precision=str(results.get("precision", run.precision)),
        epochs=float(results.get("epochs", 0.0)),
        networks={role: _figures(found) for role, found in results.items() if _is_network(found)},
    ).with_digest()


def _is_network(found: Any) -> bool:
    return isinstance(found, Mapping) and "test_errors" in found


def _figures(found: Mapping[str, Any]) -> dict[str, int | float]:
    """The numbers among a network's results."""
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }

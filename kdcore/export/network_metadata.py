"""What an exported network says about itself: where it comes from, what it takes and what it returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kdcore.export import photo_preparation
from kdcore.export.recorded_run import RecordedRun
from kdcore.faults.badge import badge
from kdcore.inference import models
from kdcore.inference.models import InferenceModel


def network_metadata(record: RecordedRun, model: InferenceModel) -> dict[str, Any]:
    """What travels with an exported network, as JSON values."""
    mean, std = models.moments(model)
    marked = badge(record.run.experiment.fault)
    return {
        "made by": "Stillroom",
        **({"fault": marked} if marked else {}),
        "run": record.run.id,
        "experiment": record.run.hash,
        "role": model.role,
        "network": model.network,
        "dataset": model.dataset,
        "shape": list(model.shape),
        "classes": list(model.classes),
        "mean": list(mean),
        "std": list(std),
        "input": "pixels from 0 (black) to 1 (white), float32 [images, channels, height, width]",
        **photo_preparation.layout(model),
        "output": "logits [images, classes]",
    }


def as_text(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The same for formats whose metadata is text: what is no text as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in metadata.items()}

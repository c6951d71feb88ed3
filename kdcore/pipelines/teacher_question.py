"""What an experiment asks its teacher, as a name: which teacher, about which images, and how both compute."""

from __future__ import annotations

import hashlib
import json

from kdcore.experiment import Experiment, teacher_sees_views

FIELDS = {
    "count",
    "fraction",
    "omit",
    "noise_seed",
    "logit_shift",
    "student",
    "precision",
    "device",
    "threads",
}
"""On these depends which images the students learn from, how a teacher looks at them, and in which arithmetic: that follows the student."""


def teacher_question(experiment: Experiment) -> str:
    """The same for experiments that find each other's answers, whatever they then make of them."""
    values = experiment.model_dump(mode="json", include=FIELDS)
    values |= {"teacher": experiment.teacher_hash, "views": teacher_sees_views(experiment)}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

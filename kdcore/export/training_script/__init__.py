"""A run as a short PyTorch program that repeats it without this project.

What depends on a seed is either drawn again in a few lines (the order of the batches, augmentation, dropout) or
travels as tensors (the first weights, the teacher, which images and labels). Losses are PyTorch's own there, which round otherwise
than those of a run, so the errors may differ by a few (docs/export.md says when, and by how much).
"""

from kdcore.export.training_script.core import TrainingCore, core_code, core_parts, planned_core
from kdcore.export.training_script.refusals import recipe_refusal, refusal
from kdcore.export.training_script.script import ScriptSection, TrainingScript, packages, training_script

__all__ = [
    "ScriptSection",
    "TrainingCore",
    "TrainingScript",
    "core_code",
    "core_parts",
    "packages",
    "planned_core",
    "recipe_refusal",
    "refusal",
    "training_script",
]

"""The numbers behind the Dark knowledge page: what each network answers, how sure it is, and how truly it follows the first.

Made from the output cache; `python -m kdcore knowledge RUN --json` prints them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kdcore.errors import DataUnavailable, TeacherUnavailable
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel
from kdcore.inference.output_cache import selection_of
from kdcore.texts import N_

if TYPE_CHECKING:
    from torch import Tensor

TRAIN, VALIDATION, TEST = "train", "validation", "test"
NAMES = (
    N_("network"),
    N_("parameters"),
    N_("multiply-adds"),
    N_("accuracy"),
    N_("NLL"),
    N_("ECE, 15 bins"),
    N_("error of the surest 80 %"),
    N_("area under risk and coverage"),
    N_("fitted temperature"),
    N_("NLL with it"),
    N_("ECE with it"),
    N_("macro precision"),
    N_("macro recall"),
    N_("macro F1"),
    N_("macro AUC"),
    N_("non-answer spread"),
    N_("entropy at T = {T}, bits"),
    N_("agreement"),
    N_("KL at T = 1"),
    N_("KL at T = {T}"),
    N_("rank correlation of similarity at T = {T}"),
    N_("agreement, training images"),
    N_("gap closed"),
)
"""The rows of the table, without the errors, which stand at their split's."""
MOST_DISAGREEMENTS = 100
"""Images of a pair that are listed, those that it disagrees on most."""


@dataclass(frozen=True)
class LabelledLogits:
    """One network's logits [n, C] and the labels [n] of the same images."""

    logits: Tensor
    labels: Tensor


def report(
    models: Sequence[InferenceModel],
    T: float,  # noqa: N803 - the literature's name
    runs_folder: Path,
    *,
    split: str = TEST,
    results: Mapping[str, Any] | None = None,
    data_folder: Path | None = None,
) -> dict[str, Any]:
    """All figures of networks whose outputs are kept, as JSON values (None where there is no number).

    The first teacher, or the first network where none is one, is what the others are compared with, on the split and on
    training images (Stanton et al. 2021). Temperatures are fitted on validation images. results: a run's, for its
    networks' latency.

    Raises:
        DataUnavailable: a network's outputs are not kept yet (see `InferenceClient`).
        TeacherUnavailable: the networks know different images.
    """
    refuse_different_images(models, data_folder)
    parts = dict.fromkeys((VALIDATION, split, TEST, TRAIN))
    outputs = {part: [_outputs(model, part, runs_folder, data_folder) for model in models] for part in parts}
    first = next((i for i, model in enumerate(models) if model.role == "teacher"), 0)
    figures = {
        "dataset": models[0].dataset,
        "classes": models[0].classes,
        "split": split,
        "images": len(outputs[split][0].labels),
        "temperature": T,
        "networks": [
            _network(model, {part: of[i] for part, of in outputs.items()}, split, T)
            | {"latency": _latency(model, results)}
            for i, model in enumerate(models)
        ],
        "compared_with": models[first].key,
        "pairs": _pairs(models, first, outputs, split, T, data_folder),
        "gap_closed": _gap_closed(models, outputs[split]),
    }
    plain: dict[str, Any] = _plain(figures)
    return plain


def _pairs(
    models: Sequence[InferenceModel],
    first: int,
    outputs: Mapping[str, Sequence[LabelledLogits]],
    split: str,
    T: float,  # noqa: N803
    data_folder: Path | None,
) -> list[dict[str, Any]]:
    """How each other network follows the first; on training images where both have the same."""
    training = selection_of(models[first], data_folder).name(TRAIN)
    return [
        {
            "network": model.key,
            "similarity_rank_correlation": _alike(outputs[split][i], outputs[split][first], T),
            split: _fidelity(outputs[split][i], outputs[split][first], T),
            TRAIN: _fidelity(outputs[TRAIN][i], outputs[TRAIN][first], T)
            if selection_of(model, data_folder).name(TRAIN) == training
            else None,
        }
        for i, model in enumerate(models)
        if i != first
    ]


def refuse_different_images(models: Sequence[InferenceModel], data_folder: Path | None = None) -> None:
    """See to it that the networks are asked about the same validation and test images.

    Raises:
        TeacherUnavailable: they know different images.
    """
    about = {(selection_of(model, data_folder).key, model.classes) for model in models}
    if len(about) > 1:
        raise TeacherUnavailable(
            "These networks know different images: "
            + "; ".join(f"'{model.title}' {model.dataset}, split seed {model.split_seed}" for model in models)
            + ". Compare networks of one dataset, split with the same seed."
        )


def _outputs(
    model: InferenceModel, split: str, runs_folder: Path, data_folder: Path | None
) -> LabelledLogits:
    import torch

    answers = output_cache.cached_outputs(model, split, runs_folder, data_folder)
    images = output_cache.cached_images(model, split, runs_folder, data_folder)
    if answers is None or images is None:
        raise DataUnavailable(
            f"'{model.title}' has not been asked about the {split} images yet. Ask it first."
        )
    return LabelledLogits(
        torch.from_numpy(np.array(answers.logits)), torch.from_numpy(np.array(images.labels))
    )


# ---- one network ----------------------------------------------------------------------------------------------------


def _network(
    model: InferenceModel,
    said: Mapping[str, LabelledLogits],
    split: str,
    T: float,  # noqa: N803
) -> dict[str, Any]:
    from kdcore import networks
    from kdcore.metrics import class_similarity, confusions, dark_knowledge, per_class
    from kdcore.metrics.calibration import calibration

    chosen, validation = said[split], said[VALIDATION]
    facts = networks.describe(model.network, model.shape, len(model.classes))
    return {
        "key": model.key,
        "role": model.role,
        "title": model.title,
        "network": model.network,
        "parameters": facts.parameters,
        "macs": facts.macs,
        "bytes": facts.bytes,
        "file_bytes": model.path.stat().st_size if model.path.is_file() else None,
        **{part: _answers(said[part]) for part in (VALIDATION, TEST, TRAIN)},
        "calibration": calibration(validation.logits, validation.labels, chosen.logits, chosen.labels),
        "entropy_bits": dark_knowledge.entropy_bits(chosen.logits, T).mean(),
        "non_answer_spread": dark_knowledge.non_answer_spread(chosen.logits, chosen.labels),
        "per_class": per_class.per_class(chosen.logits, chosen.labels),
        "confusion": per_class.confusion_matrix(chosen.logits, chosen.labels),
        "top_confusions": confusions.top_confusions(chosen.logits, chosen.labels),
        "similarity": class_similarity.similarity(chosen.logits, chosen.labels, T),
    }


def _answers(said: LabelledLogits) -> dict[str, Any]:
    from kdcore.metrics import classification
    from kdcore.metrics.calibration import ece
    from kdcore.metrics.risk_coverage import risk_coverage

    surest = risk_coverage(said.logits, said.labels)
    return {
        "errors": classification.errors(said.logits, said.labels),
        "images": len(said.labels),
        "accuracy": classification.accuracy(said.logits, said.labels),
        "nll": classification.nll(said.logits, said.labels),
        "ece": ece(said.logits, said.labels),
        "error_of_surest_80": float(surest.risk[surest.place(0.8)]),
        "risk_coverage_area": surest.area,
    }


def _latency(model: InferenceModel, results: Mapping[str, Any] | None) -> Any:
    if results is None or not model.key.startswith("run:"):
        return None
    return results.get(model.role, {}).get("latency")


# ---- two, and three -------------------------------------------------------------------------------------------------


def _alike(a: LabelledLogits, b: LabelledLogits, T: float) -> float:  # noqa: N803
    from kdcore.metrics import class_similarity

    return class_similarity.rank_correlation(
        *(class_similarity.similarity(of.logits, of.labels, T) for of in (a, b))
    )


def _fidelity(student: LabelledLogits, teacher: LabelledLogits, T: float) -> dict[str, Any]:  # noqa: N803
    from kdcore.metrics.fidelity import fidelity

    found = fidelity(student.logits, teacher.logits, teacher.labels, T)
    worst = found.disagreements[:MOST_DISAGREEMENTS]
    return _fields(found) | {
        "images": len(teacher.labels),
        "disagreeing": len(found.disagreements),
        "disagreements": worst,
    }


def _gap_closed(models: Sequence[InferenceModel], said: Sequence[LabelledLogits]) -> dict[str, float | None]:
    """The share of the gap between teacher and twin that each other network closes, by its key; of one run."""
    from kdcore.metrics import classification
    from kdcore.metrics.fidelity import gap_closed

    errors = {
        model.key: classification.errors(of.logits, of.labels) for model, of in zip(models, said, strict=True)
    }
    by_role = {(model.key.rpartition(":")[0], model.role): errors[model.key] for model in models}
    found: dict[str, float | None] = {}
    for model in models:
        run = model.key.rpartition(":")[0]
        reference = by_role.get((run, "teacher")), by_role.get((run, "twin"))
        if model.role not in ("teacher", "twin") and None not in reference:
            found[model.key] = gap_closed(*reference, errors[model.key])  # type: ignore[arg-type]
    return found


# ---- JSON -----------------------------------------------------------------------------------------------------------


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _plain(value: Any) -> Any:
    """The value in JSON's own types; what is not a finite number becomes None."""
    if is_dataclass(value):
        value = _fields(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# ---- a table for people ---------------------------------------------------------------------------------------------


def lines(found: Mapping[str, Any], say: Callable[[str], str] = str) -> list[list[str]]:
    """A report's main figures as rows of words, a column each network, the head first."""
    split, T = found["split"], f"{found['temperature']:g}"  # noqa: N806
    pairs = {pair["network"]: pair for pair in found["pairs"]}
    said = [
        _column(network, pairs.get(network["key"]), found["gap_closed"].get(network["key"]), split, say)
        for network in found["networks"]
    ]
    errors = N_("test errors") if split == TEST else N_("validation errors")
    names = ["", *(say(name).format(T=T) for name in (*NAMES[:3], errors, *NAMES[3:]))]
    return [list(row) for row in zip(names, *said, strict=True)]


def _column(
    network: Mapping[str, Any],
    pair: Mapping[str, Any] | None,
    closed: float | None,
    split: str,
    say: Callable[[str], str],
) -> list[str]:
    answers, calibration, macro = network[split], network["calibration"], network["per_class"]["macro"]
    fidelity, train = (pair[split], pair[TRAIN] or {}) if pair else ({}, {})
    errors = say(N_("{errors} of {images}"))
    return [
        say(network["role"]),
        network["title"],
        f"{network['parameters']:,}",
        f"{network['macs']:,}",
        errors.format(errors=f"{answers['errors']:,}", images=f"{answers['images']:,}"),
        _figure(answers["accuracy"], ".2%"),
        *(_figure(answers[name], ".4f") for name in ("nll", "ece")),
        _figure(answers["error_of_surest_80"], ".2%"),
        _figure(answers["risk_coverage_area"], ".4f"),
        *(_figure(calibration[name], ".4f") for name in ("temperature", "nll_after", "ece_after")),
        *(_figure(macro[name], ".4f") for name in ("precision", "recall", "f1", "auc")),
        *(_figure(network[name], ".3f") for name in ("non_answer_spread", "entropy_bits")),
        _figure(fidelity.get("agreement"), ".2%"),
        *(_figure(fidelity.get(name), ".4f") for name in ("kl", "kl_at_temperature")),
        _figure(pair["similarity_rank_correlation"] if pair else None, ".3f"),
        _figure(train.get("agreement"), ".2%"),
        _figure(closed, ".0%"),
    ]


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)

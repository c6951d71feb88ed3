"""What lessons compare predictions with and no other study measures: `python -m scripts.lesson_figures`.

The first preset at several temperatures, budgets and sizes of its student, five seeds each: test errors and NLL. Made in some
minutes; runs that are there are found again by their hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdcore import networks, teachers
from kdcore.cli.data_folder import data_folder
from kdcore.data import datasets
from kdcore.errors import RunRefused, TeacherUnavailable
from kdcore.events import Finished, NoCommands
from kdcore.experiment import Experiment
from kdcore.metrics.class_similarity import similarity
from kdcore.metrics.evaluation import evaluate
from kdcore.pipelines import experiment_pipeline
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.presets import PRESETS

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "lessons.json"
TEMPERATURES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 100.0)
EPOCHS = (10, 20, 40, 80, 150, 300, 600, 1200)
SIZES = ("mlp-10", "mlp-30", "mlp-100", "mlp-300")
SEEDS = 5
FAULTS = ("student-on-both-sides", "t-squared-left-out", "averaged-over-classes", "weight-reversed")
AT = 4.0
"""The temperature at which similarities are told."""


def _faulty() -> dict[str, object]:
    """Test errors by seed of the first preset's student with a mistake on purpose."""
    base = PRESETS[0].experiment
    found = {}
    for name in FAULTS:
        seeds = [seeded(base.with_flat(fault=name), seed) for seed in range(SEEDS)]
        found[name] = [_trained(experiment)["student"]["test_errors"] for experiment in seeds]
        print(name, found[name])
    return {"faults": found}


def _trained(experiment: Experiment) -> Mapping[str, Any]:
    """The results of a run that no store keeps: nobody may come upon one with a mistake."""
    *_others, last = experiment_pipeline.run(
        experiment, data_folder=data_folder(), runs_folder=runs_folder(), commands=NoCommands()
    )
    if not isinstance(last, Finished):
        raise RunRefused("It did not come to its end.")
    return last.results


def _similar() -> dict[str, object]:
    """What the first preset's teacher finds alike on the test images, [C, C], rounded."""
    base = PRESETS[0].experiment
    card = teachers.find(base.teacher, runs_folder())
    if card is None:
        raise TeacherUnavailable(f"{base.teacher} is not here.")
    dataset = datasets.load(base.dataset)
    network = networks.build(card.network, dataset.shape, dataset.num_classes, seed=0)
    network.load_state_dict(teachers.load(card, runs_folder()))
    test = dataset.test
    shares = similarity(evaluate(network, test.images), test.labels, AT)
    return {
        "similarity": {
            "teacher": base.teacher,
            "temperature": AT,
            "shares": [[round(float(share), 4) for share in row] for row in shares],
        }
    }


def _by(field: str, values: Sequence[object], store: Store) -> dict[str, Any]:
    """Test errors and NLL by seed of the first preset's student and twin, by the value of a field."""
    found = {}
    for value in values:
        experiment = PRESETS[0].experiment.with_flat(**{field: value})
        runs = [
            finished_run(seeded(experiment, seed), "lesson", store, data_folder(), iter).results
            for seed in range(SEEDS)
        ]
        text = f"{value:g}" if isinstance(value, float) else str(value)
        found[text] = {who: _figures([run[who] for run in runs]) for who in ("twin", "student")}
        print(field, text, found[text]["student"]["errors"])
    return found


def _figures(tested: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "errors": [one["test_errors"] for one in tested],
        "nll": [one["test_nll"] for one in tested],
        "images": tested[0]["test_images"],
    }


def main() -> None:
    """Measure and keep."""
    store = Store(runs_folder())
    kept = {
        **_similar(),
        **_faulty(),
        "command": "python -m scripts.lesson_figures",
        "preset": PRESETS[0].name,
        "temperatures": _by("temperature", TEMPERATURES, store),
        "epochs": _by("epochs", EPOCHS, store),
        "sizes": _by("student", SIZES, store),
    }
    MEASURED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""What lessons compare predictions with and no other study measures: `python -m scripts.lesson_figures`.

The first preset at several temperatures, five seeds each: test errors and NLL of its student. Made in a minute; runs that are
there are found again by their hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def main() -> None:
    """Measure and keep."""
    store, base = Store(runs_folder()), PRESETS[0].experiment
    by_temperature = {}
    for temperature in TEMPERATURES:
        runs = [
            finished_run(
                seeded(base.with_flat(temperature=temperature), seed), "lesson", store, data_folder(), iter
            )
            for seed in range(SEEDS)
        ]
        students = [run.results["student"] for run in runs]
        by_temperature[f"{temperature:g}"] = {
            "errors": [found["test_errors"] for found in students],
            "nll": [found["test_nll"] for found in students],
            "images": students[0]["test_images"],
        }
        print(temperature, by_temperature[f"{temperature:g}"]["errors"])
    kept = {
        **_similar(),
        **_faulty(),
        "command": "python -m scripts.lesson_figures",
        "preset": PRESETS[0].name,
        "temperatures": by_temperature,
    }
    MEASURED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

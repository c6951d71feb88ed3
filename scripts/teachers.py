"""Make the bundled teachers again, each by the command on its own card, and the oracles' cards: `make teachers`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "teachers"


def main() -> int:
    """Run every card's command into the folder of bundled teachers; returns the first exit code that is not 0."""
    write_oracles()
    for card in sorted(BUNDLED.glob("*.json")):
        if not (command := shlex.split(json.loads(card.read_text(encoding="utf-8"))["command"])[1:]):
            continue  # an oracle
        print("+ python", shlex.join(command), flush=True)
        if code := subprocess.call([sys.executable, *command, "--folder", str(BUNDLED)]):
            return code
    return 0


def write_oracles() -> None:
    """Write the card of an oracle for each dataset whose truth is known; it has no weights."""
    from kdcore.data import catalogue, datasets
    from kdcore.experiment import Experiment
    from kdcore.metrics import classification
    from kdcore.teachers import ORACLE, TeacherCard

    for name in catalogue.GENERATED:
        dataset = datasets.load(name)
        errors: dict[str, dict[str, int]] = {}
        for part, split in (("validation", dataset.validation), ("test", dataset.test)):
            assert split.truth is not None
            found = classification.errors(split.truth, split.labels)
            errors[part] = {"errors": found, "images": len(split)}
        card = TeacherCard(
            name=f"{name}-{ORACLE}",
            network=ORACLE,
            dataset=name,
            dataset_title=dataset.title,
            shape=dataset.shape,
            classes=dataset.classes,
            experiment=Experiment(dataset=name).model_dump(mode="json"),
            validation=errors["validation"],
            test=errors["test"],
            parameters=0,
            weights=ORACLE,
            mean=dataset.mean,
            std=dataset.std,
        )
        (BUNDLED / f"{card.name}.json").write_text(json.dumps(asdict(card), indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

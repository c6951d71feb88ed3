"""What a command prints about a run: JSON for scripts, a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcore import plugins
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.faults.badge import badge
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.run_conclusion import conclusion_of
from kdcore.texts import N_
from kdcore.translation import say, say_count


def run_json(run: Run) -> dict[str, Any]:
    """A run for scripts."""
    return {
        "run_id": run.id,
        "status": run.status,
        "error": run.error,
        "device": run.device,
        "threads": run.results.get("threads", run.threads),
        "precision": run.results.get("precision", run.precision),
        "experiment": run.experiment.model_dump(mode="json"),
        "experiment_hash": run.hash,
        "fault": badge(run.experiment.fault),
        **{
            name: value
            for name, value in run.results.items()
            if name not in ("device", "threads", "precision")
        },
    }


def print_results(store: Store, run: Run) -> None:
    """Print the test figures of a run's networks, what they show, and the seconds that it took."""
    results = run.results
    if marked := badge(run.experiment.fault):
        tell(f"{marked}; these figures show the mistake and belong in no comparison")
    if "student" not in results:
        tell(f"run {run.id} was stopped before the students were trained")
        return
    images = results["student"]["test_images"]
    tested = {
        role: found for role, found in results.items() if isinstance(found, dict) and "test_errors" in found
    }
    print_table(_head(results, images), [_line(role, found) for role, found in tested.items()])
    if known := (results.get("dataset") or {}).get("truth"):
        tell(f"the truth itself errs on {known['errors']:,} of {images:,}; its NLL is {known['nll']:.4f}")
    for note in (results.get("dataset") or {}).get("notes", ()):
        tell(f"{results['dataset']['title']}: {note}")
    for sentence in plugins.differences(results.get("plugins", ())):
        tell(sentence)
    if twin_run := results.get("twin_run"):
        tell(f"the twin was found: trained in run {twin_run}")
    if not run.experiment.fault:
        changed = any(event.kind == "HotChange" for event in store.events(run.id))
        tell(conclusion_of(run, changed=changed, say=say, count=say_count))
    seconds = results["seconds"]
    took = ", ".join(f"{say(name)} {value:.1f} s" for name, value in seconds.items())
    tell(f"run {run.id}: 1 seed; {took}")


def _head(results: Mapping[str, Any], images: int) -> list[str]:
    """What the columns of `_line` are called."""
    named = [
        "",
        N_("network"),
        N_("parameters"),
        say(N_("errors of {n}")).format(n=f"{images:,}"),
        N_("error"),
        "NLL",
        "ECE",
        N_("fitted T"),
        N_("NLL then"),
    ]
    if (results.get("dataset") or {}).get("truth"):
        named.append(N_("KL to the truth"))
    if "test_balanced_error" in results["student"]:
        named.append(N_("classes alike"))
    return named


def _line(role: str, found: Mapping[str, Any]) -> list[str]:
    """A network's row: its test figures, and its NLL after the temperature that was fitted on validation."""
    known = "fitted_temperature" in found
    return [
        role,
        found["network"],
        f"{found['parameters']:,}",
        f"{found['test_errors']}",
        f"{100 * (1 - found['test_accuracy']):.2f} %",
        f"{found['test_nll']:.4f}",
        f"{found['test_ece']:.4f}",
        f"{found['fitted_temperature']:.3g}" if known else "",
        f"{found['test_nll_fitted']:.4f}" if known else "",
        *([f"{found['test_truth_kl']:.4f}"] if "test_truth_kl" in found else []),
        *([f"{100 * found['test_balanced_error']:.2f} %"] if "test_balanced_error" in found else []),
    ]

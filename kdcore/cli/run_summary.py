"""What a command prints about a run: JSON for scripts, a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcore.cli.text_table import print_table
from kdcore.runs.run_record import Run


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
        **{
            name: value
            for name, value in run.results.items()
            if name not in ("device", "threads", "precision")
        },
    }


def print_results(run_id: str, results: Mapping[str, Any]) -> None:
    """Print the test figures of a run's networks, and the seconds that it took."""
    if "student" not in results:
        print(f"run {run_id} was stopped before the students were trained")
        return
    known = (results.get("dataset") or {}).get("truth")
    rows = [
        [
            role,
            results[role]["network"],
            f"{results[role]['parameters']:,}",
            f"{results[role]['test_errors']}",
            f"{100 * (1 - results[role]['test_accuracy']):.2f} %",
            f"{results[role]['test_nll']:.4f}",
            f"{results[role]['test_ece']:.4f}",
            *([f"{results[role]['test_truth_kl']:.4f}"] if known else []),
        ]
        for role in results
        if isinstance(results[role], dict) and "test_errors" in results[role]
    ]
    images = results["student"]["test_images"]
    heads = ["", "network", "parameters", f"errors of {images:,}", "error", "NLL", "ECE"]
    print_table([*heads, *(["KL to the truth"] if known else [])], rows)
    if known:
        print(f"the truth itself errs on {known['errors']:,} of {images:,}; its NLL is {known['nll']:.4f}")
    if twin_run := results.get("twin_run"):
        print(f"the twin was found: trained in run {twin_run}")
    seconds = results["seconds"]
    print(f"run {run_id}: 1 seed; " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))

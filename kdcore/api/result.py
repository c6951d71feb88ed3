"""What a run came to, for whoever started it from a program: its errors, curves, networks and figure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from kdcore import networks
from kdcore.api.dashboard_link import DashboardLink, dashboard_link
from kdcore.experiment import Experiment
from kdcore.export.curve_table import curve_table
from kdcore.export.export_bundle import export_runs, write_bundle
from kdcore.export.export_format import ExportOptions
from kdcore.export.network_with_normalisation import with_normalisation
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.inference import models
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.run_conclusion import conclusion_of

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

ROLES = ("teacher", "twin", "student")
SAVED = {"json": "run.json", "csv": "curves.csv"}
"""What `save` writes beside the weights: a format of exports, and its file."""


@dataclass(frozen=True)
class Result:
    """A run that has ended, as its record has it.

    Attributes:
        run: its record. folder: the runs folder that keeps it. data_folder: where its images are.
    """

    run: Run
    folder: Path
    data_folder: Path

    @property
    def experiment(self) -> Experiment:
        """Everything that the run needed: `kdcore.distill(experiment=...)` trains the same again."""
        return self.run.experiment

    @property
    def errors(self) -> dict[str, int]:
        """Errors on the test images, by network: teacher, twin, student and a method's further ones."""
        return {role: tested["test_errors"] for role, tested in self.tested.items()}

    @property
    def images(self) -> int:
        """How many test images the errors are of; 0 where nothing was tested."""
        return int(next(iter(self.tested.values()), {"test_images": 0})["test_images"])

    @property
    def tested(self) -> dict[str, dict[str, Any]]:
        """All that was measured of each network on test images: errors, NLL, calibration, agreement, latency."""
        found = {
            role: told
            for role, told in self.run.results.items()
            if isinstance(told, dict) and "test_errors" in told
        }
        first = [role for role in ROLES if role in found]
        return {role: found[role] for role in [*first, *(role for role in found if role not in first)]}

    @property
    def curves(self) -> pd.DataFrame:
        """What was measured while it trained: step, epoch, phase, role, series, value, a row a value."""
        return curve_table([self._recorded()])

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The trained networks by role, in eval mode on the processor; each takes pixels from 0 (black) to 1 (white).

        A module of one's own is given back as such, with the weights that it learned.
        """
        return {model.role: _as_module(model) for model in models.of_run(self.run, self.folder)}

    @property
    def conclusion(self) -> str:
        """What the run shows, in sentences."""
        if not self.tested:
            return self.run.error or "Nothing was tested."
        changed = bool(self._recorded().payloads("HotChange"))
        return "" if self.run.experiment.fault else conclusion_of(self.run, changed=changed)

    def figure(self, *, dark: bool = False) -> Figure:
        """Errors on validation images while it trained, by network, as a Plotly figure in the colours of the page."""
        from kdcore.api.figures import curves_figure

        return curves_figure(self, dark=dark)

    def save(self, folder: str | Path) -> list[Path]:
        """Write the run's record, its curves and each network's weights into a folder, which is made; returns the files.

        The weights are safetensors, with the network's name, classes and normalisation in their header.
        """
        place = Path(folder).expanduser()
        place.mkdir(parents=True, exist_ok=True)
        recorded, files = self._recorded(), list[Path]()
        for format, name in SAVED.items():
            files += write_bundle(export_runs(format, [recorded], ExportOptions()), place / name)
        for role in self.tested:
            if any(model.role == role for model in recorded.models):
                bundle = export_runs("safetensors", [recorded], ExportOptions(role))
                files += write_bundle(bundle, place / f"{role}.safetensors")
        return files

    def show_in_dashboard(self, server: str = "") -> DashboardLink:
        """The address at which the run is seen on the page; a notebook shows it as a link.

        server: the page's own address, such as http://localhost:8501, where one serves the same runs folder. Without one a server
            is started for as long as this program runs, for this machine only.

        Raises:
            OutOfResources: the server does not start.
        """
        return dashboard_link(self.run.id, server, self.folder, self.data_folder)

    def _recorded(self) -> RecordedRun:
        store = Store(self.folder)
        try:
            return read(store, self.run.id)
        finally:
            store.close()

    def __repr__(self) -> str:
        errors = ", ".join(f"{role} {count}" for role, count in self.errors.items()) or "nothing tested"
        return f"<Result {self.run.id} {self.run.status}: errors of {self.images:,}: {errors}>"

    def _repr_html_(self) -> str:
        """How a notebook shows it: a line a network, and what the run shows."""
        lines = "".join(
            f"<tr><td>{escape(role)}</td><td>{escape(told['network'])}</td><td>{told['parameters']:,}</td>"
            f"<td>{told['test_errors']:,}</td><td>{told['test_nll']:.3f}</td></tr>"
            for role, told in self.tested.items()
        )
        head = f"<tr><th></th><th>network</th><th>parameters</th><th>errors of {self.images:,}</th><th>NLL</th></tr>"
        return f"<table>{head}{lines}</table><p>{escape(self.conclusion)}</p>"


def _as_module(model: models.InferenceModel) -> nn.Module:
    network = models.network(model)
    if isinstance(network, networks.GivenNetwork):
        return network.inner
    return with_normalisation(model)

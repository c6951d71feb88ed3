"""Progress on stderr: of a dataset's download, and of a run's steps."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from tqdm import tqdm

from kdcore.cli.data_folder import data_folder
from kdcore.cli.terminal import tell
from kdcore.events import Event, Finished, Phase, Progress
from kdcore.experiment import Experiment


def progress_bar(**options: Any) -> tqdm[Any]:
    """A bar on stderr that goes when it is done; none where that is no terminal: it would fill a file line by line."""
    return tqdm(file=sys.stderr, leave=False, disable=None, **options)


def fetch_dataset(experiment: Experiment) -> None:
    """Fetch a dataset that is not here, before a run is begun."""
    from kdcore.data import catalogue, datasets

    if catalogue.entry(experiment.dataset, data_folder()).available:
        return
    with progress_bar(unit="B", unit_scale=True) as bar:

        def progress(what: str, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        datasets.load(
            experiment.dataset, folder=data_folder(), image_size=experiment.image_size, progress=progress
        )


def with_progress_bar(events: Iterable[Event]) -> Iterator[Event]:
    """The same events, with a progress bar on stderr."""
    bar: tqdm[Any] | None = None
    for event in events:
        match event:
            case Phase(name=name):
                if bar is not None:
                    bar.close()
                bar = None
                precision = f", {event.precision}" if event.precision else ""
                machine = f"{event.device}, threads: {event.threads}{precision}"
                tell(f"{name.replace('_', ' ')} ({machine})", aside=True)
            case Progress():
                if bar is None:
                    bar = progress_bar(total=event.steps, unit="step", initial=event.step)
                bar.update(event.step - bar.n)
                if event.images_per_second:
                    bar.set_postfix_str(
                        f"epoch {event.epoch:.1f}/{event.epochs}, {event.images_per_second:,.0f} img/s"
                    )
            case Finished():
                if bar is not None:
                    bar.close()
        yield event
    if bar is not None:
        bar.close()

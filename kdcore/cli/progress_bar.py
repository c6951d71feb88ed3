"""What is seen of a command that trains: data being fetched, a bar for the steps, and Ctrl-C, which stops the run."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from tqdm import tqdm

from kdcore.cli.shared import data_folder
from kdcore.errors import StillroomError
from kdcore.events import Command, Event, Finished, Phase, Progress
from kdcore.experiment import Experiment
from kdcore.runs.store import Store


def fetch(experiment: Experiment) -> None:
    """Fetch a dataset that is not here, before a run is begun."""
    from kdcore.data import catalogue, datasets

    if catalogue.entry(experiment.dataset, data_folder()).available:
        return
    with tqdm(unit="B", unit_scale=True, file=sys.stderr, leave=False) as bar:

        def progress(what: str, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        datasets.load(
            experiment.dataset, folder=data_folder(), image_size=experiment.image_size, progress=progress
        )


def shown(events: Iterable[Event]) -> Iterator[Event]:
    """The same events, with a progress bar on stderr."""
    bar: tqdm[Any] | None = None
    for event in events:
        match event:
            case Phase(name=name):
                if bar is not None:
                    bar.close()
                bar = None
                print(f"{name.replace('_', ' ')} ({event.device}, threads: {event.threads})", file=sys.stderr)
            case Progress():
                if bar is None:
                    bar = tqdm(
                        total=event.steps, unit="step", file=sys.stderr, leave=False, initial=event.step
                    )
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


class StopOnInterrupt:
    """Ctrl-C stops the run at its next step, tested and recorded; a second one ends the process at once."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id, self.came = store, run_id, False

    def __enter__(self) -> StopOnInterrupt:
        self.before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True
        print("\nStopping; press again to end at once.", file=sys.stderr)
        try:
            self.store.command(self.run_id, Command("stop"))
        except StillroomError as error:  # such as: the run has just ended
            print(f"kdcore: {error}", file=sys.stderr)

"""The best validation of each network so far: for early stopping, and to keep its weights where the recipe asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kdcore.data.datasets import Split
from kdcore.training.members import NetworkRef, State


@dataclass(frozen=True)
class BestValidation:
    """One network's best validation.

    Attributes:
        errors: Misclassified validation images.
        nll: Their mean negative log-likelihood in nats, which decides between equal errors.
        epoch: When it was.
        weights: The network's weights then, where they are kept.
    """

    errors: int
    nll: float
    epoch: float
    weights: State = field(default_factory=dict)


@dataclass
class BestWeights:
    """Follows all networks of a run.

    Attributes:
        keep_weights: Whether weights are copied at each best validation.
        chosen_on: The images that choose where they are not those that are reported on.
        best: By network.
        improved_at: The epoch of the last validation at which any network improved.
    """

    keep_weights: bool
    chosen_on: Split | None = None
    best: dict[NetworkRef, BestValidation] = field(default_factory=dict)
    improved_at: float = 0.0

    def note(
        self, ref: NetworkRef, errors: int, nll: float, epoch: float, weights: Callable[[], State]
    ) -> None:
        """Record one network's validation; its weights are read only when it is the best so far."""
        before = self.best.get(ref)
        if before is not None and (before.errors, before.nll) <= (errors, nll):
            return
        copies = {name: t.clone() for name, t in weights().items()} if self.keep_weights else {}
        self.best[ref] = BestValidation(errors, nll, epoch, copies)
        self.improved_at = epoch

    def weights(self, ref: NetworkRef) -> State:
        """The network's kept weights; empty where none were kept."""
        return self.best[ref].weights if ref in self.best else {}

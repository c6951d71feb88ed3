"""A device without float64, as Apple's GPUs are: the processor, on which tensors know that they were moved there.

What is moved to `DEVICE` lies there, and so does whatever is computed from it, forwards and backwards, until `.cpu()` takes it away.
An operation that would leave float64 there is refused as torch refuses it on such a GPU, and so is one of tensors here and there. It
knows of the thread that asks alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

DEVICE = "cpu:0"
"""The processor by a name that nobody else gives it."""
ELSEWHERE = "Expected all tensors to be on the same device"
FROM_HERE = {"copy_", "_to_copy", "index", "index_put", "index_put_", "scatter_"}
"""Operations that take a tensor from the processor; one_hot scatters into what is made where nobody sees its device."""
REFUSAL = "Cannot convert a tensor to float64 on this device: it has none"


class Residents:
    """Which tensors lie on the device, by their storage."""

    def __init__(self) -> None:
        self._storages: dict[int, StorageWeakRef] = {}
        self.operations = 0

    def add(self, tensor: Tensor) -> None:
        if tensor.dtype == torch.float64:
            raise TypeError(REFUSAL)
        storage = tensor.untyped_storage()
        self._storages[storage._cdata] = StorageWeakRef(storage)

    def has(self, tensor: Any) -> bool:
        return isinstance(tensor, Tensor) and tensor.untyped_storage()._cdata in self._storages


class _Computes(TorchDispatchMode):
    """What is computed from a resident is one."""

    def __init__(self, residents: Residents) -> None:
        super().__init__()
        self.residents = residents

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        there = [self.residents.has(tensor) for tensor in tensors]
        # Within a backward pass torch makes zeros of its own, whose device nobody sees.
        asked = func.overloadpacket.__name__ not in FROM_HERE and torch._C._current_autograd_node() is None
        here = [tensor for tensor, is_there in zip(tensors, there, strict=True) if not is_there]
        if asked and any(there) and any(tensor.dim() > 0 for tensor in here):
            raise RuntimeError(f"{ELSEWHERE}: {func}")
        found = func(*args, **(kwargs or {}))
        if any(there):
            self.residents.operations += 1
            for tensor in tree_leaves(found):
                if isinstance(tensor, Tensor):
                    self.residents.add(tensor)
        return found


class _Moves(TorchFunctionMode):
    """What is moved to the device or away from it, where torch itself sees no move."""

    def __init__(self, residents: Residents) -> None:
        super().__init__()
        self.residents = residents

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        is_resident = bool(args) and self.residents.has(args[0])
        if func == Tensor.device.__get__:  # type: ignore[attr-defined]
            return torch.device(DEVICE) if is_resident else func(*args)
        places = [str(one) for one in (*args[1:], *kwargs.values()) if isinstance(one, str | torch.device)]
        if is_resident and (func is Tensor.cpu or (func is Tensor.to and "cpu" in places)):
            return self._taken_away(func, args, kwargs)
        found = func(*args, **kwargs)
        if DEVICE in places:
            for tensor in tree_leaves(found):
                if isinstance(tensor, Tensor):
                    self.residents.add(tensor)
        return found

    def _taken_away(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tensor:
        with torch.utils._python_dispatch._disable_current_modes():
            away = args[0].detach().clone()
            moved: Tensor = func(away, *args[1:], **kwargs)
        return moved


@contextmanager
def without_float64() -> Iterator[Residents]:
    """While it lasts, `DEVICE` is a device that refuses float64."""
    residents = Residents()
    with _Moves(residents), _Computes(residents):
        yield residents

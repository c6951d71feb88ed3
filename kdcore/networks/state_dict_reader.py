"""Reads the tensors of a state dict as torch.save writes it, without running what is in it: its pickle is looked through, not executed.

Only what a plain state dict consists of is understood: dictionaries, tuples, numbers, names, and the instruction that rebuilds a tensor from
its storage. Anything else is refused. It serves weights that torchvision publishes in this form alone; a user's own are not opened.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import torch
from torch import Tensor

STORAGES = {
    "torch FloatStorage": torch.float32,
    "torch DoubleStorage": torch.float64,
    "torch HalfStorage": torch.float16,
    "torch LongStorage": torch.int64,
    "torch IntStorage": torch.int32,
}
DICTIONARY, TENSOR, PARAMETER = (
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
)
LEGACY_PARTS = 3
"""Pickles that stand before the state dict in the form before zip: a magic number, a version, the machine."""


@dataclass(frozen=True)
class Named:
    """A name that the pickle refers to; it is compared, never imported."""

    name: str


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor's numbers stand: the storage's key and type, the place of the first, and the shape."""

    key: str
    dtype: torch.dtype
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass
class _Stack:
    """What the instructions have put together so far."""

    values: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        taken = self.values[start:]
        del self.values[start:]
        return taken


def read_state_dict(content: bytes) -> dict[str, Tensor]:
    """Its tensors by name.

    Raises:
        ValueError: it is none, or holds something else.
    """
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            return _from_zip(content)
        return _from_parts(io.BytesIO(content))
    except (KeyError, IndexError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile) as error:
        raise ValueError(f"this is no plain state dict ({error})") from error


def _from_zip(content: bytes) -> dict[str, Tensor]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [head] = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        found = _understood(io.BytesIO(archive.read(head)))
        root = head.removesuffix("data.pkl")
        return {name: _tensor(one, archive.read(f"{root}data/{one.key}")) for name, one in _tensors(found)}


def _from_parts(file: BinaryIO) -> dict[str, Tensor]:
    """The form before zip: after the pickles each storage, its length and its numbers."""
    for _ in range(LEGACY_PARTS):
        _understood(file)
    named = dict(_tensors(_understood(file)))
    sizes = {one.key: one.dtype.itemsize for one in named.values()}
    storages: dict[str, bytes] = {}
    for key in _understood(file):
        count = int.from_bytes(file.read(8), "little")
        storages[key] = file.read(count * sizes[key])
    return {name: _tensor(one, storages[one.key]) for name, one in named.items()}


def _tensors(found: Any) -> Iterator[tuple[str, StoredTensor]]:
    for name, one in found.items():
        if not isinstance(name, str) or not isinstance(one, StoredTensor):
            raise ValueError(f"'{name}' is no tensor")
        yield name, one


def _tensor(one: StoredTensor, content: bytes) -> Tensor:
    flat = torch.frombuffer(bytearray(content), dtype=one.dtype)
    return flat.as_strided(one.shape, one.stride, one.offset).clone()


# ---- the instructions -----------------------------------------------------------------------------------------------


def _understood(file: BinaryIO) -> Any:
    """What one pickle describes; the file stands behind it afterwards."""
    stack = _Stack()
    for instruction, argument, _position in pickletools.genops(file):
        if instruction.name == "STOP":
            return stack.values[-1]
        if instruction.name in _CONSTANTS:
            stack.values.append(_CONSTANTS[instruction.name]())
        elif instruction.name in _VALUES:
            stack.values.append(argument)
        elif instruction.name in _STEPS:
            _STEPS[instruction.name](stack, argument)
        else:
            raise ValueError(f"it holds the instruction {instruction.name}, which a state dict does not need")
    raise ValueError("it ends in the middle")


_VALUES = {"BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "NONE": lambda: None,
}


def _mark(stack: _Stack, _argument: Any) -> None:
    stack.marks.append(len(stack.values))


def _put(stack: _Stack, argument: Any) -> None:
    stack.memo[argument] = stack.values[-1]


def _get(stack: _Stack, argument: Any) -> None:
    stack.values.append(stack.memo[argument])


def _name(stack: _Stack, argument: Any) -> None:
    if argument not in {*STORAGES, DICTIONARY, TENSOR, PARAMETER}:
        raise ValueError(f"it refers to {argument}, which a state dict does not need")
    stack.values.append(Named(argument))


def _tuple(count: int) -> Callable[[_Stack, Any], None]:
    def step(stack: _Stack, _argument: Any) -> None:
        taken = stack.since_mark() if not count else [stack.values.pop() for _ in range(count)][::-1]
        stack.values.append(tuple(taken))

    return step


def _set_item(stack: _Stack, _argument: Any) -> None:
    value, key = stack.values.pop(), stack.values.pop()
    stack.values[-1][key] = value


def _set_items(stack: _Stack, _argument: Any) -> None:
    taken = stack.since_mark()
    stack.values[-1].update(zip(taken[::2], taken[1::2], strict=True))


def _append(stack: _Stack, _argument: Any) -> None:
    taken = stack.since_mark()
    stack.values[-1].extend(taken)


def _reduce(stack: _Stack, _argument: Any) -> None:
    arguments, called = stack.values.pop(), stack.values.pop()
    if called == Named(DICTIONARY):
        stack.values.append({})
    elif called == Named(PARAMETER):
        stack.values.append(arguments[0])
    elif called == Named(TENSOR):
        storage, offset, shape, stride = arguments[:4]
        kind, named, key = storage[:3]
        if kind != "storage":
            raise ValueError("a tensor without a storage")
        stack.values.append(StoredTensor(key, STORAGES[named.name], offset, shape, stride))
    else:
        raise ValueError(f"it calls {called}")


def _drop_state(stack: _Stack, _argument: Any) -> None:
    """What is to be set on an ordered dictionary (its version) says nothing of the tensors."""
    stack.values.pop()


_STEPS: dict[str, Callable[[_Stack, Any], None]] = {
    "PROTO": lambda stack, argument: None,
    "FRAME": lambda stack, argument: None,
    "MARK": _mark,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "GLOBAL": _name,
    "TUPLE": _tuple(0),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "APPENDS": _append,
    "REDUCE": _reduce,
    "BINPERSID": lambda stack, argument: None,  # what names a storage stands on the stack, and stays there
    "BUILD": _drop_state,
}

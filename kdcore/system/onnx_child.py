"""The process in which a stranger's ONNX network is looked through and run, within its limits: `python -m kdcore.system.onnx_child`.

Nothing of it is trusted: external files, operators of others and shapes beyond reason are refused before onnxruntime sees it, and what a
shape that is computed on the way asks for hits the limit on this process's memory. It reads from its standard input a line of JSON (the
settings), the network's bytes, then batches; it answers each with a line of JSON and the logits' bytes. It imports no torch.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

MOST_ELEMENTS = 1 << 28
"""Numbers in one tensor of the network, for one image: a gigabyte."""
OWN_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")


class OnnxRefused(Exception):
    """Why a network is not run, in a sentence."""


def main() -> int:
    """Read settings and network, then answer batches until the input ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    settings = json.loads(source.readline())
    content = _exactly(source, settings["bytes"])
    try:
        session, facts = _opened(content, settings)
    except OnnxRefused as refused:
        _answer(sink, {"refused": str(refused)})
        return 1
    del content
    _answer(sink, facts)
    while line := source.readline():
        shape = json.loads(line)
        images = _array(_exactly(source, 4 * math.prod(shape)), shape)
        try:
            logits = _run(session, images, facts)
        except OnnxRefused as refused:
            _answer(sink, {"refused": str(refused)})
            return 1
        _answer(sink, {"shape": list(logits.shape)}, logits.tobytes())
    return 0


def _opened(content: bytes, settings: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The session, and what the caller has to know of the network."""
    import onnx

    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own, which has no name here
        raise OnnxRefused("The file is no ONNX network, or is damaged.") from error
    if not model.graph.node:
        raise OnnxRefused("The file is no ONNX network, or is damaged.")
    refuse_hostile(model)
    facts = _interface(model)
    _refuse_shapes(model, facts, settings)
    _limit_memory(settings["gigabytes"])
    return _session(content, settings["threads"]), facts | {"parameters": _parameters(model)}


def _session(content: bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base
        raise OnnxRefused(f"onnxruntime does not take this network: {_short(error)}.") from error


def _run(session: Any, images: NDArray[Any], facts: dict[str, Any]) -> NDArray[Any]:
    import numpy as np

    batch = facts["batch"] or len(images)
    try:
        parts = [
            session.run([facts["output"]], {facts["input"]: part})[0]
            for part in (images[start : start + batch] for start in range(0, len(images), batch))
        ]
    except Exception as error:
        raise OnnxRefused(f"The network fails on these images: {_short(error)}.") from error
    logits = np.concatenate([np.asarray(part, np.float32) for part in parts])
    if logits.ndim < 2 or len(logits) != len(images) or any(size != 1 for size in logits.shape[2:]):
        raise OnnxRefused(
            f"The network gives {_text(logits.shape)} numbers for {len(images)} images. A teacher gives a row for each, a number a class."
        )
    logits = logits.reshape(len(images), -1)
    return np.ascontiguousarray(logits)


# ---- what is refused before it runs ---------------------------------------------------------------------------------


def refuse_hostile(model: ModelProto) -> None:
    """Refuse files beside the network, operators that are not ONNX's own, and tensors larger than what was handed over.

    Raises:
        OnnxRefused: as said.
    """
    own_functions = {(function.domain, function.name) for function in model.functions}
    for node in _nodes(model):
        if node.domain not in OWN_DOMAINS and (node.domain, node.op_type) not in own_functions:
            raise OnnxRefused(
                f"The network uses the operator '{node.op_type}' of '{node.domain}', which is not one of ONNX's own: it would be code of "
                "somebody's. Export it with ONNX's own operators."
            )
    for tensor in _tensors(model):
        if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
            raise OnnxRefused(
                "The network keeps weights in files beside it, and names their paths. Export it as one file (external_data=False)."
            )
        if math.prod(tensor.dims) > MOST_ELEMENTS:
            raise OnnxRefused(
                f"The network has a tensor of {_text(tensor.dims)} numbers. That is more than is taken here."
            )


def _nodes(model: ModelProto) -> Iterator[NodeProto]:
    """Every node, those in branches, loops and functions too."""
    for graph in _graphs(model.graph):
        yield from graph.node
    for function in model.functions:
        yield from function.node
        for node in function.node:
            for below in _branches(node):
                yield from below.node


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        yield from _branches(node)


def _branches(node: NodeProto) -> Iterator[GraphProto]:
    for attribute in node.attribute:
        for graph in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
            yield from _graphs(graph)


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    graphs = [*_graphs(model.graph)]
    for graph in graphs:
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in _nodes(model):
        for attribute in node.attribute:
            yield from ([attribute.t] if attribute.HasField("t") else [])
            yield from attribute.tensors
            for sparse in [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []:
                yield from (sparse.values, sparse.indices)


def _interface(model: ModelProto) -> dict[str, Any]:
    """Its one input [batch, channels, height, width] in float32, 0 where a size is free, and its first output."""
    known = {tensor.name for tensor in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in known]
    if len(inputs) != 1 or not model.graph.output:
        raise OnnxRefused(
            f"The network has {len(inputs)} inputs. A teacher looks at images and at nothing else."
        )
    tensor = inputs[0].type.tensor_type
    sizes = [size.dim_value if size.HasField("dim_value") else 0 for size in tensor.shape.dim]
    if tensor.elem_type != 1 or len(sizes) != 4:
        raise OnnxRefused(
            f"The network's input has {len(sizes)} dimensions, or is not in float32. Images are [batch, channels, height, width] in float32."
        )
    return {
        "input": inputs[0].name,
        "output": model.graph.output[0].name,
        "batch": sizes[0],
        "channels": sizes[1],
        "height": sizes[2],
        "width": sizes[3],
    }


def _refuse_shapes(model: ModelProto, facts: dict[str, Any], settings: dict[str, Any]) -> None:
    """Refuse another input than the images, and tensors beyond reason as far as their sizes can be inferred."""
    import onnx

    wanted = settings["shape"]
    has = [facts["channels"], facts["height"], facts["width"]]
    if wanted and any(own not in (0, given) for own, given in zip(has, wanted, strict=True)):
        raise OnnxRefused(
            f"The network looks at images of {_text(has)} (channels, height, width), and would be shown {_text(wanted)}. "
            "Say its size (--size) and its colour (--colour)."
        )
    shape = model.graph.input[0].type.tensor_type.shape
    for size, value in zip(shape.dim, [facts["batch"] or 1, *(wanted or has)], strict=False):
        if value and len(model.graph.input) == 1:
            size.dim_value = value
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (onnx.shape_inference.InferenceError, ValueError, RuntimeError):
        return  # the runtime infers for itself, within the limit on memory
    for value in [*inferred.graph.value_info, *inferred.graph.output]:
        dims = [size.dim_value for size in value.type.tensor_type.shape.dim]
        if dims and math.prod(dims) > MOST_ELEMENTS:
            raise OnnxRefused(
                f"The network makes a tensor of {_text(dims)} numbers of one image. That is more than is taken here."
            )


def _limit_memory(gigabytes: float) -> None:
    """Let this process have so much more memory than it has now, where the system knows such a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    now = 0
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # no such file system: what is there already counts
        now = 1 << 31
    most = now + int(gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _parameters(model: ModelProto) -> int:
    return sum(
        math.prod(tensor.dims) for tensor in model.graph.initializer if tensor.data_type in (1, 10, 11)
    )


# ---- the pipe -------------------------------------------------------------------------------------------------------


def _exactly(source: BinaryIO, count: int) -> bytes:
    content = source.read(count)
    if len(content) < count:
        raise SystemExit(0)  # whoever asked is gone
    return content


def _array(content: bytes, shape: list[int]) -> NDArray[Any]:
    import numpy as np

    return np.frombuffer(content, dtype=np.float32).reshape(shape)


def _answer(sink: BinaryIO, facts: dict[str, Any], content: bytes = b"") -> None:
    sink.write(json.dumps(facts).encode() + b"\n" + content)
    sink.flush()


def _text(sizes: Any) -> str:
    return " x ".join(str(size) if size else "any" for size in sizes) or "1"


def _short(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.rpartition("] : ")[2][:200].rstrip(". ")


if __name__ == "__main__":
    sys.exit(main())

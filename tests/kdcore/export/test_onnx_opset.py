"""The version of ONNX's operators is said, and can be chosen for a runtime that is older."""

from __future__ import annotations

import onnx
import pytest

from kdcore import export
from kdcore.errors import RunRefused
from kdcore.export.export_format import ExportOptions
from tests.kdcore.export.helpers import Finished


def exported(record: object, opset: int | None) -> onnx.ModelProto:
    made = export.export_runs("onnx", [record], ExportOptions(opset=opset))  # type: ignore[list-item]
    return onnx.load_from_string(made.packed())


@pytest.mark.parametrize("opset", [None, 18, 21])
def test_the_opset_is_the_one_that_was_asked_for_and_stands_in_the_metadata(
    opset: int | None, finished: Finished
) -> None:
    graph = exported(finished(), opset)
    [written] = [one.version for one in graph.opset_import if one.domain == ""]
    assert opset in (None, written)
    assert {one.key: one.value for one in graph.metadata_props}["opset"] == str(written)


@pytest.mark.parametrize("opset", [-1, 3, 99])
def test_another_opset_is_refused_with_those_there_are(opset: int, finished: Finished) -> None:
    with pytest.raises(
        RunRefused, match=f"opset {opset}: ONNX's operators are written here in versions 18 to 23"
    ):
        exported(finished(), opset)

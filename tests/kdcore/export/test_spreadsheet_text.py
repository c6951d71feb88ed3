from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from kdcore.export.spreadsheet_text import as_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("https://evil.test")', "\t=1"])
def test_no_text_is_a_formula(text: str) -> None:
    csv = as_csv(pd.DataFrame({"class": [text], text: [1]}))
    read = pd.read_csv(StringIO(csv))
    assert [*read.columns] == ["class", f"'{text}"]
    assert read["class"].tolist() == [f"'{text}"]


def test_numbers_and_other_texts_stay() -> None:
    table = pd.DataFrame({"value": [-1.5, float("nan")], "class": ["7", "a = b"], "count": [-3, 4]})
    assert as_csv(table) == table.to_csv(index=False)

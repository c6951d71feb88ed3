"""docs/faults.md, made from the faults' cards and source: `python -m scripts.fault_table --write`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import cast

from kdcore.faults.contract import Fault
from kdcore.faults.registry import faults, path_of
from kdcore.faults.source import difference, invariant

PAGE = Path(__file__).resolve().parent.parent / "docs" / "faults.md"
INTRODUCTION = """# Faults on purpose

A run can have a mistake on purpose, to see how it shows and what would have caught it. On Train the faults stand under More, fault.
From the shell:

```sh
.venv/bin/python -m kdcore faults
.venv/bin/python -m kdcore faults kl-reversed
.venv/bin/python -m kdcore distill --count 300 --epochs 20 --fault kl-reversed
```

A run with a fault is marked on every page that shows it, in exports and reports and in the shell. Nothing else uses it: no comparison,
preset or sweep, no other run that looks for a twin, a teacher, logits or networks trained beforehand, no estimate of time. In a list
sorted by results it comes last, and nothing is concluded from its figures.

## Find the fault

```sh
.venv/bin/python -m kdcore distill --count 300 --epochs 20 --fault '?7'
```

This is the riddle of seed 7: one of the faults, or none. "Find the fault" under More, fault fills in such a recipe on Train. Train then
trains it and a sound run beside it, and the page lays their curves over each other and sets their figures side by side. Change T and
the weight and train again: the riddle stays the same. Whoever names a fault, on the page or with `faults --run RUN --guess NAME`, gets
the answer, the lines that differ, and the invariant that would have caught them.

What is stored is the riddle's number. Which fault it stands for takes a secret, `riddle-secret` in the runs folder, which is made at the
first riddle and which only its owner may read: another installation's riddle of the same number is another. So the answer is in no
link, page, export, record of a run or database, and cannot be computed from the number. No promise is made against whoever may read
that file or the server's memory, against whoever trains every fault and compares, nor against two browsers of which one names
something. A riddle is trained where its secret lies: a cluster refuses it. It hides what its recipe allows; {shown} is never hidden, since its run has a curve that tells.

## What there is

{table}

A fault is one file in `kdcore/faults`, as [extending.md](extending.md#a-fault) shows. Tests measure that each shows as is said here, that
its invariant holds of the sound lines and fails of the faulty ones, and that a run with the sound lines in its place is a sound run.
In the code below, lines with `-` are the mistake and lines with `+` what should stand there. This page is made by `.venv/bin/python -m scripts.fault_table --write`.
"""


def page(of: Iterable[Fault]) -> str:
    """The whole page: how to make a fault, what a riddle promises, a table, and a section per fault."""
    ordered = sorted(of, key=lambda fault: fault.CARD.name)
    shown = ", ".join(f"`{fault.CARD.name}`" for fault in ordered if not fault.CARD.in_riddles)
    introduction = INTRODUCTION.format(table=_table(ordered), shown=shown)
    return "\n".join([introduction, *map(_section, ordered)])


def _table(of: Iterable[Fault]) -> str:
    rows = [f"| `{fault.CARD.name}` | {fault.CARD.title} | {_cell(fault.CARD.shows)} |" for fault in of]
    return "\n".join(["| name | what | how it shows |", "|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(fault: Fault) -> str:
    card = fault.CARD
    return f"""## {card.title}

{card.wrong}

```diff
{difference(fault)}
```

- Mended by `{card.mend}`.
- Caught by: {card.caught_by}
- Met: {card.met}
- In `{path_of(cast(ModuleType, fault))}`, in place of `{card.hook}`.

```python
{invariant(fault)}
```
"""


if __name__ == "__main__":
    made = page(faults().values())
    if "--write" in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
    else:
        print(made)

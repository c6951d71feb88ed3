"""Faults made on purpose: one file a fault, found by being there, to see how a mistake shows and what would have caught it.

A fault's file offers `CARD`, the sound lines and the faulty ones (`sound`, `faulty`), the `invariant` that tells them apart,
and `hooks`, which puts either into a run. Beside the faults stand `contract.py` (what a fault is and where it may act),
`registry.py` (which there are), `riddles.py` (a fault behind a seed), `badge.py` (how a run with one is marked), `source.py`
(the lines that differ), and what several share: `soft_target_loss.py` and `altered_teacher.py`.
"""

"""The ways to distil: one file a method, found by being there.

A method's file offers `CARD` (what it transfers, its formula, its sources) and `plan(experiment)` (its stages). Beside the
methods stand `registry.py` (which there are), `settings.py` (a method's own settings), `stages.py` (an experiment's
stages), `objectives.py` (objectives that several methods share) and `source.py` (a method as source code).
"""

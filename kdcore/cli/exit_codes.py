"""What the exit code of a command means; 0 is success."""

from __future__ import annotations

FAILED = 1
"""A run failed or was stopped, or a preset's claim does not hold."""
REFUSED = 2
"""Refused before any work. argparse exits with the same code for flags that it cannot parse."""
INTERRUPTED = 130
"""Ctrl-C."""

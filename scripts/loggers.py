"""Tests the logs in MLflow and in Weights & Biases against the real tools: `python -m scripts.loggers`, or `make loggers`.

They are installed into an environment of their own, `.venv-loggers`, which borrows everything else from this one: nothing of what they need
replaces what is pinned here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-loggers"
TOOLS = ("mlflow==3.17.2", "wandb==0.31.0")
TEST = "tests/kdcore/api/real_loggers.py"


def main() -> int:
    """Make the environment where it is not there, and run the test in it; returns the exit code."""
    python = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = ENVIRONMENT / "-".join(("ready", *TOOLS)).replace("==", "-")
    if not ready.exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TOOLS], check=True)
        borrowed = sysconfig.get_path("purelib")
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        own = ENVIRONMENT / ("Lib" if os.name == "nt" else f"lib/{version}") / "site-packages"
        (own / "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
        ready.touch()
    return subprocess.run([python, "-m", "pytest", "-n", "0", TEST], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

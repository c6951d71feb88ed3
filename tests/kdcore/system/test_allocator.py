import os
import platform
import subprocess
import sys

import pytest

from kdcore.system.allocator import PASSIVE_WAITING

FAULTS_OF_TEN_MAPS = """
import resource
import torch
from kdcore.system import allocator

{first}
for _ in range(10):  # the heap grows to what is needed
    torch.ones(16, 2**20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(16, 2**20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(first: str) -> int:
    code = FAULTS_OF_TEN_MAPS.format(first=first)
    return int(
        subprocess.check_output(
            [sys.executable, "-c", code], text=True, env={**os.environ, **PASSIVE_WAITING}
        )
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="Only glibc gives freed maps back at once.")
def test_maps_that_are_freed_are_not_faulted_in_again() -> None:
    assert faults("") > 1_000
    assert faults("allocator.keep_freed_memory()") < 100

"""What is freed is given back."""

import subprocess
import sys

PROGRAM = """
from pathlib import Path
from xacthuc.memory import give_back

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 / 1024

blocks = [bytes(2_000) for _ in range(20_000)]
above = blocks[-1]  # the heap does not shrink below what lives
del blocks
before = resident_mib()
give_back()
print(before - resident_mib())
"""


def test_memory_below_something_that_lives_goes_back_to_the_system() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)

    assert float(run.stdout) > 20

"""llama.cpp as a peer: llama-cpp-python in a Python environment of its own, in which `compare-llama-cpp` runs itself again."""

import common
from common import ROOT, run

LLAMA_CPP = "llama-cpp-python==0.3.36"


def environment(given):
    """Returns the Python that has llama.cpp. The first call builds it, which takes some minutes."""
    return common.environment("llama-cpp-venv", [LLAMA_CPP], given)


def run_theirs(python, command, *options):
    """Runs a command of `compare-llama-cpp` again, inside the environment, and returns what llama.cpp's side prints."""
    return run(python, ROOT / "scripts/compare-llama-cpp", command, *options)

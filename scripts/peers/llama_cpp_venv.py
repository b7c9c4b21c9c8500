"""llama.cpp as a peer: llama-cpp-python in a Python environment of its own, in which `compare-llama-cpp` runs itself again."""

import os
import subprocess
import sys
import venv

from common import ROOT, run, target

LLAMA_CPP = "llama-cpp-python==0.3.36"


def environment(given):
    """Returns the Python that has llama.cpp. The first call builds it."""
    folder = given or target() / "llama-cpp-venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    probe = subprocess.run([python, "-c", "import llama_cpp"], capture_output=True)
    if probe.returncode:
        print("building llama-cpp-python (some minutes, once)", file=sys.stderr)
        run(python, "-m", "pip", "install", "--quiet", LLAMA_CPP)
    return python


def run_theirs(python, command, *options):
    """Runs a command of `compare-llama-cpp` again, inside the environment, and returns what llama.cpp's side prints."""
    return run(python, ROOT / "scripts/compare-llama-cpp", command, *options)

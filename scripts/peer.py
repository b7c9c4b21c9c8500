"""llama.cpp as a peer to compare with: llama-cpp-python, in an environment of its own under target/."""

import os
import subprocess
import sys
import venv
from pathlib import Path

LLAMA_CPP = "llama-cpp-python==0.3.36"
ROOT = Path(__file__).resolve().parent.parent


def target():
    """Where cargo builds."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def environment(given):
    """The Python that has llama.cpp; made on the first call."""
    folder = given or target() / "llama-cpp-venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    probe = subprocess.run([python, "-c", "import llama_cpp"], capture_output=True)
    if probe.returncode:
        print("building llama-cpp-python (some minutes, once)", file=sys.stderr)
        run(python, "-m", "pip", "install", "--quiet", LLAMA_CPP)
    return python


def run(*command, cwd=None):
    """What the command prints; its failure ends the program."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout

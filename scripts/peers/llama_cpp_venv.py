"""llama.cpp as a peer: llama-cpp-python in a Python environment of its own, in which `compare` runs itself again."""

import common
from common import ROOT, run

LLAMA_CPP = "llama-cpp-python==0.3.36"
# What ggml's build is told for a processor of that level; nothing: it looks at the one here.
AVX2 = ["NATIVE=OFF", "SSE42=ON", "AVX=ON", "AVX2=ON", "BMI2=ON", "FMA=ON", "F16C=ON"]
LEVELS = {"native": [], "avx2": AVX2, "avx-vnni": [*AVX2, "AVX_VNNI=ON"]}


def environment(given, level="native"):
    """Returns the Python that has llama.cpp for that level. The first call builds it, which takes some minutes."""
    options = [f"-DGGML_{option}" for option in LEVELS[level]]
    name = "llama-cpp-venv" if level == "native" else f"llama-cpp-venv-{level}"
    # Else pip takes what it built for another level.
    built_here = ["--no-cache-dir"] if options else []
    return common.environment(name, [*built_here, LLAMA_CPP], given, {"CMAKE_ARGS": " ".join(options)})


def run_theirs(python, command, *options):
    """Runs a command of `compare` again, inside the environment, and returns what llama.cpp's side prints."""
    return run(python, ROOT / "scripts/compare", command, *options)

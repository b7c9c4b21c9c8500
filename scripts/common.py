"""What several scripts share: the root of the repository, running a command, and where cargo builds."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command, cwd=None):
    """Returns what the command prints. If the command fails, the script ends with its output."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def target():
    """Returns cargo's target folder, which a variable or a configuration file may have moved."""
    metadata = run("cargo", "metadata", "--no-deps", "--offline", "--format-version", "1", cwd=ROOT)
    return Path(json.loads(metadata)["target_directory"])

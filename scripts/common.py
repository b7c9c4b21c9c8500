"""What several scripts share: the root of the repository, running a command, and where cargo builds."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command, cwd=None, env=None):
    """Returns what the command prints. If the command fails, the script ends with its output."""
    env = env and os.environ | env
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def target():
    """Returns cargo's target folder, which a variable or a configuration file may have moved."""
    metadata = run("cargo", "metadata", "--no-deps", "--offline", "--format-version", "1", cwd=ROOT)
    return Path(json.loads(metadata)["target_directory"])


def environment(name, requirements, given=None, variables=None):
    """Returns the Python of an environment in cargo's target folder that has the requirements, or of a `given` one.

    It is made anew when they change. `variables` are for building what is built.
    """
    folder = given or target() / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if given:
        return python
    stamp, wanted = folder / "requirements.txt", "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        names = [one for one in requirements if not one.startswith("-")]
        print(f"fetching {', '.join(names[:3])} … from PyPI, once", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements, env=variables)
        stamp.write_text(wanted)
    return python

"""Say in one line each what this machine lacks to build regwire, and the cure; exit 1 if anything does.

It must run on any Python 3, however old: that is one of the things it checks.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig

PYTHON = (3, 11)
RUST = (1, 89)


def find_problems():
    """Yield one line a missing thing."""
    found = sys.version_info[:2]
    if found < PYTHON:
        yield "Python {}.{} is too old, 3.11 is the minimum: make PYTHON=python3.11 (or newer) build".format(*found)
        return
    own = "python{}.{}".format(*found)
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        yield f"Python's venv module is not complete: apt-get install {own}-venv"
    if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
        yield f"Python.h is missing: apt-get install {own}-dev"
    if not (shutil.which("cc") or os.environ.get("CC")):
        yield "no C compiler (cc): apt-get install build-essential"
    yield from find_rust_problems()


def find_rust_problems():
    """Yield what is wrong with the Rust tool chain."""
    newer = "install Rust 1.89 or newer (rustup, or a package of your distribution)"
    if not (shutil.which("cargo") and shutil.which("rustc")):
        yield "cargo and rustc are not on PATH: " + newer
        return
    text = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, universal_newlines=True, check=False).stdout  # noqa: S607
    match = re.match(r"rustc (\d+)\.(\d+)", text)
    if match is None or (int(match.group(1)), int(match.group(2))) < RUST:
        yield "{} is too old: {}".format(text.strip() or "rustc", newer)


if __name__ == "__main__":
    problems = list(find_problems())
    for problem in problems:
        print("make build: " + problem, file=sys.stderr)
    sys.exit(1 if problems else 0)

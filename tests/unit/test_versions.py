"""Both distributions have one version, and a mixture is refused with its cure."""

import subprocess
import sys
import tomllib
from pathlib import Path

import regwire_native

import regwire

ROOT = Path(__file__).parents[2]


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    workspace = tomllib.loads((ROOT / "native/Cargo.toml").read_text())["workspace"]["package"]
    assert regwire.__version__ == regwire_native.__version__ == project["version"] == workspace["version"]
    assert f"regwire-native=={regwire.__version__}" in project["dependencies"]


def test_another_native_version_is_refused_with_the_cure():
    code = "import regwire_native; regwire_native.__version__ = '9.9.9'; import regwire"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ImportError: regwire 0.1.0 needs regwire-native 0.1.0 and found 9.9.9: install both")

"""What needs an extra says which, and nothing else needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HIDING = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"scramp", "dns", "orjson", "cryptography", "structlog", "typer", "rich", "signxml"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
"""


def without_extras(code: str) -> subprocess.CompletedProcess[str]:
    """Run code where the packages of all extras are missing."""
    return subprocess.run(
        [sys.executable, "-c", HIDING + code], capture_output=True, text=True, timeout=300, check=False
    )


def test_clients_and_servers_need_no_extra() -> None:
    modules = ["regwire.trio.epp", "regwire.blocking.epp", "regwire.trio.iris", "regwire.blocking.iris"]
    done = without_extras(f"import {', '.join(modules)}, regwire.trio.beep, regwire.sasl, regwire.testing")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["regwire.sasl.scram", "regwire.trio._iris_dns"])
def test_what_needs_one_names_it(module: str) -> None:
    done = without_extras(f"import {module}")
    assert "pip install 'regwire[iris]'" in done.stderr.splitlines()[-1]


def test_the_command_names_its_extra_in_one_line() -> None:
    done = without_extras("from regwire.cli import main; main()")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("regwire: the command needs typer, which is not installed; pip install 'regwire[cli]'")

"""Records: what holds in tests must hold for users, who do without the checks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
from regwire.registry.model.objects import ContactLink, Status
from regwire.registry.model.record import CHECKED
assert CHECKED is {checked}
assert hash(Status("ok")) == hash(Status("ok")) and len({{ContactLink("tech", "c1"), ContactLink("tech", "c1")}}) == 1
"""


@pytest.mark.parametrize("checked", [True, False])
def test_records_are_hashable_checked_or_not(checked: bool) -> None:
    environment = os.environ | {"REGWIRE_FROZEN_MODEL": "1" if checked else "0"}
    subprocess.run([sys.executable, "-c", PROGRAM.format(checked=checked)], env=environment, check=True, timeout=300)

"""What every suite gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.pki import Pki


@dataclass(frozen=True)
class Context:
    """`long` asks for the full repetitions and sizes; the bounded selection keeps `make bench` under ten minutes."""

    pki: Pki
    scratch: Path
    long: bool
    say: Callable[[str], None]

    def pick(self, short: int, long: int) -> int:
        """One of two sizes."""
        return long if self.long else short

"""What class of machine and which versions a record was made with; never a name or a path."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else "not found"


def _cpu() -> dict[str, str]:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^([^\t:]+)\t*: (.*)$", text, re.MULTILINE))
    flags = set(fields.get("flags", "").split())
    wanted = [flag for flag in ("aes", "vaes", "avx2", "avx512f", "hypervisor") if flag in flags]
    return {"model": fields.get("model name", "unknown"), "features": " ".join(wanted)}


def describe() -> dict[str, str]:
    """Machine class and versions, for the head of a record."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "machine": platform.machine(),
        "cores": str(os.cpu_count()),
        "cpu": _cpu()["model"],
        "features": _cpu()["features"],
        "memory": f"{round(pages * size / 2**30)} GiB",
        "kernel": ".".join(platform.release().split(".")[:2]),
        "python": platform.python_version(),
        "rustc": _first_line("rustc", "--version").split(" (", maxsplit=1)[0],
        "go": _first_line("go", "env", "GOVERSION"),
    }


def load() -> str:
    """The load averages, to judge how quiet the machine was."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())

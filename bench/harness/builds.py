"""Release builds of the peers, and the refusal of anything else."""

from __future__ import annotations

import subprocess
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
BIN = BENCH / "target" / "release"

LOADGEN = BIN / "bench-loadgen"
RUST_SERVER = BIN / "bench-rust-server"
INSTANT_CLIENT = BIN / "bench-instant-client"
INSTANT_DECODE = BIN / "bench-instant-decode"
GO_SERVER = BIN / "bench-go-server"
ECHO_BARE = ROOT / "native" / "target" / "release" / "examples" / "echo"
THROUGHPUT = ROOT / "native" / "target" / "release" / "examples" / "throughput"


class NotRelease(Exception):
    """The build that is installed says nothing about the product."""


def require_release() -> None:
    """Refuse to measure anything but a release build, or with the collector off."""
    import gc  # noqa: PLC0415

    import regwire_native  # noqa: PLC0415

    if regwire_native.PROFILE != "release":
        raise NotRelease(f"regwire_native is a {regwire_native.PROFILE} build; `make build` installs a release build")
    if not gc.isenabled():
        raise NotRelease("the garbage collector is off")


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, timeout=900)


def build_peers() -> None:
    """Build what is measured against, by the lock files, release profile."""
    _run("cargo", "build", "--quiet", "--release", "--locked", cwd=BENCH)
    _run("go", "build", "-o", str(GO_SERVER), ".", cwd=BENCH / "peers" / "go_server")
    for crate, example in (("reactor", "echo"), ("xml", "throughput")):
        if (ROOT / "native" / "crates" / crate / "examples" / f"{example}.rs").exists():
            package = f"regwire-{crate}"
            _run(
                *("cargo", "build", "--quiet", "--release", "--locked", "-p", package, "--example", example),
                cwd=ROOT / "native",
            )

"""Documentation pages as programs: their files are written, their commands run, their output compared.

On a page, a Python or TOML block after the line `<!-- file: NAME -->` is that file. In a `console` block every line
that starts with `$ ` is a command; what follows is its output, where `…` stands for any text. A command that ends with
`&` stays in the background until the page ends; the next one waits for its first line.
"""

import os
import random
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from regwire.registry.config import WELL_KNOWN_PORTS

PORT = "10700"
KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
FENCE = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n+)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass
class Step:
    """A command and the output that the page shows for it."""

    command: str
    output: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What a page holds."""

    files: dict[str, str]
    steps: list[Step]
    loose: list[str]


def read_page(path: Path) -> Page:
    """Take a page apart."""
    page = Page({}, [], [])
    for block in FENCE.finditer(path.read_text(encoding="utf-8")):
        kind, text, name = block["kind"], block["text"], block["file"]
        if name is not None:
            page.files[name] = text
        elif kind == "console":
            page.steps.extend(read_console(text))
        elif kind == "python":
            page.loose.append(text)
    return page


def read_console(text: str) -> list[Step]:
    """Return the commands of a block; `\\` at the end of a line continues a command."""
    steps: list[Step] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines).strip()
            steps.append(Step(command))
        elif line.strip():
            steps[-1].output.append(line)
    return steps


def free_port() -> int:
    """Return a port for EPP such that those of a registry's other protocols, as far from it as ever, are free as well.

    It is below the ports that the system gives to outgoing connections, of which tests before left some in use.
    """
    for port in random.sample(range(12_000, 30_000), 100):
        if all(_is_free(kind, port - 700 + known) for known in WELL_KNOWN_PORTS.values() for kind in KINDS):
            return port
    raise OSError("no port is free")


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


PRELUDE = """\
set -uo pipefail
set -m  # each background command is a process group, killed whole: a shell function's own kill spares its child
trap 'for group in $(jobs -p); do kill -- -"$group" 2>/dev/null; done; wait 2>/dev/null' EXIT
python() { "$PYTHON" "$@"; }
regwire() {
  "$PYTHON" -m regwire.cli "$@" || return
  if [ "$1" = init ]; then
    local changes="s/^# port_offset = .*/port_offset = $OFFSET/; s/^port = 10700 /port = $((700 + OFFSET)) /"
    sed -i "$changes" "${!#}/registry.toml"
  fi
}
await_line() {
  for _ in $(seq 300); do [ -s "$1" ] && return; kill -0 "$2" 2>/dev/null || break; sleep 0.1; done
  echo "nothing from the background command:"; cat "$1" "$1.err"; exit 1
}
"""


def script(steps: list[Step]) -> str:
    """Return a shell script of the steps, each preceded by a line that tells its number."""
    lines = [PRELUDE]
    for number, step in enumerate(steps):
        lines.append(f"echo '@@@ {number}'")
        if step.command.endswith("&"):
            command = step.command[:-1].strip()
            lines.append(f"{command} > background.{number} 2> background.{number}.err &")
            lines.append(f"await_line background.{number} $!; cat background.{number}")
        else:
            lines.append(
                step.command + f'\nstatus=$?; [ $status = 0 ] || {{ echo "@@@ failed {number} $status"; exit 1; }}'
            )
    return "\n".join(lines) + "\n"


def run_page(page: Page, folder: Path) -> str:
    """Run the page in a folder; returns the problems, one a line: none when all is as the page says."""
    port = free_port()
    for name, text in page.files.items():
        (folder / name).write_text(text.replace(PORT, str(port)), encoding="utf-8")
    steps = [Step(step.command.replace(PORT, str(port)), step.output) for step in page.steps]
    environment = os.environ | {"PYTHON": sys.executable, "OFFSET": str(port - 700), "COLUMNS": "200"}
    result = subprocess.run(
        ["bash", "-c", script(steps)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return compare(steps, result.stdout, str(port)) or ("" if result.returncode == 0 else result.stdout)


def compare(steps: list[Step], printed: str, port: str) -> str:
    """Return which lines that the page shows were not printed by their commands."""
    parts = re.split(r"^@@@ (\d+)\n", printed, flags=re.MULTILINE)
    outputs = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    problems = []
    for number, step in enumerate(steps):
        actual = outputs.get(number, "").replace(port, PORT)
        lines = [" ".join(line.split()) for line in actual.splitlines()]
        for shown in step.output:
            pattern = ".*".join(re.escape(" ".join(part.split())) for part in shown.split("…"))
            if not any(re.search(rf"^\s*{pattern}\s*$", line) for line in lines):
                problems.append(f"$ {step.command}\nshould print {shown!r}, printed:\n{actual}")
    return "\n".join(problems)


def uses(page: Page, name: str) -> bool:
    """Whether a command runs the file, or another file imports it."""
    words = [word for step in page.steps for word in shlex.split(step.command.rstrip("&"))]
    module = name.removesuffix(".py")
    texts = [*page.files.values(), *(step.command for step in page.steps)]
    imported = any(re.search(rf"\b(?:import|from) {module}\b", text) for text in texts)
    return name in words or imported or not name.endswith(".py")

"""Write regwire/blocking/_epp_commands.py: the typed methods of regwire/trio/_epp_commands.py without their `await`.

python scripts/blocking_commands.py          write it (needs ruff)
python scripts/blocking_commands.py --check  exit status 1 when it is not what would be written
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src" / "regwire"
SOURCE = SRC / "trio" / "_epp_commands.py"
TARGET = SRC / "blocking" / "_epp_commands.py"
WRITTEN = "# Written by scripts/blocking_commands.py from regwire/trio/_epp_commands.py: change it there.\n"
WORDS = {
    "async def ": "def ",
    "await self._submit(": "self.send(",
    "asynchronous": "blocking",
    "AsyncCommands": "BlockingCommands",
    "import Awaitable, Iterable": "import Iterable",
}


def _without_submit(source: str) -> str:
    """The source without the method that blocking clients have no use for."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == "_submit":
            lines = source.splitlines(keepends=True)
            # With the blank line after it.
            del lines[node.lineno - 1 : (node.end_lineno or node.lineno) + 1]
            return "".join(lines)
    raise SystemExit(f"{SOURCE}: no _submit")


def blocking(source: str) -> str:
    """The blocking methods, not yet formatted."""
    text = _without_submit(source)
    for word, other in WORDS.items():
        if word not in text:
            raise SystemExit(f"{SOURCE}: {word!r} does not occur")
        text = text.replace(word, other)
    if "await" in text.lower().replace("awaitable", "await"):
        raise SystemExit(f"{SOURCE}: an await of another kind")
    docstring, rest = text.split("\n", 1)
    return f"{docstring}\n{WRITTEN}{rest}"


def same(source: str, target: str) -> bool:
    """Whether the target is what the source makes, but for its layout."""
    return WRITTEN in target and ast.dump(ast.parse(blocking(source))) == ast.dump(ast.parse(target))


def main() -> int:
    """Write, or check."""
    source = SOURCE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        if same(source, TARGET.read_text(encoding="utf-8")):
            return 0
        print(f"{TARGET.relative_to(SRC.parent)} is not what {Path(__file__).name} writes: run it")
        return 1
    TARGET.write_text(blocking(source), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(TARGET)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

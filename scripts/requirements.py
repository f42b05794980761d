"""Print what the two distributions need to build, run and be developed, without the two themselves.

The Makefile installs this once, so that a changed source costs one wheel and no resolution.
"""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def requirements() -> list[str]:
    """All build requirements, dependencies and extras, sorted, each once."""
    found: set[str] = set()
    for file in (ROOT / "pyproject.toml", ROOT / "native" / "pyproject.toml"):
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        found.update(document["build-system"]["requires"])
        found.update(document["project"].get("dependencies", []))
        for extra in document["project"].get("optional-dependencies", {}).values():
            found.update(extra)
    return sorted(line for line in found if not line.startswith("regwire"))


if __name__ == "__main__":
    print("\n".join(requirements()))

"""``python -m regwire.registry.fronts.epp.ext``: the extensions, and which of them this registry lives by."""

from __future__ import annotations

import sys

from regwire.epp import Extension
from regwire.epp.extension import discover, table
from regwire.registry.fronts.epp.ext import tables

__all__ = ["served", "text"]


def served(extension: Extension) -> str:
    """Say whether the registry announces an extension, and by which settings; found out, not listed."""
    known = tables()
    for name, namespace in known.greeting.items():
        if namespace.uri == extension.namespace.uri:
            feature = known.features.get(name)
            return f"yes, where `[policy.{feature}]` has it" if feature else "yes"
    if extension.elements and not (extension.commands or extension.responses or extension.objects):
        return "inside others"
    return "no"


def text() -> str:
    """Return the table."""
    return table(discover(), served)


if __name__ == "__main__":
    sys.stdout.write(text())

"""The labels that the demonstration registers: those of the Public Suffix List."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["psl_labels", "valid_labels"]

_LDH = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def psl_labels() -> list[str]:
    """Every distinct label of the packaged Public Suffix List that is a valid LDH or A-label, in the list's order."""
    from importlib.resources import files

    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    return valid_labels(text.splitlines())


def valid_labels(rules: Iterable[str]) -> list[str]:
    """The distinct labels of the list's rules (format: publicsuffix.org/list), U-labels turned into A-labels.

    Comments, wildcards and what IDNA2008 refuses are left out.
    """
    found: dict[str, None] = {}
    for line in rules:
        if not line.strip() or line.startswith("//"):
            continue
        for label in line.split()[0].removeprefix("!").lower().split("."):
            ascii_label = _a_label(label)
            if ascii_label is not None:
                found.setdefault(ascii_label)
    return list(found)


def _a_label(label: str) -> str | None:
    """The label as it stands in a domain name, or None when it cannot stand there."""
    import idna

    if label.isascii() and label[2:4] != "--":
        return label if _LDH.fullmatch(label) else None
    try:
        return idna.alabel(label).decode("ascii")
    except idna.IDNAError:
        return None

"""Texts of the operator's that registrars and the public are shown: what every answer can carry as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Refusal

__all__ = ["line_problem", "require_lines", "uncarried"]

#: Delete and the line breaks that Unicode has besides.
_BREAKS: Final = frozenset({0x7F, 0x85, 0x2028, 0x2029})
#: What XML 1.0 has no character for (section 2.2), not even as a reference.
_UNCARRIED: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def uncarried(text: str) -> str | None:
    """Return the first character of a text that no XML can carry, as U+001B; None without one."""
    found = _UNCARRIED.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def line_problem(text: str) -> tuple[str, str] | None:
    """Return what keeps a text from being one line of words (XML schema's token), and the cure; None if it is one."""
    if any(ord(sign) < 32 or ord(sign) in _BREAKS for sign in text):
        return "has a line break or control character", "write it in one line"
    bad = uncarried(text)
    if bad is not None:
        return f"has the character {bad}, which XML cannot carry", "leave it out"
    if text != " ".join(filter(None, text.split(" "))):
        return "has spaces at an end or together", "write single spaces between words"
    return None


def require_lines(texts: Iterable[tuple[str, str | None]]) -> None:
    """Refuse with 2005 the first of these names and texts that is not one line of words; None is no text."""
    for name, text in texts:
        problem = None if text is None else line_problem(text)
        if problem is not None:
            raise Refusal(codes.SYNTAX, f"{name} {text!r} {problem[0]}; {problem[1]}")

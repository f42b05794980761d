"""Frames as they passed: recorded with their secrets masked, and judged against the XML schemas."""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from regwire import epp
from regwire.errors import ConfigError, RegwireError, SchemaFault
from regwire.testing.rst.verdicts import Frame

__all__ = ["Judge", "Transcript", "mask"]

_SECRET = re.compile(
    rb"(?P<start><(?:[\w.-]+:)?(?P<name>pw|newPW)(?:\s[^>]*)?(?<!/)>)(?P<text>.*?)(?P<end></(?:[\w.-]+:)?(?P=name)\s*>)",
    re.DOTALL,
)
SHOWN = 20_000
"""Characters of a frame that a report shows: signed marks are large."""

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def mask(frame: bytes, secrets: tuple[str, ...] = ()) -> str:
    """Return a frame as text without its passwords, authInfo and whatever else is secret."""
    text = _SECRET.sub(rb"\g<start>***\g<end>", frame).decode("utf-8", "replace")
    for secret in secrets:
        if len(secret) >= 6:
            text = text.replace(secret, "***")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} … ({len(text)} characters)"


class Transcript:
    """The frames of a case, in order. A step begins with `mark`; `since_mark` are the frames of the present step."""

    #: At most so many frames are kept for a step: the last ones show what went wrong.
    KEPT = 8

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets
        self._started = time.perf_counter()
        self._frames: list[tuple[int, bool, float, bytes]] = []

    def mark(self) -> None:
        """Begin a step."""
        self._frames.clear()

    def add(self, session: int, payload: bytes, *, sent: bool) -> None:
        """Note a frame; masked only when it is reported."""
        self._frames.append((session, sent, time.perf_counter() - self._started, payload))

    def since_mark(self) -> tuple[Frame, ...]:
        """Return the frames of this step, the last ones if there are many."""
        return tuple(
            Frame(session, sent, round(seconds, 3), mask(payload, self._secrets))
            for session, sent, seconds, payload in self._frames[-self.KEPT :]
        )


class Judge:
    """Says what is wrong with a received frame: by our own declarations, or by the XML schemas of a folder."""

    def __init__(self, xsd: Path | None = None) -> None:
        self._schema = None if xsd is None else _schema_of(xsd)

    def fault(self, payload: bytes) -> tuple[str, str] | None:
        """Return the error code and what is wrong, or None."""
        try:
            document = etree.fromstring(payload, _PARSER)
        except etree.XMLSyntaxError as error:
            return "EPP_XML_PARSE_ERROR", str(error)
        if self._schema is not None:
            if self._schema.validate(document):
                return None
            log: Any = self._schema.error_log
            return "EPP_SCHEMA_VALIDATION_ERROR", "; ".join(dict.fromkeys(entry.message for entry in log))
        return _declared_fault(payload)


def _declared_fault(payload: bytes) -> tuple[str, str] | None:
    try:
        epp.decode(payload, role="strict")
    except SchemaFault as error:
        # A namespace that we do not know cannot be judged without its schema.
        faults = () if error.fault is None else error.fault.faults
        if faults and all(item.cls == "unknown_namespace" for item in faults):
            return None
        return "EPP_SCHEMA_VALIDATION_ERROR", str(error)
    except RegwireError as error:
        return "EPP_XML_PARSE_ERROR", str(error)
    return None


_FIRST = ("urn:ietf:params:xml:ns:eppcom-1.0", "urn:ietf:params:xml:ns:epp-1.0", "urn:ietf:params:xml:ns:host-1.0")


@cache
def _schema_of(folder: Path) -> etree.XMLSchema:
    """One schema of all the files of a folder.

    Imports without a location resolve to what was read before them: the shared ones come first.
    """
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("*.xsd")):
        try:
            namespace = etree.parse(path, _PARSER).getroot().get("targetNamespace")
        except (OSError, etree.XMLSyntaxError) as error:
            raise ConfigError(
                str(path), f"is no XML schema ({error})", "--xsd names a folder of XML schemas"
            ) from error
        if namespace is not None:
            files.setdefault(namespace, path)
    if _FIRST[1] not in files:
        raise ConfigError(str(folder), "has no schema of epp-1.0", "--xsd names a folder with EPP's schemas")
    order = sorted(
        files, key=lambda uri: (_FIRST.index(uri) if uri in _FIRST else len(_FIRST), _depth(files, uri), uri)
    )
    imports = "".join(f'<import namespace="{uri}" schemaLocation="{files[uri].as_uri()}"/>' for uri in order)
    wrapper = f'<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:all">{imports}</schema>'
    try:
        return etree.XMLSchema(etree.fromstring(wrapper))
    except etree.XMLSchemaParseError as error:
        raise ConfigError(str(folder), f"its schemas cannot be put together ({error})") from error


def _depth(files: dict[str, Path], uri: str) -> int:
    """How many imports lie below: what is imported is read before what imports it."""
    tag = "{http://www.w3.org/2001/XMLSchema}import"
    found = [item.get("namespace") for item in etree.parse(files[uri], _PARSER).iter(tag)]
    return 1 + max((_depth(files, inner) for inner in found if inner in files and inner != uri), default=0)

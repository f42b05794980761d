"""Data of the Trademark Clearinghouse: label lists, signed marks, claims notices."""

from __future__ import annotations

import base64
import binascii
import csv
import datetime as dt
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from regwire.errors import ConfigError
from regwire.schema import Raw
from regwire.testing.rst.values import Values

__all__ = ["SignedMark", "notice_id", "read_labels", "read_smd"]

_MARK = "{urn:ietf:params:xml:ns:mark-1.0}"
_SMD = "urn:ietf:params:xml:ns:signedMark-1.0"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_ENCODED = re.compile(r"-----BEGIN ENCODED SMD-----(.*?)-----END ENCODED SMD-----", re.DOTALL)


def read_labels(path: Path) -> dict[str, str]:
    """Return the lookup key of each label of a domain name label list (RFC 9361 section 6.1: version, names, rows).

    Raises:
        ConfigError: the file is no such list.

    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"tmch.dnl {path}", f"cannot be read ({error})") from error
    if len(lines) < 2 or lines[1][:2] != ["DNL", "lookup-key"]:
        raise ConfigError(
            f"tmch.dnl {path}", "is no domain name label list", "its second line names DNL and lookup-key"
        )
    return {line[0].lower(): line[1] for line in lines[2:] if len(line) >= 2}


@dataclass(frozen=True, slots=True)
class SignedMark:
    """One signed mark: its XML as it was signed, and the labels it allows."""

    xml: bytes
    labels: tuple[str, ...]

    def element(self) -> Raw:
        """<smd:encodedSignedMark>, as a create in sunrise carries it."""
        text = base64.b64encode(self.xml).decode()
        return Raw(f'<smd:encodedSignedMark xmlns:smd="{_SMD}">{text}</smd:encodedSignedMark>'.encode())

    def broken(self) -> SignedMark:
        """The same with another trademark's name: its signature does not fit any more.

        Raises:
            ConfigError: it names no mark.

        """
        found = re.search(rb"(<(?:\w+:)?markName>)", self.xml)
        if found is None:
            raise ConfigError("tmch.validSMDs", "a signed mark without markName")
        return SignedMark(self.xml[: found.end()] + b"Not " + self.xml[found.end() :], self.labels)


def read_smd(path: Path) -> SignedMark:
    """Read a signed mark file (RFC 7848): XML, base64 of it, or base64 between lines of text.

    Raises:
        ConfigError: it is neither.

    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error})") from error
    found = _ENCODED.search(data.decode("utf-8", "replace"))
    if found is not None:
        data = found[1].encode()
    try:
        xml = data if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else base64.b64decode(data)
        root = etree.fromstring(xml, _PARSER)
        if root.tag == f"{{{_SMD}}}encodedSignedMark":
            xml = base64.b64decode(root.text or "")
            root = etree.fromstring(xml, _PARSER)
    except (binascii.Error, ValueError, etree.XMLSyntaxError) as error:
        raise ConfigError(
            str(path), f"is no signed mark ({error})", "give .smd files as the clearinghouse has"
        ) from error
    labels = tuple(str(item.text).lower() for item in root.iter(f"{_MARK}label") if item.text)
    if root.tag != f"{{{_SMD}}}signedMark" or not labels:
        raise ConfigError(str(path), "is no signed mark with labels", "give .smd files as the clearinghouse has")
    return SignedMark(xml, labels)


def notice_id(label: str, not_after: dt.datetime, values: Values, *, broken: bool = False) -> str:
    """A claims notice's identifier: a checksum over label, end and number, then the number (RFC 9361 section 5.3.1).

    With `broken` the checksum is another.
    """
    number = f"{values.number(10**18, 2**63 - 1):019}"
    checksum = zlib.crc32(f"{label.lower()}{int(not_after.timestamp())}{number}".encode())
    return f"{checksum ^ broken:08x}{number}"

"""The examples of the RFCs, one by one: the valid ones decode, and encode again to the same document."""

import datetime as dt
import re

import pytest
from lxml import etree
from xml_schemas import EXAMPLES, example_rows, needs_spec, validator

from regwire import epp
from regwire.errors import SchemaFault
from regwire.schema import Duration, Raw

pytestmark = needs_spec

NAMESPACES = frozenset(epp.DEFAULT.namespaces)

UNKNOWN = ("unknown_namespace",)
INVALID = {
    "5910-14-command-domain-update-ext-secDNS.xml": UNKNOWN,
    "8334-01-response-poll-domain-info-ext-launch-infData-1301.xml": ("structure", "missing"),
    "9095-03-response-domain-check.xml": ("value",),
}
"""The classes of fault of the examples that are no valid messages; those with the placeholder namespace are UNKNOWN."""

ACCEPTED = {
    "8063-01-response-poll-keyrelay-info-1301.xml": "white space around a dateTime, which XML Schema collapses",
    "8334-12-response-domain-info-ext-launch-infData.xml": "a mark is raw",
    "8334-14-command-domain-create-ext-launch.xml": "a mark is raw",
    "8334-15-command-domain-create-ext-launch.xml": "a mark is raw",
    "8334-16-command-domain-create-ext-launch.xml": "a signed mark is raw",
    "8334-20-command-domain-create-ext-launch.xml": "a mark is raw",
}
"""What libxml2 refuses and we take (docs/reference/differences.md)."""


ROWS = [(path.name, valid) for path, valid in example_rows()]


OBJECT = re.compile("-response-(poll-)?obj-")


def _placeholder(data: bytes) -> bool:
    return b"urn:ietf:params:xml:ns:obj" in data


@pytest.mark.parametrize("file", [file for file, valid in ROWS if valid])
def test_valid(file):
    data = (EXAMPLES / "epp" / file).read_bytes()
    message = epp.decode(data)
    again = epp.encode(message)
    assert epp.decode(again) == message
    assert epp.decode(data, role="server" if "command" in file or "hello" in file else "client") == message
    validator(NAMESPACES).assertValid(etree.fromstring(again))
    assert canonical(again) == canonical(data)


@pytest.mark.parametrize("file", [file for file, valid in ROWS if not valid and file not in ACCEPTED])
def test_invalid(file):
    data = (EXAMPLES / "epp" / file).read_bytes()
    expected = UNKNOWN if _placeholder(data) else INVALID[file]
    with pytest.raises(SchemaFault) as caught:
        epp.decode(data)
    fault = caught.value.fault
    assert fault.kind == "schema"
    assert tuple(item.cls for item in fault.faults) == expected
    if "command" in file:
        assert fault.command == file.split("-command-")[1].split("-")[1].removesuffix(".xml")
        assert fault.cl_trid == re.search(rb"<clTRID>(.*?)</clTRID>", data)[1].decode()


@pytest.mark.parametrize("file", [file for file, valid in ROWS if not valid and file in ACCEPTED])
def test_accepted_beyond_libxml2(file):
    data = (EXAMPLES / "epp" / file).read_bytes()
    message = epp.decode(data)
    assert epp.decode(epp.encode(message)) == message


@pytest.mark.parametrize("file", [file for file, valid in ROWS if not valid and OBJECT.search(file)])
def test_clients_keep_what_nobody_declared(file):
    data = (EXAMPLES / "epp" / file).read_bytes()
    assert _placeholder(data)
    message = epp.decode(data, role="client")
    (item,) = message.res_data
    assert isinstance(item, Raw)
    assert b"urn:ietf:params:xml:ns:obj" in epp.encode(message)


_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$")


def canonical(data: bytes):
    """Reduce a document to what it means: no prefixes, white space, defaults, spellings of dates, digests, booleans."""
    root = etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True))
    validator(NAMESPACES).assertValid(root)
    return _reduced(root)


def _reduced(node):
    attributes = {
        name: _value(value)
        for name, value in node.attrib.items()
        if "schemaLocation" not in name and (name, value) not in _DEFAULTS
    }
    text = _value("".join(node.xpath("text()")))
    return str(node.tag), attributes, text, [_reduced(item) for item in node]


_DEFAULTS = {
    ("lang", "en"),
    ("ip", "v4"),
    ("hosts", "all"),
    ("urgent", "false"),
    ("urgent", "0"),
    ("avail", "1"),
    ("avail", "true"),
    ("standard", "0"),
    ("standard", "false"),
    ("state", "after"),
    ("type", "claims"),
    ("type", "plain"),
    ("includeMark", "false"),
    ("policy", "false"),
    ("element", "name"),
}


def _value(text: str):
    text = " ".join(text.split())
    if match := _DATE_TIME.match(text):
        whole, fraction, zone = match.groups()
        return dt.datetime.fromisoformat(whole + (fraction or "")[:7] + (zone or "Z")).astimezone(dt.UTC)
    if re.fullmatch(r"-?P[\dYMDTHS.]+", text):
        return Duration.parse(text)
    if text in {"true", "false"}:
        return "1" if text == "true" else "0"
    if re.fullmatch(r"[0-9A-Fa-f]{16,}", text):
        return text.upper()
    return text

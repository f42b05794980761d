"""The examples of the IRIS RFCs, one by one: the valid ones decode, and encode again to the same document."""

import csv

import pytest
from lxml import etree
from xml_schemas import EXAMPLES, SPEC, needs_spec

from regwire import iris
from regwire.errors import RegwireError, SchemaFault, XmlError

pytestmark = needs_spec

STATUS = "dchk1 has no assignedAndActive, which is dreg1's; the .fixed file has active"
XSI = "the prefix xsi is not declared; the .fixed file declares it"
SPACE = "white space around a dateTime, which XML Schema collapses"
INVALID = {
    "4992-01-b-request-lookup-dchk1-domain-name.xml": XSI,
    "4992-01-c-response-dchk1-domain.xml": STATUS,
    "4992-01-e-response-dchk1-domain-x3.xml": STATUS,
    "4992-02-c-response-dchk1-domain-x3.xml": STATUS,
    "4992-03-b-request-lookup-dchk1-domain-name.xml": XSI,
    "4992-03-d-response-dchk1-domain.xml": STATUS,
    "4993-02-b-response-dchk1-domain.xml": STATUS,
    "4993-03-b-responseSize.xml": "<responseSize> for <size><response>; the .fixed file has these",
}
"""The examples that are no valid documents, and why not."""
ACCEPTED = {"4698-04-response-areg1-ipv4Network.xml": SPACE}
"""What libxml2 refuses though it is valid."""


def _rows():
    if not EXAMPLES.is_dir():
        return []
    with (EXAMPLES / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(r["file"].removeprefix("iris/"), r) for r in rows if r["file"].startswith("iris/")]


DOCUMENTS = [(name, row["schema-valid"] == "yes") for name, row in _rows() if name.endswith(".xml")]


def _schema():
    return etree.XMLSchema(etree.parse(SPEC / "xsd-iris" / "iris-all.fixed.wrapper.xsd"))


def _canonical(document):
    """Give a document without layout, prefixes, or attributes that only say what is so anyway."""
    parser = etree.XMLParser(remove_comments=True, remove_blank_text=True)
    root = etree.fromstring(document, parser)
    for element in root.iter():
        scope = dict(element.nsmap)
        for name, value in list(element.attrib.items()):
            if name.endswith("}schemaLocation") or (name == "temporaryReference" and value in {"false", "0"}):
                del element.attrib[name]
            elif name.endswith("}referentType") and value != "ANY":
                prefix, _, local = value.rpartition(":")
                element.set(name, f"{{{scope.get(prefix or None, '')}}}{local}")
            elif value in {"true", "false"}:
                element.set(name, "1" if value == "true" else "0")
            else:
                element.set(name, " ".join(value.split()))
        if element.text:
            element.text = " ".join(element.text.split()).replace("-00:00", "Z")
        element.tail = None
    for status in root.iter("{*}status"):
        status[:] = sorted(status, key=lambda child: str(child.tag))
    etree.cleanup_namespaces(root)
    return [
        (element.tag, element.text or None, sorted(element.attrib.items()))
        for element in root.iter()
        if isinstance(element.tag, str)
    ]


def test_all_are_known():
    assert {name for name, valid in DOCUMENTS if not valid} == {*INVALID, *ACCEPTED}


@pytest.mark.parametrize("name", [name for name, valid in DOCUMENTS if valid or name in ACCEPTED])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_valid(name, encoding):
    document = (EXAMPLES / "iris" / name).read_bytes()
    root = etree.fromstring(document)
    sent = etree.tostring(root.getroottree(), encoding=encoding, xml_declaration=True)
    message = iris.decode(sent, schema=iris.FRAGMENTS)
    assert message == iris.decode(document, schema=iris.FRAGMENTS)
    again = iris.encode(message, schema=iris.FRAGMENTS)
    assert iris.decode(again, schema=iris.FRAGMENTS) == message
    for role in ("server", "client"):
        assert iris.decode(document, schema=iris.FRAGMENTS, role=role) == message
    _schema().assertValid(etree.fromstring(again))
    assert _canonical(again) == _canonical(document)


@pytest.mark.parametrize("name", INVALID)
def test_invalid(name):
    document = (EXAMPLES / "iris" / name).read_bytes()
    expected = XmlError if INVALID[name] == XSI else SchemaFault
    for role in ("strict", "server"):
        with pytest.raises(expected):
            iris.decode(document, role=role)


@pytest.mark.parametrize("name", [name for name, valid in DOCUMENTS if valid])
def test_fragments_are_no_documents(name):
    """A result alone is valid by the schema, but nothing that a transport may carry."""
    document = (EXAMPLES / "iris" / name).read_bytes()
    tag = etree.QName(etree.fromstring(document)).localname
    documents = {cls.__tag__ for cls in iris.DEFAULT.roots}
    try:
        iris.decode(document)
    except RegwireError:
        assert tag not in documents
    else:
        assert tag in documents

"""The declared messages are the XML schemas: the same sequences of children, attributes, defaults and facets."""

import re
from pathlib import Path

import pytest
from type_models import declared_type, differences, distinguish, global_elements, schema_element
from xml_schemas import needs_spec, schema_files

from regwire.epp import DEFAULT, EXTENSIONS, OBJECTS, Extension, Login, extension
from regwire.epp.ext import login_sec, rgp, secdns
from regwire.epp.messages import common, contact, domain
from regwire.registry.fronts.epp.ext.__main__ import served
from regwire.schema import Element, Namespace
from regwire.schema._message import fields_of

ALL = (*DEFAULT.roots, *DEFAULT.elements)

DELIBERATE = {
    "epp:epp/response/result/@code": "of codes that the schema does not have, clients keep those of four digits",
    "launch:create": "the two forms of a signed mark are one raw field",
    "launch:create/codeMark": "a mark is any element of its namespace, kept raw",
    "launch:infData": "a mark is any element of its namespace, kept raw",
    "ttl:create/ttl": "the union of nothing and a number is a type of text",
    "ttl:infData/ttl": "the union of nothing and a number is a type of text",
    "smd:signedMark": "the signature is kept raw, as verifying it needs",
    "verificationCode:signedCode": "the signature is kept raw, as verifying it needs",
    "cdn:infData": "children in any order: declared in the order of the schema; clients take any order",
    "core-idn:check/lang": "the union of nothing and a language is a pattern",
    "core-idn:check/script": "the union of nothing and a script is a pattern",
    "sync:update/expMonthDay": "gMonthDay is text with a pattern",
}
"""Where a declaration differs on purpose (docs/reference/differences.md)."""


@needs_spec
def test_every_declaration_equals_its_xml_schema():
    seen: set[tuple[str, str]] = set()
    found = {}
    for cls in ALL:
        header = cls.__regwire__
        path = f"{header.ns.prefix or 'epp'}:{header.tag}"
        for difference in differences(schema_element(header.ns.uri, header.tag), declared_type(cls), path, seen):
            found[difference.split(": ")[0].split(" is ")[0]] = difference
    assert found.keys() == DELIBERATE.keys(), "\n".join(found.values())


@needs_spec
def test_every_global_element_is_declared():
    declared = {(cls.__regwire__.ns.uri, cls.__regwire__.tag) for cls in ALL}
    namespaces = {uri for uri, _ in declared}
    wanted = {(uri, tag) for uri in namespaces for tag in global_elements(uri)}
    assert declared == wanted


@needs_spec
def test_every_namespace_with_elements_has_a_schema():
    assert {cls.__regwire__.ns.uri for cls in ALL} <= schema_files().keys()


def test_the_comparison_sees_a_drift():
    pair = ("seq", (("symbol", ("element", "u", "a")), ("symbol", ("element", "u", "b"))))
    swapped = ("seq", (("symbol", ("element", "u", "b")), ("symbol", ("element", "u", "a"))))
    once = ("repeat", ("symbol", ("element", "u", "a")), 0, 1)
    twice = ("repeat", ("symbol", ("element", "u", "a")), 0, 2)
    nested = ("repeat", ("seq", (("symbol", ("element", "u", "a")), once)), 0, 1)
    assert distinguish(pair, pair) is None
    assert distinguish(pair, swapped) == ["a", "b"]
    assert distinguish(once, twice) == ["a", "a"]
    assert distinguish(twice, nested) is None


def test_passwords_are_secret():
    secret = {
        f"{cls.__name__}.{info.name}"
        for cls in (Login, common.AuthPw, login_sec.LoginSec)
        for info in fields_of(cls)
        if info.secret
    }
    assert secret == {"Login.pw", "Login.new_pw", "AuthPw.value", "LoginSec.pw", "LoginSec.new_pw"}
    for cls in (domain.DomainAuthInfo, domain.DomainAuthInfoChange, contact.ContactAuthInfo):
        assert fields_of(cls)[0].classes == (common.AuthPw,)


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_docstrings_name_the_element_and_the_section(cls):
    header = cls.__regwire__
    assert cls.__doc__ is not None
    assert re.match(rf"<([\w-]+:)?{header.tag}>", cls.__doc__), cls.__doc__
    (record,) = [record for record in EXTENSIONS if record.namespace == header.ns] or (None,)
    document = r"RFC \d{4}" if record is None or record.reference.startswith("RFC") else re.escape(record.reference)
    if header.ns.uri != "urn:ietf:params:xml:ns:idn-1.0":
        assert re.search(rf"\({document}", cls.__doc__), cls.__doc__


def test_extensions_of_the_issue_are_found():
    found = {record.namespace.uri for record in EXTENSIONS}
    assert found >= {
        "urn:ietf:params:xml:ns:rgp-1.0",
        "urn:ietf:params:xml:ns:secDNS-1.1",
        "urn:ietf:params:xml:ns:epp:loginSec-1.0",
        "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0",
        "urn:ietf:params:xml:ns:epp:secure-authinfo-transfer-1.0",
    }


@pytest.mark.parametrize("record", EXTENSIONS, ids=lambda record: record.namespace.prefix)
def test_extension_records_are_whole(record):
    elements = record.all_elements()
    assert record.title
    assert record.reference
    assert len(set(elements)) == len(elements)
    assert all(cls.__regwire__.ns == record.namespace for cls in elements)
    assert set(elements) <= set(DEFAULT.elements)
    for targets in (*record.commands.values(), *record.responses.values()):
        assert targets
        assert all(issubclass(target, Element) for target in targets)


def test_object_mappings_are_announced_before_extensions():
    assert [namespace.prefix for namespace in OBJECTS[:3]] == ["domain", "host", "contact"]
    assert {namespace.prefix for namespace in OBJECTS[3:6]} == {"org", "keyrelay", "maint"}
    assert {namespace.prefix for namespace in OBJECTS[6:]} == {
        *(
            "balance",
            "defReg",
            "emailFwd",
            "finance",
            "lowbalance-poll",
            "nameWatch",
            "core-promotion-info",
            "registry",
            "rgp-poll",
        ),
        *("suggestion", "tango-promotion-info", "whowas"),
    }


class _Point:
    def __init__(self, name, found):
        self.name = name
        self.value = f"{name}:EXTENSION"
        self._found = found

    def load(self):
        return self._found


def _install(monkeypatch, *points):
    monkeypatch.setattr(
        extension.metadata, "entry_points", lambda group: points if group == extension.ENTRY_POINTS else ()
    )


def test_an_installed_extension_is_found(monkeypatch):
    mine = Extension(Namespace("urn:example:mine", prefix="mine"), title="Mine")
    _install(monkeypatch, _Point("mine", mine))
    assert extension.discover()[-1] is mine


def test_an_installed_extension_replaces_ours_of_that_namespace(monkeypatch):
    mine = Extension(rgp.NAMESPACE, title="Mine")
    _install(monkeypatch, _Point("mine", mine))
    found = extension.discover()
    assert mine in found
    assert rgp.EXTENSION not in found
    assert secdns.EXTENSION in found


def test_two_installed_extensions_of_one_namespace_are_refused(monkeypatch):
    mine = Extension(rgp.NAMESPACE, title="Mine")
    _install(monkeypatch, _Point("one", mine), _Point("two", mine))
    with pytest.raises(ValueError, match=r"one:EXTENSION and two:EXTENSION both declare .*rgp"):
        extension.discover()


def test_an_entry_point_without_a_record_is_refused(monkeypatch):
    _install(monkeypatch, _Point("odd", object()))
    with pytest.raises(TypeError, match="entry point odd:EXTENSION has no EXTENSION"):
        extension.discover()


REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "extensions.md"


def test_the_page_of_extensions_is_current():
    ours = [record for record in EXTENSIONS if record in extension.discover()]
    text = REFERENCE.read_text(encoding="utf-8")
    assert text.endswith(extension.table(ours, served)), "write it anew: python -m regwire.registry.fronts.epp.ext"


def test_the_page_says_what_the_registry_lives_by():
    said = {record.namespace.prefix: served(record) for record in EXTENSIONS}
    assert {said[prefix] for prefix in ("rgp", "secDNS", "changePoll", "maint", "unhandled")} == {"yes"}
    assert said["fee"] == "yes, where `[policy.fee]` has it"
    assert said["mark"] == "inside others"
    assert said["e164"] == "yes, where `[policy.enum]` has it"
    assert said["e164val"] == "yes, where `[policy.enum_validation]` has it"
    assert said["valex"] == "inside others"
    assert said["b-dn"] == "no"

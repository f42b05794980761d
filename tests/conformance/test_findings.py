"""What fuzzing and the comparison with the XML schemas found, each by name."""

from __future__ import annotations

import pytest

from regwire import epp
from regwire.errors import SchemaFault, XmlError

EPP = "urn:ietf:params:xml:ns:epp-1.0"
SECDNS = "urn:ietf:params:xml:ns:secDNS-1.1"


def command(inside: str, attributes: str = "") -> bytes:
    return f"<epp xmlns='{EPP}'{attributes}><command>{inside}</command></epp>".encode()


def response(data: str, attributes: str = "") -> bytes:
    return (
        f"<epp xmlns='{EPP}'{attributes}><response><result code='1000'><msg>a</msg></result><resData>{data}</resData>"
        "<trID><svTRID>abc</svTRID></trID></response></epp>"
    ).encode()


@pytest.mark.parametrize("space", [" ", "\n\t", "&#32;", "<![CDATA[ ]]>"])
def test_white_space_in_empty_content_is_no_content_of_the_schema(space):
    frame = command(f"<poll op='req'>{space}</poll>")
    with pytest.raises(SchemaFault) as caught:
        epp.decode(frame)
    assert caught.value.fault.faults[0].rule == "text"
    assert epp.decode(frame, role="server") == epp.decode(command("<poll op='req'/>"))
    assert epp.decode(frame, role="client") == epp.decode(command("<poll op='req'><!-- nothing --></poll>"))


@pytest.mark.parametrize("uri", ["http://[", "a]b", "//a@b@c", "//a:b", "//[x]/", "//a:"])
def test_uris_have_brackets_ports_and_userinfo_in_their_places(uri):
    login = "<login><clID>abc</clID><pw>abcdef</pw><options><version>1.0</version><lang>en</lang></options>"
    frame = command(f"{login}<svcs><objURI>{uri}</objURI></svcs></login>")
    with pytest.raises(SchemaFault) as caught:
        epp.decode(frame)
    assert caught.value.fault.faults[0].rule == "datatype"


@pytest.mark.parametrize("uri", ["urn:x y", "\u00e9", "http://[", "a|b"])
def test_namespace_names_that_no_other_parser_takes_are_refused(uri):
    with pytest.raises(XmlError, match="a namespace name that is no URI"):
        epp.decode(response(f"<a xmlns='{uri}'/>"), role="client")


def test_raw_elements_carry_the_declarations_that_they_use_and_no_others():
    declarations = "".join(f" xmlns:p{n}='urn:{'x' * 200}{n}'" for n in range(30))
    message = epp.decode(
        response("<p7:a b='p3:c'/><p1:d xmlns:p1='urn:own'>10:30</p1:d>" * 500, declarations), role="client"
    )
    first, second = (raw.xml for raw in message.res_data[:2])
    assert first.count(b"xmlns") == 2
    assert b"xmlns:p3=" in first
    assert b"xmlns:p7=" in first
    assert second == b"<p1:d xmlns:p1='urn:own'>10:30</p1:d>"


def test_colons_in_text_do_not_pull_in_the_default_namespace():
    message = epp.decode(response("<q:a xmlns:q='urn:q'>:x ::</q:a>"), role="client")
    assert message.res_data[0].xml == b"<q:a xmlns:q='urn:q'>:x ::</q:a>"


@pytest.mark.parametrize(
    ("character", "taken"), [("\ud7ff", False), ("\ue000", False), ("\u2e40", False), ("\u0250", True)]
)
def test_word_characters_are_those_of_the_current_unicode(character, taken):
    host = (
        f"<h:infData xmlns:h='urn:ietf:params:xml:ns:host-1.0'><h:name>a</h:name><h:roid>A{character}-B</h:roid>"
        "<h:status s='ok'/><h:clID>abc</h:clID><h:crID>abc</h:crID>"
        "<h:crDate>2026-01-01T00:00:00Z</h:crDate></h:infData>"
    )
    if taken:
        assert epp.decode(response(host)).res_data[0].roid == f"A{character}-B"
        return
    with pytest.raises(SchemaFault) as caught:
        epp.decode(response(host))
    assert caught.value.fault.faults[0].rule == "pattern"


@pytest.mark.parametrize("text", ["2005-04-03", "AAAA:", "AA==\u00a0", "A_A="])
def test_base64_has_no_characters_of_another_alphabet(text):
    key = f"<s:flags>257</s:flags><s:protocol>3</s:protocol><s:alg>8</s:alg><s:pubKey>{text}</s:pubKey>"
    frame = response("").replace(
        b"<resData></resData>",
        f"<extension><s:infData xmlns:s='{SECDNS}'><s:keyData>{key}</s:keyData></s:infData></extension>".encode(),
    )
    with pytest.raises(SchemaFault) as caught:
        epp.decode(frame)
    assert caught.value.fault.faults[0].rule == "datatype"


@pytest.mark.parametrize("role", ["strict", "server"])
def test_an_extension_before_the_command_is_out_of_order_and_no_other_command_is_missed(role):
    rgp = "<r:update xmlns:r='urn:ietf:params:xml:ns:rgp-1.0'><r:restore op='request'/></r:update>"
    update = "<update><d:update xmlns:d='urn:ietf:params:xml:ns:domain-1.0'><d:name>a</d:name></d:update></update>"
    with pytest.raises(SchemaFault) as caught:
        epp.decode(command(f"<extension>{rgp}</extension>{update}"), role=role)
    fault = caught.value.fault
    assert [(item.path, item.rule) for item in fault.faults] == [("/epp/command/update", "order")]
    assert fault.command == "update"

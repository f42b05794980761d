"""What peers really send: each case of the interoperability list that decoding and encoding decide, by name."""

import datetime as dt

import pytest
from lxml import etree

from regwire import epp
from regwire.epp import (
    Address,
    AuthPw,
    Check,
    Command,
    ContactAuthInfo,
    ContactCreate,
    DomainAuthInfo,
    DomainCheck,
    DomainCheckData,
    DomainInfo,
    DomainInfoData,
    DomainStatus,
    ExtValue,
    Hello,
    Info,
    Login,
    Logout,
    Msg,
    PostalInfo,
    Response,
    TrId,
    Value,
)
from regwire.errors import EncodeError, SchemaFault, XmlError
from regwire.schema import Raw

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
CONTACT = "urn:ietf:params:xml:ns:contact-1.0"
HOST = "urn:ietf:params:xml:ns:host-1.0"
RGP = "urn:ietf:params:xml:ns:rgp-1.0"

ROLES = ["strict", "server"]


def document(inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<epp xmlns="{EPP}">{inner}</epp>'.encode()


def command(inner: str, tail: str = "<clTRID>ABC-1</clTRID>") -> bytes:
    return document(f"<command>{inner}{tail}</command>")


def check(name: str = "a.example", tail: str = "<clTRID>ABC-1</clTRID>") -> bytes:
    return command(f'<check><d:check xmlns:d="{DOMAIN}"><d:name>{name}</d:name></d:check></check>', tail)


def response(inner: str = "", extension: str = "", result: str = "<msg>ok</msg>", code: int = 1000) -> bytes:
    data = f"<resData>{inner}</resData>" if inner else ""
    data += f"<extension>{extension}</extension>" if extension else ""
    return document(
        f'<response><result code="{code}">{result}</result>{data}<trID><svTRID>SV-1</svTRID></trID></response>'
    )


EXPECTED = Command(Check(DomainCheck(("a.example",))), (), "ABC-1")


def faults(frame: bytes, role: str = "server"):
    with pytest.raises(SchemaFault) as caught:
        epp.decode(frame, role=role)
    return caught.value.fault


def first(frame: bytes, role: str = "server") -> tuple[str, str]:
    item = faults(frame, role).faults[0]
    return item.cls, item.rule


# --- accepted ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_utf8_byte_order_mark(role):
    assert epp.decode(b"\xef\xbb\xbf" + check(), role=role) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("role", ROLES)
def test_utf16_with_byte_order_mark(encoding, role):
    text = "\ufeff" + check().decode().replace("UTF-8", "UTF-16")
    assert epp.decode(text.encode(encoding), role=role) == EXPECTED


def test_utf16_beyond_the_basic_plane():
    text = "\ufeff" + check("a\U0001f600.example").decode().replace("UTF-8", "UTF-16")
    assert epp.decode(text.encode("utf-16-le")).op.object.names == ("a\U0001f600.example",)


def test_answers_are_utf8():
    assert epp.encode(EXPECTED).decode("utf-8").startswith('<?xml version="1.0" encoding="UTF-8"')


def test_no_xml_declaration():
    assert epp.decode(check().split(b"\n", 1)[1]) == EXPECTED


def test_us_ascii_with_character_references():
    frame = check("&#252;.example").replace(b"UTF-8", b"US-ASCII")
    assert epp.decode(frame).op.object.names == ("\xfc.example",)


def test_standalone_no():
    assert epp.decode(check().replace(b'UTF-8"?', b'UTF-8" standalone="no"?')) == EXPECTED


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"  \n\n"])
def test_white_space_at_the_end_of_the_frame(ending):
    assert epp.decode(check() + ending) == EXPECTED


def test_any_prefix_at_any_level():
    frame = (
        f'<x:epp xmlns:x="{EPP}"><x:command><y:check xmlns:y="{EPP}">'
        f'<check xmlns="{DOMAIN}"><z:name xmlns:z="{DOMAIN}">'
        "a.example</z:name></check></y:check><x:clTRID>ABC-1</x:clTRID></x:command></x:epp>"
    )
    assert epp.decode(frame.encode()) == EXPECTED


def test_default_namespace_redefined_at_each_level():
    frame = (
        f'<epp xmlns="{EPP}"><command xmlns="{EPP}"><check>'
        f'<check xmlns="{DOMAIN}"><name>a.example</name></check></check>'
        f'<clTRID xmlns="{EPP}">ABC-1</clTRID></command></epp>'
    )
    assert epp.decode(frame.encode()) == EXPECTED


def test_same_prefix_rebound():
    frame = (
        f'<p:epp xmlns:p="{EPP}"><p:command><p:check><p:check xmlns:p="{DOMAIN}"><p:name>a.example</p:name></p:check>'
        "</p:check><p:clTRID>ABC-1</p:clTRID></p:command></p:epp>"
    )
    assert epp.decode(frame.encode()) == EXPECTED


@pytest.mark.parametrize("role", ROLES)
def test_schema_location_is_ignored(role):
    location = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation'
    frame = check().replace(b"<epp ", f'<epp {location}="{EPP} http://127.0.0.1:1/epp.xsd" '.encode())
    frame = frame.replace(b"<d:check ", f'<d:check {location}="{DOMAIN} nowhere.xsd" '.encode())
    assert epp.decode(frame, role=role) == EXPECTED


@pytest.mark.parametrize(
    "name",
    [
        "<![CDATA[a.example]]>",
        "a<!-- c -->.example",
        "a.<![CDATA[exam]]>ple",
        "&#97;.example",
        "&#x61;.ex<?pi?>ample",
        "a<![CDATA[]]>.example",
    ],
)
def test_text_in_pieces_is_joined(name):
    assert epp.decode(check(name)) == EXPECTED


def test_entities_of_xml_in_text_and_attributes():
    frame = command(
        f'<create><c:create xmlns:c="{CONTACT}"><c:id>sh8013</c:id>'
        '<c:postalInfo type="int"><c:name>A &amp; B &lt;&gt;</c:name>'
        "<c:addr><c:city>&quot;X&apos;</c:city><c:cc>DE</c:cc></c:addr></c:postalInfo>"
        '<c:voice x="&amp;1">+49.1</c:voice><c:email>a@b</c:email>'
        "<c:authInfo><c:pw>x</c:pw></c:authInfo></c:create></create>"
    )
    contact = epp.decode(frame).op.object
    assert contact.postal_infos[0].name == "A & B <>"
    assert contact.postal_infos[0].addr.city == "\"X'"
    assert contact.voice.x == "&1"
    assert epp.decode(epp.encode(epp.decode(frame))) == epp.decode(frame)


@pytest.mark.parametrize("space", [" ", "\n  ", "\t", "\r\n"])
def test_tokens_are_collapsed_before_facets(space):
    login = (
        f"<login><clID>{space}ClientX{space}</clID><pw>{space}foo-BAR2 {space} x{space}</pw><options>"
        f"<version>{space}1.0</version><lang>en{space}</lang></options><svcs><objURI>{space}{DOMAIN}</objURI></svcs></login>"
    )
    message = epp.decode(command(login, f"<clTRID>{space}ABC-1{space}</clTRID>"), role="server")
    assert message.op == Login("ClientX", "foo-BAR2 x", options=epp.Options("1.0", "en"), svcs=epp.Services((DOMAIN,)))
    assert message.cl_trid == "ABC-1"
    assert epp.decode(check(f"{space}a.example{space}")) == EXPECTED
    status = epp.decode(
        command(
            f'<update><d:update xmlns:d="{DOMAIN}"><d:name>a.example</d:name>'
            f'<d:add><d:status s="{space}clientHold{space}"/>'
            "</d:add></d:update></update>"
        )
    )
    assert status.op.object.add.statuses == (DomainStatus("clientHold"),)


@pytest.mark.parametrize("name", ["a" * 255, " " * 300 + "a" * 255 + "\n"])
def test_length_is_counted_after_collapsing(name):
    assert epp.decode(check(name)).op.object.names == ("a" * 255,)


@pytest.mark.parametrize(
    ("text", "value"), [("0", False), ("1", True), ("true", True), ("false", False), (" 1 ", True)]
)
def test_booleans(text, value):
    item = f'<d:chkData xmlns:d="{DOMAIN}"><d:cd><d:name avail="{text}">a.example</d:name></d:cd></d:chkData>'
    (data,) = epp.decode(response(item), role="client").res_data
    assert data.items[0].name.avail is value


DATES = [
    ("2024-02-29T23:59:59Z", dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC)),
    ("2024-02-29T23:59:59.1Z", dt.datetime(2024, 2, 29, 23, 59, 59, 100000, tzinfo=dt.UTC)),
    ("2024-02-29T23:59:59.123456789Z", dt.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=dt.UTC)),
    ("2024-02-29T23:59:59", dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC)),
    ("2024-02-29T23:59:59.000+02:00", dt.datetime(2024, 2, 29, 21, 59, 59, tzinfo=dt.UTC)),
    ("2024-02-29T23:30:00-01:00", dt.datetime(2024, 3, 1, 0, 30, tzinfo=dt.UTC)),
    ("2024-02-29T24:00:00Z", dt.datetime(2024, 3, 1, tzinfo=dt.UTC)),
    (" 2024-02-29T23:59:59Z\n", dt.datetime(2024, 2, 29, 23, 59, 59, tzinfo=dt.UTC)),
]


@pytest.mark.parametrize(("text", "value"), DATES)
def test_dates(text, value):
    item = f'<d:creData xmlns:d="{DOMAIN}"><d:name>a.example</d:name><d:crDate>{text}</d:crDate></d:creData>'
    (data,) = epp.decode(response(item), role="client").res_data
    assert data.cr_date == value
    assert data.cr_date.tzinfo is dt.UTC


@pytest.mark.parametrize(
    "text",
    ["2023-02-29T00:00:00Z", "2024-01-01", "2024-01-01T00:00Z", "2024-01-01T00:00:00+15:00", "2024-1-1T00:00:00Z"],
)
def test_dates_that_are_none(text):
    item = f'<d:creData xmlns:d="{DOMAIN}"><d:name>a.example</d:name><d:crDate>{text}</d:crDate></d:creData>'
    assert first(response(item), "client") == ("value", "datatype")


@pytest.mark.parametrize("text", ["2025-01-01", "2025-01-01Z", "2025-01-01+02:00"])
def test_current_expiry_with_a_zone(text):
    inner = f"<d:name>a.example</d:name><d:curExpDate>{text}</d:curExpDate>"
    renew = f'<renew><d:renew xmlns:d="{DOMAIN}">{inner}</d:renew></renew>'
    assert epp.decode(command(renew), role="server").op.object.cur_exp_date == dt.date(2025, 1, 1)


def test_command_without_transaction_identifier():
    assert epp.decode(check(tail=""), role="server") == Command(Check(DomainCheck(("a.example",))))


def test_objects_of_a_login_in_any_order():
    uris = (HOST, CONTACT, DOMAIN)
    login = "<login><clID>ClientX</clID><pw>foo-BAR2</pw><options><version>1.0</version><lang>en</lang></options><svcs>"
    login += "".join(f"<objURI>{uri}</objURI>" for uri in uris) + "</svcs></login>"
    assert epp.decode(command(login), role="server").op.svcs.obj_uri == uris


@pytest.mark.parametrize("hosts", ["all", "none", "del", "sub"])
def test_hosts_of_an_info(hosts):
    info = f'<info><d:info xmlns:d="{DOMAIN}"><d:name hosts="{hosts}">a.example</d:name></d:info></info>'
    message = epp.decode(command(info), role="server")
    assert message.op == Info(DomainInfo(epp.DomainInfoName("a.example", hosts)))
    assert (b"hosts=" in epp.encode(message)) is (hosts != "all")


def test_hello_and_logout():
    assert epp.decode(document("<hello/>")) == Hello()
    assert epp.decode(document("<hello></hello>"), role="server") == Hello()
    assert epp.decode(command("<logout/>"), role="server").op == Logout()


# --- refused ----------------------------------------------------------------------------------------------------------

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(check().replace(b"<epp", b"<!DOCTYPE epp><epp"), id="doctype"),
        pytest.param(check().replace(b"<epp", b'<!DOCTYPE epp [<!ENTITY a "b">]><epp'), id="internal subset"),
        pytest.param(check("&a;.example"), id="undeclared entity"),
        pytest.param(check().replace(b"UTF-8", b"KOI8-R"), id="unknown encoding"),
        pytest.param(b" " + check(), id="white space before the declaration"),
        pytest.param(check() + b"\0", id="NUL at the end"),
        pytest.param(check("a\0.example"), id="NUL inside"),
        pytest.param(check() + b"x", id="text after the root"),
        pytest.param(check() + check().split(b"\n", 1)[1], id="two documents"),
        pytest.param(check()[:-1], id="cut"),
        pytest.param(check("a\xff.example").replace(b"\xc3\xbf", b"\xff"), id="not UTF-8"),
        pytest.param(b"", id="nothing"),
    ],
)
@pytest.mark.parametrize("role", [*ROLES, "client"])
def test_not_well_formed(frame, role):
    with pytest.raises(XmlError):
        epp.decode(frame, role=role)
    fault = epp.DEFAULT.decode_or_fault(frame, role)
    assert fault.kind == "syntax"


@pytest.mark.parametrize("role", ROLES)
def test_two_commands(role):
    one = f'<check><d:check xmlns:d="{DOMAIN}"><d:name>a.example</d:name></d:check></check>'
    assert first(command(one + one), role)[0] == "structure"
    assert first(document(f"<command>{one}</command><command>{one}</command>"), role)[0] == "structure"


@pytest.mark.parametrize("role", ROLES)
def test_empty_extension(role):
    frame = check(tail="<extension/><clTRID>ABC-1</clTRID>")
    fault = faults(frame, role)
    assert fault.faults[0].cls == "missing"
    assert fault.cl_trid == "ABC-1"


@pytest.mark.parametrize("role", ROLES)
def test_identifier_before_extension(role):
    update = f'<rgp:update xmlns:rgp="{RGP}"><rgp:restore op="request"/></rgp:update>'
    assert first(check(tail=f"<clTRID>ABC-1</clTRID><extension>{update}</extension>"), role) == ("structure", "order")


@pytest.mark.parametrize("inner", ["x", "<a/>", f'<d:a xmlns:d="{DOMAIN}"/>'])
def test_logout_and_hello_with_content(inner):
    assert first(command(f"<logout>{inner}</logout>"))[0] == "structure"
    assert first(document(f"<hello>{inner}</hello>"))[0] == "structure"
    # The schemas leave both without a type, so anything is valid in them.
    assert epp.decode(command(f"<logout>{inner}</logout>"), role="strict").op == Logout()
    assert epp.decode(document(f"<hello>{inner}</hello>"), role="strict") == Hello()


def test_faults_name_what_could_be_read():
    create = f'<create><d:create xmlns:d="{DOMAIN}"><d:name>a.example</d:name></d:create></create>'
    fault = faults(command(create))
    assert (fault.command, fault.object_ns, fault.object_tag, fault.cl_trid) == ("create", DOMAIN, "create", "ABC-1")
    assert fault.root == (EPP, "epp")
    item = fault.faults[0]
    assert (item.cls, item.rule) == ("missing", "required")
    assert item.path.endswith("create") or "authInfo" in item.path


@pytest.mark.parametrize("cl_trid", ["ab", "x" * 65, ""])
def test_an_invalid_identifier_is_not_echoed(cl_trid):
    fault = faults(check(tail=f"<clTRID>{cl_trid}</clTRID>"))
    assert fault.cl_trid is None
    assert fault.faults[0].cls == "value"


def test_identifier_is_read_after_a_fault():
    fault = faults(check("", "<clTRID> ABC-1\n</clTRID>"))
    assert fault.faults[0].cls == "value"
    assert fault.cl_trid == "ABC-1"


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("w", "1", ("range", "enumeration")),
        ("y", "0", ("range", "min")),
        ("y", "100", ("range", "max")),
        ("y", "one", ("value", "datatype")),
        ("y", "", ("value", "datatype")),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_classes_of_values(unit, value, expected, role):
    renew = (
        f'<renew><d:renew xmlns:d="{DOMAIN}"><d:name>a.example</d:name><d:curExpDate>2025-01-01</d:curExpDate>'
        f'<d:period unit="{unit}">{value}</d:period></d:renew></renew>'
    )
    assert first(command(renew), role) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<d:nam>a</d:nam>", "structure"),
        ("", "missing"),
        ("text", "structure"),
        ("<d:name>a.example</d:name>text", "structure"),
        ("<name>a.example</name>", "structure"),
        ('<d:name x="1">a.example</d:name>', "structure"),
        ("<d:name><d:name>a.example</d:name></d:name>", "structure"),
        ("<d:name></d:name>", "value"),
        (f"<d:name>{'a' * 256}</d:name>", "value"),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_classes_of_structure(inner, expected, role):
    frame = command(f'<check><d:check xmlns:d="{DOMAIN}">{inner}</d:check></check>')
    assert first(frame, role)[0] == expected


def test_unknown_object_and_extension():
    fault = faults(command('<info><x:info xmlns:x="urn:example:x"><x:a/></x:info></info>'))
    assert fault.faults[0].cls == "unknown_namespace"
    assert (fault.command, fault.object_ns, fault.object_tag) == ("info", "urn:example:x", "info")
    fault = faults(check(tail='<extension><y:z xmlns:y="urn:example:y"/></extension><clTRID>ABC-1</clTRID>'))
    assert fault.faults[0].cls == "unknown_namespace"
    assert set(fault.extension_ns) == {"urn:example:y"}
    assert fault.cl_trid == "ABC-1"


def test_version_and_language_of_a_login_are_read_before_the_schema():
    login = (
        "<login><clID>ClientX</clID><pw>foo-BAR2</pw><options><version>2.0</version><lang>xx</lang></options>"
        f"<svcs><objURI>{DOMAIN}</objURI></svcs></login>"
    )
    fault = faults(command(login))
    assert (fault.login_version, fault.login_lang) == ("2.0", "xx")
    assert fault.faults[0].cls == "range"


def test_passwords_never_show():
    login = (
        "<login><clID>ClientX</clID><pw>short</pw><options><version>1.0</version><lang>en</lang></options>"
        f"<svcs><objURI>{DOMAIN}</objURI></svcs></login>"
    )
    with pytest.raises(SchemaFault) as caught:
        epp.decode(command(login))
    assert "short" not in str(caught.value)
    assert "short" not in repr(caught.value.fault.faults)
    message = Login("ClientX", "foo-BAR2", options=epp.Options("1.0", "en"), svcs=epp.Services((DOMAIN,)))
    assert "foo-BAR2" not in repr(message)
    assert "2fooBAR" not in repr(DomainAuthInfo(AuthPw("2fooBAR")))
    with pytest.raises(EncodeError) as refused:
        epp.encode(Command(message.replace(pw="short")))
    assert "short" not in str(refused.value)


# --- white space of normalizedString ----------------------------------------------------------------------------------


def test_normalized_strings_are_not_trimmed():
    frame = command(
        f'<create><c:create xmlns:c="{CONTACT}"><c:id>sh8013</c:id>'
        '<c:postalInfo type="int"><c:name> A\tB\r\nC\rD </c:name>'
        "<c:addr><c:street>\n</c:street><c:city> X </c:city><c:cc>DE</c:cc></c:addr></c:postalInfo>"
        "<c:email>a@b</c:email><c:authInfo><c:pw>\tx \n</c:pw></c:authInfo></c:create></create>"
    )
    contact = epp.decode(frame, role="server").op.object
    assert contact.postal_infos[0].name == " A B C D "
    assert contact.postal_infos[0].addr.streets == (" ",)
    assert contact.postal_infos[0].addr.city == " X "
    assert contact.auth_info == ContactAuthInfo(AuthPw(" x  "))


def test_text_of_a_result_is_not_trimmed():
    assert epp.decode(response(result="<msg> a\n b </msg>")).results[0].msg == Msg(" a  b ")


def test_white_space_given_to_us_survives():
    contact = ContactCreate(
        "sh8013",
        (PostalInfo("loc", " A ", addr=Address(city="  B", cc="DE")),),
        email="a@b",
        auth_info=ContactAuthInfo(AuthPw(" x ")),
    )
    message = epp.command(contact, cl_trid="ABC-1")
    assert epp.decode(epp.encode(message)) == message


# --- emitted ----------------------------------------------------------------------------------------------------------


def info_data(**changes):
    given = {
        "name": "a.example",
        "roid": "A1-EX",
        "statuses": (DomainStatus("ok"),),
        "cl_id": "ClientX",
        "cr_date": dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    }
    return DomainInfoData(**(given | changes))


def reply(*data, **more):
    return epp.response(epp.ok(*data, **more), "SV-1", "ABC-1")


def test_dates_are_sent_in_utc():
    frame = epp.encode(reply(info_data()))
    assert b">2024-01-02T01:04:05Z<" in frame or b">2024-01-02T01:04:05.0Z<" in frame


def test_info_data_is_sent_in_the_order_of_the_schema():
    data = info_data(registrant="reg1", contacts=(epp.DomainContact("adm1", "admin"),), hosts=("ns1.a.example",))
    root = etree.fromstring(epp.encode(reply(data)))
    tags = [etree.QName(item).localname for item in root.find(f".//{{{DOMAIN}}}infData")]
    assert tags == ["name", "roid", "status", "registrant", "contact", "host", "clID", "crDate"]


def test_a_value_has_exactly_one_element():
    value = epp.fault_value(epp.DOMAIN, "name", "<a> & b")
    frame = epp.encode(epp.response(epp.error(2005, value), "SV-1"))
    (sent,) = etree.fromstring(frame).iter(f"{{{EPP}}}value")
    assert [(item.tag, item.text) for item in sent] == [(f"{{{DOMAIN}}}name", "<a> & b")]
    reasoned = epp.fault_value(epp.DOMAIN, "name", "a", "No such name")
    assert isinstance(reasoned, ExtValue)
    assert epp.encode(epp.response(epp.error(2303, reasoned), "SV-1"))
    with pytest.raises(EncodeError):
        epp.encode(epp.response(epp.error(2303, Value(None)), "SV-1"))


def test_an_empty_password_is_sent_as_such():
    root = etree.fromstring(epp.encode(reply(info_data(auth_info=DomainAuthInfo(AuthPw(""))))))
    (pw,) = root.iter(f"{{{DOMAIN}}}pw")
    assert pw.text is None
    with pytest.raises(EncodeError):
        epp.encode(reply(info_data(auth_info=DomainAuthInfo())))


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a" * 256},
        {"roid": "A1"},
        {"statuses": (DomainStatus("ok"),) * 12},
        {"statuses": (DomainStatus("none"),)},
        {"cl_id": "ab"},
        {"cr_date": "2024-01-01"},
        {"ns": epp.NameServers(("ns1.example",), (epp.HostAttribute("ns2.example"),))},
        {"ns": epp.NameServers()},
    ],
)
def test_what_the_schema_refuses_is_not_sent(change):
    with pytest.raises((EncodeError, TypeError, ValueError)):
        epp.encode(reply(info_data(**change)))


# --- tolerated by clients ---------------------------------------------------------------------------------------------


def test_text_in_a_value():
    result = "<msg>no</msg><value>a.example</value>"
    message = epp.decode(response(result=result, code=2005), role="client")
    (value,) = message.results[0].values
    assert value.element is None
    assert value.text == "a.example"
    assert first(response(result=result, code=2005), "strict")[0] in {"missing", "structure"}


def test_value_and_reason_in_order():
    result = (
        "<msg>no</msg>"
        '<extValue><value><x:a xmlns:x="urn:x">1</x:a></value><reason>why</reason></extValue>'
        '<value><x:b xmlns:x="urn:x"/></value>'
        '<extValue><value><x:c xmlns:x="urn:x"/></value><reason lang="de">warum</reason></extValue>'
    )
    frame = response(result=result, code=2306)
    for role in ("strict", "client"):
        values = epp.decode(frame, role=role).results[0].values
        assert [type(value).__name__ for value in values] == ["ExtValue", "Value", "ExtValue"]
        assert values[2].reason == Msg("warum", "de")
        assert isinstance(values[1].element, Raw)


def test_children_in_any_order():
    inner = (
        f'<d:infData xmlns:d="{DOMAIN}"><d:roid>A1-EX</d:roid><d:name>a.example</d:name><d:clID>ClientX</d:clID>'
        '<d:status s="ok"/></d:infData>'
    )
    (data,) = epp.decode(response(inner), role="client").res_data
    assert data == DomainInfoData("a.example", "A1-EX", (DomainStatus("ok"),), cl_id="ClientX")
    assert first(response(inner), "strict") == ("structure", "order")


def test_unknown_extensions_stay_raw():
    extension = '<y:z xmlns:y="urn:example:y" a="1">t<y:w/></y:z>'
    message = epp.decode(response(extension=extension), role="client")
    (item,) = message.extension
    assert isinstance(item, Raw)
    assert epp.decode(epp.encode(message), role="client") == message
    sent = etree.fromstring(epp.encode(message)).find(f".//{{{EPP}}}extension")[0]
    expected = etree.tostring(etree.fromstring(extension), method="c14n", exclusive=True)
    assert etree.tostring(sent, method="c14n", exclusive=True, with_tail=False) == expected


def test_long_reasons():
    reason = "r" * 200
    inner = (
        f'<d:chkData xmlns:d="{DOMAIN}"><d:cd><d:name avail="0">a.example</d:name><d:reason>{reason}</d:reason></d:cd>'
        "</d:chkData>"
    )
    (data,) = epp.decode(response(inner), role="client").res_data
    assert isinstance(data, DomainCheckData)
    assert data.items[0].reason.text == reason
    assert first(response(inner), "strict") == ("value", "max_length")


def test_a_queue_of_zero():
    frame = response().replace(b"</result>", b'</result><msgQ count="0" id="1"/>')
    message = epp.decode(frame, role="client")
    assert (message.msg_q.count, message.msg_q.id) == (0, "1")


def test_response_without_client_identifier():
    assert epp.decode(response(), role="client") == Response((epp.Result(1000, Msg("ok")),), tr_id=TrId(sv_trid="SV-1"))


@pytest.mark.parametrize(
    "inner",
    [
        '<x:a xmlns:x="urn:x"><b/></x:a>',
        '<x:a xmlns:x="urn:x"><x:b/></x:a>',
        '<x:a xmlns:x="urn:x" xmlns="urn:y"><b/></x:a>',
        "<a><b/></a>",
        '<a xmlns="urn:z"/>',
        "<a b='>' xmlns = 'urn:z'><c/></a>",
    ],
)
def test_raw_elements_keep_their_namespaces_wherever_they_go(inner):
    """A prefixed document has no default namespace; ours has one, and names without a prefix must not fall into it."""
    frame = (
        f'<e:epp xmlns:e="{EPP}"><e:response><e:result code="2005"><e:msg>no</e:msg>'
        f"<e:value>{inner}</e:value></e:result><e:trID><e:svTRID>SV-1</e:svTRID></e:trID></e:response></e:epp>"
    )
    message = epp.decode(frame.encode())
    sent = epp.encode(message)
    assert epp.decode(sent) == message
    (value,) = etree.fromstring(sent).iter(f"{{{EPP}}}value")
    assert [node.tag for node in value[0].iter()] == [node.tag for node in etree.fromstring(inner).iter()]
    (raw,) = message.results[0].values
    assert Raw(inner.encode()) == raw.element


def test_what_is_missing_is_found_behind_any_number_of_faults():
    """The fault of an element's attributes is noted at its end: 300 faults in it must not hide it (2003, not 2001)."""
    frame = (
        b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><transfer>%s</transfer>'
        b"<clTRID>ABC-1</clTRID></command></epp>"
    )
    for count in (1, 300):
        fault = epp.DEFAULT.decode_or_fault(frame % (b"<x/>" * count), "server")
        assert [(item.cls, item.path) for item in fault.faults] == [
            ("missing", "/epp/command/transfer/@op"),
            ("structure", "/epp/command/transfer/x"),
        ]
        assert fault.cl_trid == "ABC-1"


def test_the_first_fault_of_a_class_is_the_one_that_is_told():
    """Also when it is noticed last: what is missing at the end of an element, or an attribute of the element itself."""
    frame = (
        b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1000"><msg>x</msg></result>'
        b'<resData><infData xmlns="urn:ietf:params:xml:ns:domain-1.0"><name>a</name><roid>a-b</roid>'
        b'<status s="ok"/><roid>a-b</roid><status s="bad"/><roid>a-b</roid></infData></resData></response></epp>'
    )
    fault = epp.DEFAULT.decode_or_fault(frame, "strict")
    assert [(item.cls, item.rule, item.path.rpartition("/")[2]) for item in fault.faults] == [
        ("structure", "duplicate", "domain:roid"),
        ("range", "enumeration", "@s"),
        ("missing", "required", "domain:clID"),
    ]
    assert frame[fault.faults[0].offset :].startswith(b'<roid>a-b</roid><status s="bad"/>')


def test_defaults_that_the_examples_write_are_written():
    """Clients that read without the schema (pyepp) know no default for the version of an address."""
    host = epp.command(
        epp.HostCreate("ns1.example", (epp.HostAddress("192.0.2.1"), epp.HostAddress("2001:db8::1", "v6")))
    )
    frame = epp.encode(host)
    assert b'<host:addr ip="v4">192.0.2.1</host:addr><host:addr ip="v6">' in frame
    assert epp.decode(frame) == host
    assert epp.decode(frame.replace(b' ip="v4"', b"")) == host

"""XML that clients really send, and XML that must be refused, against a running server (interop traps)."""

from __future__ import annotations

import pytest
from epp_rig import CONTACT, DOMAIN, EPP, HELLO, HOST, LOGOUT, RGP, SECDNS, check, command, document, login, running
from trio.testing import trio_test

from regwire import epp

NAME = "a.example"
PLAIN = check(NAME).decode()


def utf16(text: str, *, big: bool) -> bytes:
    body = text.replace('encoding="UTF-8"', 'encoding="UTF-16"')
    return b"\xfe\xff" + body.encode("utf-16-be") if big else b"\xff\xfe" + body.encode("utf-16-le")


def without_declaration(text: str) -> str:
    return text.partition("?>")[2]


ACCEPTED = {
    "UTF-8 with BOM": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16 little endian": utf16(PLAIN, big=False),
    "UTF-16 big endian": utf16(PLAIN, big=True),
    "no declaration": without_declaration(PLAIN).encode(),
    "no declaration and BOM": b"\xef\xbb\xbf" + without_declaration(PLAIN).encode(),
    "US-ASCII": PLAIN.replace("UTF-8", "US-ASCII").encode(),
    "US-ASCII with character references": PLAIN.replace("UTF-8", "US-ASCII")
    .replace(NAME, "&#97;.exampl&#x65;")
    .encode(),
    "standalone": PLAIN.replace("?>", ' standalone="no"?>').encode(),
    "a prefix for epp": (
        f'<e:epp xmlns:e="{EPP}"><e:command><e:check><check xmlns="{DOMAIN}"><name>{NAME}</name></check></e:check>'
        "<e:clTRID>T-1</e:clTRID></e:command></e:epp>"
    ).encode(),
    "the default namespace redefined on each level": (
        f'<epp xmlns="{EPP}"><command xmlns="{EPP}"><check xmlns="{EPP}"><check xmlns="{DOMAIN}">'
        f'<name xmlns="{DOMAIN}">{NAME}</name></check></check><clTRID>T-1</clTRID></command></epp>'
    ).encode(),
    "a prefix rebound": (
        f'<p:epp xmlns:p="{EPP}"><p:command><p:check><p:check xmlns:p="{DOMAIN}"><p:name>{NAME}</p:name></p:check>'
        "</p:check><p:clTRID>T-1</p:clTRID></p:command></p:epp>"
    ).encode(),
    "schemaLocation": PLAIN.replace(
        "<epp ",
        f'<epp xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{EPP} epp-1.0.xsd" ',
        1,
    ).encode(),
    "CDATA": PLAIN.replace(NAME, "<![CDATA[a.exa]]>mple").encode(),
    "a comment inside text": PLAIN.replace(NAME, "a.ex<!-- here -->ample").encode(),
    "white space around tokens": PLAIN.replace(NAME, f"\n   {NAME}\t ").replace(">T-1<", "> T-1\n<").encode(),
    "comments and PIs between elements": PLAIN.replace("<command>", "<!-- c --><?app data?><command>").encode(),
}


@pytest.mark.parametrize("payload", list(ACCEPTED.values()), ids=list(ACCEPTED))
@trio_test
async def test_accepted(payload: bytes) -> None:
    async with running("memory") as rig:
        peer = await rig.logged_in()
        await peer.send_payload(payload)
        raw = await peer.receive_payload()
        response = epp.decode(raw)
        assert response.results[0].code == 1000
        assert response.tr_id.cl_trid == "T-1"
        assert response.res_data[0].items[0].name == epp.CheckName(NAME, True)
        assert raw.startswith((b"<?xml", b"<epp"))


REFUSED = {
    "DOCTYPE": PLAIN.replace("?>", "?><!DOCTYPE epp>").encode(),
    "an entity": PLAIN.replace("?>", '?><!DOCTYPE epp [<!ENTITY a "a">]>').replace(NAME, "&a;.example").encode(),
    "an entity of no declaration": PLAIN.replace(NAME, "&nbsp;.example").encode(),
    "an unknown encoding": PLAIN.replace("UTF-8", "EBCDIC-XX").encode(),
    "white space before the declaration": b" " + PLAIN.encode(),
    "NUL after the root": PLAIN.encode() + b"\x00",
    "text after the root": PLAIN.encode() + b"x",
    "two documents": PLAIN.encode() + PLAIN.encode(),
    "another root": b"<html/>",
    "the root of another namespace": PLAIN.replace(EPP, "urn:ietf:params:xml:ns:epp-2.0").encode(),
    "no command": document(""),
    "two commands": document("<command><logout/></command><command><logout/></command>"),
    "two operations": command("<logout/><logout/>"),
    "an empty extension": document("<command><logout/><extension/></command>"),
    "clTRID before extension": document(
        f'<command><logout/><clTRID>T-1</clTRID><extension><x xmlns="{RGP}"/></extension></command>'
    ),
    "logout with content": command("<logout>x</logout>"),
    "hello with content": document("<hello>x</hello>"),
    "text between elements": PLAIN.replace("<command>", "<command>x").encode(),
    "invalid UTF-8": PLAIN.encode().replace(b"a.example", b"\xff.example"),
    "nested 40 deep": b"<a>" * 40 + b"</a>" * 40,
}


@pytest.mark.parametrize("payload", list(REFUSED.values()), ids=list(REFUSED))
@trio_test
async def test_refused_with_2001_or_2003_and_nothing_executed(payload: bytes) -> None:
    async with running("memory") as rig:
        peer = await rig.logged_in(extensions=(RGP,))
        await peer.send_payload(payload, check())
        codes = await peer.codes(2)
        assert codes[0] == (2003 if payload == REFUSED["no command"] else 2001)
        assert codes[1] == 1000
        assert len(rig.registry.log) == 1


D = f'xmlns:d="{DOMAIN}"'
JUDGED = {
    "required missing": (command(f"<check><d:check {D}/></check>"), 2003),
    "an enumeration": (command('<poll op="reqx"/>'), 2004),
    "above the maximum": (
        command(
            f"<renew><d:renew {D}><d:name>a</d:name><d:curExpDate>2026-01-01</d:curExpDate>"
            '<d:period unit="y">100</d:period></d:renew></renew>'
        ),
        2004,
    ),
    "too long": (check("x" * 256), 2005),
    "a date that is none": (
        command(f"<renew><d:renew {D}><d:name>a</d:name><d:curExpDate>tomorrow</d:curExpDate></d:renew></renew>"),
        2005,
    ),
    "an unknown child": (command(f"<check><d:check {D}><d:nome>a</d:nome></d:check></check>"), 2001),
    "an unknown command": (command("<destroy/>"), 2000),
    "an unknown object": (command('<check><x:check xmlns:x="urn:x"><x:name>a</x:name></x:check></check>'), 2307),
    "an object that was not chosen": (
        command(f'<check><c:check xmlns:c="{CONTACT}"><c:id>c-1</c:id></c:check></check>'),
        2002,
    ),
    "a command the mapping lacks": (
        command(f'<renew><h:renew xmlns:h="{HOST}"><h:name>a</h:name></h:renew></renew>'),
        2101,
    ),
    "an unknown extension": (
        command(f"<delete><d:delete {D}><d:name>a</d:name></d:delete></delete>").replace(
            b"<clTRID>", b'<extension><x:y xmlns:x="urn:x"/></extension><clTRID>'
        ),
        2103,
    ),
    "an extension that was not chosen": (
        command(
            f"<update><d:update {D}><d:name>a</d:name></d:update></update>"
            f'<extension><s:update xmlns:s="{SECDNS}"><s:rem><s:all>true</s:all></s:rem></s:update></extension>'
        ),
        2002,
    ),
    "a second login": (login(), 2002),
    "an object of another command": (command(f"<check><d:delete {D}><d:name>a</d:name></d:delete></check>"), 2001),
    "50 names": (check(*(f"n{i}" for i in range(50))), 1000),
    "51 names": (check(*(f"n{i}" for i in range(51))), 2306),
}


@pytest.mark.parametrize(("payload", "code"), list(JUDGED.values()), ids=list(JUDGED))
@trio_test
async def test_judged_in_order_and_clTRID_echoed(payload: bytes, code: int) -> None:  # noqa: N802
    async with running("memory") as rig:
        peer = await rig.logged_in(objects=(DOMAIN, HOST))
        await peer.send_payload(payload)
        response = await peer.receive()
        assert response.results[0].code == code
        assert response.tr_id.cl_trid in {"T-1", "L-1"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (login(version="2.0"), 2100),
        (login(lang="xx"), 2102),
        (login(version="2.0", lang="xx", objects=("urn:x",)), 2100),
        (login(objects=(DOMAIN, "urn:x")), 2307),
        (login(extensions=("urn:x",)), 2103),
        (login(objects=(HOST, CONTACT, DOMAIN)), 1000),
        (login(cl_trid=None), 1000),
        (check(), 2002),
        (LOGOUT, 2002),
        (command("<destroy/>"), 2002),
    ],
)
@trio_test
async def test_logins(payload: bytes, code: int) -> None:
    async with running("memory") as rig:
        peer = await rig.peer()
        await peer.send_payload(payload)
        assert await peer.codes(1) == [code]
        await peer.send_payload(HELLO)
        assert isinstance(await peer.receive(), epp.Greeting)


@pytest.mark.parametrize("cl_trid", ["ab", "x" * 65, ""])
@trio_test
async def test_an_invalid_clTRID_is_refused_and_left_out(cl_trid: str) -> None:  # noqa: N802
    async with running("memory") as rig:
        peer = await rig.logged_in()
        await peer.send_payload(check(cl_trid=cl_trid))
        response = await peer.receive()
        assert response.results[0].code == 2005
        assert response.tr_id.cl_trid is None


@trio_test
async def test_a_hello_before_every_command_and_no_clTRID_at_all() -> None:  # noqa: N802
    async with running("memory") as rig:
        peer = await rig.logged_in()
        for _ in range(3):
            await peer.send_payload(HELLO, check(cl_trid=None))
            assert isinstance(await peer.receive(), epp.Greeting)
            response = await peer.receive()
            assert response.results[0].code == 1000
            assert response.tr_id.cl_trid is None
            assert response.tr_id.sv_trid


@trio_test
async def test_extension_data_only_for_negotiated_namespaces() -> None:
    from regwire.epp.ext.rgp import RgpInfoData, RgpStatus
    from regwire.testing import FakeRegistry

    handlers = FakeRegistry().handlers()
    handlers._commands[epp.DomainCheck] = lambda session, command, obj: epp.Reply(
        1000, (epp.DomainRenewData("a"),), (RgpInfoData((RgpStatus("addPeriod"),)),)
    )
    async with running("memory", handlers) as rig:
        without, with_rgp = await rig.logged_in(), await rig.logged_in(extensions=(RGP,))
        unhandled = await rig.logged_in(extensions=("urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0",))
        for peer in (without, with_rgp, unhandled):
            await peer.send_payload(check())
        assert (await without.receive()).extension == ()
        assert (await with_rgp.receive()).extension[0] == RgpInfoData((RgpStatus("addPeriod"),))
        (value,) = (await unhandled.receive()).results[0].values
        assert value.reason.text == f"{RGP} not in login services"
        assert value.value.element.namespace == RGP


@trio_test
async def test_poll_data_of_an_object_that_was_not_chosen() -> None:
    from regwire.epp.ext.unhandled import NAMESPACE as UNHANDLED

    async with running("memory") as rig:
        rig.registry.enqueue("reg-a", "text", epp.HostCreateData("h", rig.registry.now))
        plain = await rig.logged_in(objects=(DOMAIN,))
        aware = await rig.logged_in(objects=(DOMAIN,), extensions=(UNHANDLED.uri,))
        for peer in (plain, aware):
            await peer.send_payload(command('<poll op="req"/>'))
        first, second = await plain.receive(), await aware.receive()
        assert first.results[0].code == second.results[0].code == 1301
        assert first.res_data == second.res_data == ()
        assert first.msg_q.id == second.msg_q.id
        assert first.results[0].values == ()
        assert second.results[0].values[0].value.element.namespace == HOST

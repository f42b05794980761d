"""Peer: an EPP server as it is usually written in Python today.

trio.SSLStream, one task a session, lxml, f-strings for the replies; all frames of a read are answered in one write.
"""

from __future__ import annotations

import json
import ssl
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from xml.sax.saxutils import escape

import trio
from lxml import etree

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
E = f"{{{EPP}}}"
D = f"{{{DOMAIN}}}"
FRAME_LIMIT = 512 * 1024
MESSAGES = {
    1000: "Command completed successfully",
    1500: "Command completed successfully; ending session",
    2000: "Unknown command",
    2001: "Command syntax error",
    2002: "Command use error",
    2200: "Authentication error",
    2302: "Object exists",
    2303: "Object does not exist",
    2307: "Unimplemented object service",
}
HEAD = f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{EPP}">'
IN_USE = "<domain:reason>In use</domain:reason>"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
serial = count()


@dataclass(slots=True)
class Domain:
    roid: str
    statuses: list[str]
    registrant: str | None
    contacts: list[tuple[str, str]]
    hosts: list[str]
    sponsor: str
    creator: str
    created: datetime
    expires: datetime
    auth_info: str
    updater: str | None = None
    updated: datetime | None = None


def preloaded(objects: int) -> dict[str, Domain]:
    created, expires = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
    return {
        f"p{i}.example": Domain(
            f"D{i + 1}-REG",
            ["ok"],
            f"own{i % 1000}",
            [("admin", f"adm{i % 1000}"), ("tech", f"tec{i % 1000}")],
            [f"ns{n}.host{i % 500}.example.net" for n in (1, 2)],
            "reg-a",
            "reg-a",
            created,
            expires,
            f"preloaded-{i}",
        )
        for i in range(objects)
    }


def instant(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def response(code: int, data: str, cl_trid: str | None) -> bytes:
    result = f'<response><result code="{code}"><msg>{MESSAGES[code]}</msg></result>'
    client = f"<clTRID>{escape(cl_trid)}</clTRID>" if cl_trid is not None else ""
    end = f"<trID>{client}<svTRID>PEER-{next(serial):016}</svTRID></trID></response></epp>"
    return f"{HEAD}{result}{f'<resData>{data}</resData>' if data else ''}{end}".encode()


def greeting() -> bytes:
    return (
        f"{HEAD}<greeting><svID>bench</svID><svDate>{instant(datetime.now(UTC))}</svDate><svcMenu><version>1.0</version>"
        f"<lang>en</lang><objURI>{DOMAIN}</objURI></svcMenu><dcp><access><all/></access><statement><purpose><prov/></purpose>"
        f"<recipient><public/></recipient><retention><stated/></retention></statement></dcp></greeting></epp>"
    ).encode()


def texts(parent: etree._Element, path: str) -> list[str]:
    return [(element.text or "").strip() for element in parent.iterfind(path)]


class Session:
    def __init__(self, registry: dict[str, Domain]) -> None:
        self.registry = registry
        self.user: str | None = None
        self.ended = False

    def answer(self, frame: bytes) -> bytes:
        try:
            root = etree.fromstring(frame, PARSER)
        except etree.XMLSyntaxError:
            return response(2001, "", None)
        if root.tag != f"{E}epp" or len(root) != 1:
            return response(2001, "", None)
        if root[0].tag == f"{E}hello":
            return greeting()
        if root[0].tag != f"{E}command" or len(root[0]) == 0:
            return response(2001, "", None)
        cl_trid = root[0].findtext(f"{E}clTRID")
        code, data = self.execute(root[0][0])
        return response(code, data, cl_trid)

    def execute(self, operation: etree._Element) -> tuple[int, str]:
        if (self.user is None) != (operation.tag == f"{E}login"):
            return 2002, ""
        if operation.tag == f"{E}login":
            right = operation.findtext(f"{E}clID") == "reg-a" and operation.findtext(f"{E}pw") == "bench-password"
            self.user = "reg-a" if right else None
            return (1000 if right else 2200), ""
        if operation.tag == f"{E}logout":
            self.ended = True
            return 1500, ""
        if len(operation) != 1:
            return 2001, ""
        handler = HANDLERS.get(operation[0].tag)
        return handler(self, operation[0]) if handler is not None else (2307, "")

    def check(self, command: etree._Element) -> tuple[int, str]:
        registry = self.registry
        items = "".join(
            f'<domain:cd><domain:name avail="0">{escape(name)}</domain:name>{IN_USE}</domain:cd>'
            if name in registry
            else f'<domain:cd><domain:name avail="1">{escape(name)}</domain:name></domain:cd>'
            for name in texts(command, f"{D}name")
        )
        return 1000, f'<domain:chkData xmlns:domain="{DOMAIN}">{items}</domain:chkData>'

    def info(self, command: etree._Element) -> tuple[int, str]:
        name = (command.findtext(f"{D}name") or "").strip()
        domain = self.registry.get(name)
        if domain is None:
            return 2303, ""
        statuses = "".join(f'<domain:status s="{escape(status)}"/>' for status in domain.statuses)
        registrant = f"<domain:registrant>{escape(domain.registrant)}</domain:registrant>" if domain.registrant else ""
        contacts = "".join(
            f'<domain:contact type="{kind}">{escape(id)}</domain:contact>' for kind, id in domain.contacts
        )
        hosts = "".join(f"<domain:hostObj>{escape(host)}</domain:hostObj>" for host in domain.hosts)
        updated = ""
        if domain.updated is not None:
            updated = (
                f"<domain:upID>{domain.updater}</domain:upID><domain:upDate>{instant(domain.updated)}</domain:upDate>"
            )
        return 1000, (
            f'<domain:infData xmlns:domain="{DOMAIN}"><domain:name>{escape(name)}</domain:name>'
            f"<domain:roid>{domain.roid}</domain:roid>"
            f"{statuses}{registrant}{contacts}<domain:ns>{hosts}</domain:ns><domain:clID>{domain.sponsor}</domain:clID>"
            f"<domain:crID>{domain.creator}</domain:crID><domain:crDate>{instant(domain.created)}</domain:crDate>{updated}"
            f"<domain:exDate>{instant(domain.expires)}</domain:exDate></domain:infData>"
        )

    def create(self, command: etree._Element) -> tuple[int, str]:
        name = (command.findtext(f"{D}name") or "").strip()
        if name in self.registry:
            return 2302, ""
        created = datetime.now(UTC).replace(microsecond=0)
        years = int(command.findtext(f"{D}period") or 1)
        expires = created.replace(year=created.year + years)
        self.registry[name] = Domain(
            f"D{len(self.registry) + 1}-REG",
            ["ok"],
            command.findtext(f"{D}registrant"),
            [(contact.get("type", ""), contact.text or "") for contact in command.iterfind(f"{D}contact")],
            texts(command, f"{D}ns/{D}hostObj"),
            self.user or "",
            self.user or "",
            created,
            expires,
            command.findtext(f"{D}authInfo/{D}pw") or "",
        )
        return 1000, (
            f'<domain:creData xmlns:domain="{DOMAIN}"><domain:name>{escape(name)}</domain:name>'
            f"<domain:crDate>{instant(created)}</domain:crDate><domain:exDate>{instant(expires)}</domain:exDate></domain:creData>"
        )

    def update(self, command: etree._Element) -> tuple[int, str]:
        domain = self.registry.get((command.findtext(f"{D}name") or "").strip())
        if domain is None:
            return 2303, ""
        gone = set(texts(command, f"{D}rem/{D}ns/{D}hostObj"))
        domain.hosts = [host for host in domain.hosts if host not in gone]
        domain.hosts += [host for host in texts(command, f"{D}add/{D}ns/{D}hostObj") if host not in domain.hosts]
        registrant = command.findtext(f"{D}chg/{D}registrant")
        if registrant is not None:
            domain.registrant = registrant
        domain.updater, domain.updated = self.user, datetime.now(UTC)
        return 1000, ""


HANDLERS = {
    f"{D}check": Session.check,
    f"{D}info": Session.info,
    f"{D}create": Session.create,
    f"{D}update": Session.update,
}


async def serve_session(registry: dict[str, Domain], tls: ssl.SSLContext, socket: trio.SocketStream) -> None:
    stream = trio.SSLStream(socket, tls, server_side=True, https_compatible=True)
    session = Session(registry)
    buffer = bytearray()
    try:
        hello = greeting()
        await stream.send_all((len(hello) + 4).to_bytes(4, "big") + hello)
        while not session.ended:
            octets = await stream.receive_some(32 * 1024)
            if not octets:
                break
            buffer += octets
            replies = []
            while len(buffer) >= 4:
                length = int.from_bytes(buffer[:4], "big")
                if not 4 <= length <= FRAME_LIMIT:
                    return
                if len(buffer) < length:
                    break
                reply = session.answer(bytes(buffer[4:length]))
                del buffer[:length]
                replies += [(len(reply) + 4).to_bytes(4, "big"), reply]
            if replies:
                await stream.send_all(b"".join(replies))
        await stream.aclose()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        await trio.aclose_forcefully(stream)


async def main() -> None:
    certificate, key, authority, objects = sys.argv[1:5]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.load_verify_locations(authority)
    tls.verify_mode = ssl.CERT_OPTIONAL
    registry = preloaded(int(objects))
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, partial(serve_session, registry, tls), 0, host="127.0.0.1")
        listeners = await nursery.start(serve)
        print(json.dumps({"port": listeners[0].socket.getsockname()[1]}), flush=True)


trio.run(main)

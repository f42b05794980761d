"""Servers that do wrong on purpose: a proxy that changes a good server's replies, and one that says what it is told."""

from __future__ import annotations

import re
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio

Change = Callable[[bytes, bytes], bytes | None]
"""Given a frame of the server and the command it answers; gives what the client gets, None to end the connection."""


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS of a server with the certificate of a `regwire init` folder, and client certificates where there are any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pki" / "server.pem", folder / "pki" / "server.key")
    context.load_verify_locations(folder / "pki" / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


async def read_frame(stream: trio.abc.ReceiveStream) -> bytes | None:
    data = bytearray()
    while len(data) < 4 or len(data) < struct.unpack_from(">I", data)[0]:
        piece = await stream.receive_some(65536)
        if not piece:
            return None
        data += piece
    # One command at a time: a frame is all there is.
    assert len(data) == struct.unpack_from(">I", data)[0]
    return bytes(data[4:])


async def write_frame(stream: trio.abc.SendStream, payload: bytes) -> None:
    await stream.send_all(struct.pack(">I", len(payload) + 4) + payload)


async def listen(
    talk: Callable[[trio.SSLStream], Awaitable[None]],
    context: ssl.SSLContext,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Accept connections on a free port of 127.0.0.1; its number is told."""

    async def handle(plain: trio.SocketStream) -> None:
        stream = trio.SSLStream(plain, context, server_side=True, https_compatible=True)
        try:
            await stream.do_handshake()
            await talk(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        listeners: Any = await nursery.start(trio.serve_tcp, handle, 0)
        task_status.started(listeners[0].socket.getsockname()[1])


def proxy(folder: Path, port: int, change: Change) -> Callable[[trio.SSLStream], Awaitable[None]]:
    """Talk for the server at `port`, by the certificate of the client that talks to us."""

    async def talk(client: trio.SSLStream) -> None:
        certificate = client.getpeercert()
        context = ssl.create_default_context(cafile=folder / "pki" / "ca.pem")
        if certificate:
            name = dict(item[0] for item in certificate["subject"])["commonName"]
            context.load_cert_chain(folder / "pki" / f"{name}.pem", folder / "pki" / f"{name}.key")
        plain = await trio.open_tcp_stream("127.0.0.1", port)
        server = trio.SSLStream(plain, context, server_hostname="localhost", https_compatible=True)
        async with server:
            command: bytes | None = b""
            while (frame := await read_frame(server)) is not None:
                changed = change(frame, command)
                if changed is None:
                    return
                await write_frame(client, changed)
                command = await read_frame(client)
                if command is None:
                    return
                await write_frame(server, command)

    return talk


_ID = re.compile(rb"<clTRID>(.*?)</clTRID>")
_GREETING_URIS = (
    "domain-1.0 host-1.0 contact-1.0",
    "secDNS-1.1 rgp-1.0 launch-1.0 changePoll-1.0 epp:loginSec-1.0 epp:unhandled-namespaces-1.0 "
    "epp:secure-authinfo-transfer-1.0 idn-1.0",
)


def greeting(now: str) -> bytes:
    """A greeting that offers what it should."""
    objects, extensions = (
        "".join(f"<{tag}>urn:ietf:params:xml:ns:{name}</{tag}>" for name in names.split())
        for tag, names in zip(("objURI", "extURI"), _GREETING_URIS, strict=True)
    )
    return (
        '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting><svID>fake registry</svID>'
        f"<svDate>{now}</svDate><svcMenu><version>1.0</version><lang>en</lang>{objects}"
        f"<svcExtension>{extensions}</svcExtension></svcMenu><dcp><access><all/></access><statement><purpose><prov/>"
        "</purpose><recipient><public/></recipient><retention><stated/></retention></statement></dcp></greeting></epp>"
    ).encode()


def parrot(now: str, code: int) -> Callable[[trio.SSLStream], Awaitable[None]]:
    """Answer every command with one code and no data; a login with 1000."""

    async def talk(client: trio.SSLStream) -> None:
        await write_frame(client, greeting(now))
        count = 0
        while (command := await read_frame(client)) is not None:
            count += 1
            found = _ID.search(command)
            echo = b"<clTRID>" + found[1] + b"</clTRID>" if found else b""
            answered = 1500 if b"<logout" in command else 1000 if b"<login>" in command else code
            await write_frame(
                client,
                b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="%d"><msg>so be it</msg></result>'
                b"<trID>%s<svTRID>fake-%d</svTRID></trID></response></epp>" % (answered, echo, count),
            )
            if answered == 1500:
                return

    return talk

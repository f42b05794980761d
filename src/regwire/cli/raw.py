"""``regwire epp raw``: a frame's octets as they are, over Python's own TLS.

Deliberately apart from the engine: what nobody could build or decode can still be sent and seen.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from regwire.cli.target import Options, Target, resolve
from regwire.errors import CertificateRefused, ConfigError, ConnectFailed, ConnectionLost, OutcomeUnknown, RegwireError

__all__ = ["RawSession", "send_raw"]

HEADER = struct.Struct(">I")
# No reply is larger than what an engine accepts with its default limits, by far; a stated length is not trusted.
MAX_FRAME = 16 << 20


def send_raw(options: Options, file: str, *, login: bool) -> int | None:
    """Send the file's octets as one frame and write the answer's to standard output.

    Args:
        options: the server and the account.
        file: its path; ``-`` is standard input.
        login: log in first and out afterwards.

    Returns:
        The answer's result code; None if it is no response that can be decoded.

    """
    payload = _read(file)
    target = resolve(options)
    with RawSession(target) as session:
        greeting = session.receive()
        if login:
            _login(session, target, greeting)
        session.send(payload)
        try:
            answer = session.receive()
        except ConnectionLost as error:
            raise OutcomeUnknown(str(error)) from error
        code = _show(answer, as_json=options.json, secrets=options.secrets)
        if login and (code is None or code // 100 not in {15, 25}):
            session.send(_logout())
    return code


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(file, f"cannot be read ({error.strerror})", "give a file with one EPP frame, or -") from error


class RawSession:
    """One TLS connection that carries whole frames; a context manager."""

    def __init__(self, target: Target) -> None:
        context = ssl.create_default_context(cafile=target.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if target.certificate is not None:
            _or_refuse(lambda: context.load_cert_chain(str(target.certificate), target.key), "--cert and --key")
        where = f"{target.host} port {target.port}"
        try:
            plain = socket.create_connection((target.host, target.port), target.timeout)
        except OSError as error:
            raise ConnectFailed(f"{where}: {error.strerror or error}; is the server running?") from error
        except UnicodeError as error:
            raise ConnectFailed(f"{where}: no host has such a name ({error})") from error
        try:
            self._socket = context.wrap_socket(plain, server_hostname=target.server_name)
        except ssl.SSLError as error:
            plain.close()
            raise CertificateRefused(f"{where}: {error.reason or error}; --ca names whom to trust") from error
        except OSError as error:
            plain.close()
            raise ConnectFailed(f"{where}: {error.strerror or error}") from error

    def __enter__(self) -> RawSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, payload: bytes) -> None:
        """Send one frame, header and payload in one write."""
        try:
            self._socket.sendall(HEADER.pack(len(payload) + HEADER.size) + payload)
        except OSError as error:
            raise ConnectionLost(f"while sending: {error}") from error

    def receive(self) -> bytes:
        """Return the payload of the next frame."""
        (length,) = HEADER.unpack(self._exactly(HEADER.size))
        if not HEADER.size <= length <= MAX_FRAME:
            raise ConnectionLost(f"the server states a frame of {length} octets")
        return self._exactly(length - HEADER.size)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                piece = self._socket.recv(count - len(data))
            except OSError as error:
                raise ConnectionLost(f"while waiting for the answer: {error}") from error
            if not piece:
                raise ConnectionLost("the server closed the connection", clean=True)
            data += piece
        return bytes(data)


def _or_refuse(action: Callable[[], object], where: str) -> None:
    try:
        action()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(where, f"cannot be loaded ({error})", "give a certificate and its key, PEM") from error


def _login(session: RawSession, target: Target, greeting: bytes) -> None:
    """Log in with everything that the greeting offers."""
    from regwire import epp
    from regwire.errors import command_error

    offer = epp.decode(greeting, role="client")
    if not isinstance(offer, epp.Greeting):
        raise ConnectFailed("the server's first frame is no greeting; --no-login sends nothing before the file")
    menu = offer.svc_menu
    services = epp.Services(menu.obj_uri, menu.ext_uri)
    options = epp.Options(menu.version[0], menu.lang[0])
    login = epp.Login(target.client_id, target.password, options=options, svcs=services)
    session.send(epp.encode(epp.command(login)))
    answer = epp.decode(session.receive(), role="client")
    if not isinstance(answer, epp.Response):
        raise ConnectFailed("the login was answered with something else than a response")
    result = answer.results[0]
    if result.code >= 2000:
        raise command_error(result.code, result.msg.text, response=answer)


def _logout() -> bytes:
    from regwire.epp import Logout, command, encode

    return encode(command(Logout()))


def _show(answer: bytes, *, as_json: bool, secrets: bool) -> int | None:
    """Write the answer as it came, or as JSON if it is asked for and is a response; returns its code."""
    from regwire.cli.show import plain_response, print_json
    from regwire.epp import Response, decode

    try:
        message = decode(answer, role="client")
    except RegwireError:
        message = None
    if as_json and isinstance(message, Response):
        print_json(plain_response(message, secrets=secrets))
    else:
        sys.stdout.buffer.write(answer.rstrip(b"\r\n") + b"\n")
        sys.stdout.buffer.flush()
    return int(message.results[0].code) if isinstance(message, Response) else None

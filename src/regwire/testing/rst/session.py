"""A session with the server under test: the public client, over a stream whose frames are recorded and judged."""

from __future__ import annotations

import contextlib
import ssl
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import trio
from lxml import etree

from regwire.epp import Command, Greeting, Response, decode, requests
from regwire.epp.client import ClientConfig
from regwire.epp.coding import DEFAULT
from regwire.epp.ext import login_sec
from regwire.errors import ConfigError, ConnectFailed, RegwireError
from regwire.schema import Raw
from regwire.testing.rst.answers import contradiction
from regwire.testing.rst.frames import Judge, Transcript
from regwire.trio.epp import Client, connect

__all__ = ["RecordingStream", "Reply", "Session", "client_context", "dial", "open_session"]

T = TypeVar("T")
_HEADER = struct.Struct(">I")
_EPP = "{urn:ietf:params:xml:ns:epp-1.0}"
#: A longer frame is not looked at for recording: the client refuses it anyway.
_LONGEST = 16 << 20

Report = Callable[[str, str], None]


def client_context(ca: Path | None, certificate: tuple[Path, Path] | None) -> ssl.SSLContext:
    """Return the TLS settings of a client: the server is verified, TLS 1.2 at least.

    Raises:
        ConfigError: a file is no PEM file of what it should be.

    """
    try:
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            context.load_cert_chain(*certificate)
    except (OSError, ssl.SSLError) as error:
        where = "run.ca" if certificate is None else f"{certificate[0]} and {certificate[1]}"
        raise ConfigError(where, f"cannot be loaded ({error})", "give PEM files: a certificate and its key") from error
    return context


async def dial(
    address: str, port: int, server_name: str, context: ssl.SSLContext, timeout: float
) -> trio.SSLStream[Any]:
    """Connect and shake hands.

    Raises:
        OSError: no connection.
        ssl.SSLError: TLS did not come up.
        trio.TooSlowError: not within `timeout` seconds.

    """
    with trio.fail_after(timeout):
        plain = await trio.open_tcp_stream(address, port)
        # https_compatible: servers that close without close_notify are common, and not what is looked at here.
        stream = trio.SSLStream(plain, context, server_hostname=server_name, https_compatible=True)
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError as error:
            await trio.aclose_forcefully(stream)
            cause = error.__cause__
            raise cause if isinstance(cause, OSError) else ssl.SSLError(str(error)) from error
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return stream


class RecordingStream(trio.abc.Stream):
    """A stream that carries frames and tells of each.

    `last` is the payload of the last one received, `sent` of the last one sent.
    """

    def __init__(self, inner: trio.abc.Stream, tell: Callable[[bytes, bool], None]) -> None:
        self._inner = inner
        self._tell = tell
        self._buffers = {True: bytearray(), False: bytearray()}
        self.last: bytes | None = None
        self.sent = b""
        self.greeting: bytes | None = None

    async def send_all(self, data: Any) -> None:
        """Send, and note the frames that are whole."""
        self._note(bytes(data), sent=True)
        await self._inner.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """As the stream below."""
        await self._inner.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive, and note the frames that are whole."""
        data = bytes(await self._inner.receive_some(max_bytes))
        self._note(data, sent=False)
        return data

    async def aclose(self) -> None:
        """Close the stream below."""
        await self._inner.aclose()

    def _note(self, data: bytes, *, sent: bool) -> None:
        buffer = self._buffers[sent]
        buffer += data
        while len(buffer) >= _HEADER.size:
            (length,) = _HEADER.unpack_from(buffer)
            if not _HEADER.size <= length <= _LONGEST or len(buffer) < length:
                return
            payload = bytes(buffer[_HEADER.size : length])
            del buffer[:length]
            if sent:
                self.sent = payload
            else:
                self.last = payload
                self.greeting = self.greeting or payload
            self._tell(payload, sent)


@dataclass(frozen=True, slots=True)
class Reply:
    """What answered a command.

    `code` is 0 when nothing did; `response` is None when the frame was no response that can be decoded. `seconds` is
    how long it took.
    """

    code: int
    text: str
    response: Response | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """The command was carried out (or will be)."""
        return 1000 <= self.code < 2000

    @property
    def refused(self) -> bool:
        """The server said no."""
        return self.code >= 2000

    def data(self, cls: type[T]) -> T | None:
        """The element of this class in a success's data, or None."""
        found = () if self.response is None or not self.ok else self.response.res_data
        return next((item for item in found if isinstance(item, cls)), None)

    def extension(self, cls: type[T]) -> T | None:
        """The element of this class in a success's extension, or None."""
        found = () if self.response is None or not self.ok else self.response.extension
        return next((item for item in found if isinstance(item, cls)), None)

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip() if self.code else self.text


class Session:
    """One connection. `report(code, detail)` is told of what is wrong with every frame, whatever a case looks at."""

    def __init__(self, client: Client, stream: RecordingStream, judge: Judge, report: Report, pause: float) -> None:
        self.client = client
        self._pause = pause
        self._stream = stream
        self._judge = judge
        self._report = report
        self._client_id: str | None = None
        self._transactions: set[str] = set()
        self.commands = 0
        self.slowest = 0.0

    @property
    def closed(self) -> bool:
        """Whether nothing more can be sent."""
        return self.client.closed

    @property
    def greeting(self) -> Greeting:
        """The server's greeting."""
        return self.client.greeting

    def offers(self, uri: str) -> bool:
        """Whether the greeting announces an object or extension."""
        menu = self.greeting.svc_menu
        return uri in menu.obj_uri or uri in menu.ext_uri

    async def ask(self, message: Command) -> Reply:
        """Send a command; never raises on what comes back. What is wrong with the reply's form is reported."""
        if self._pause:
            await trio.sleep(self._pause)
        self._stream.last = None
        started = time.perf_counter()
        problem = ""
        response: Response | None = None
        try:
            response = await self.client.send(message)
        except RegwireError as error:
            problem = str(error)
        seconds = time.perf_counter() - started
        self.commands += 1
        self.slowest = max(self.slowest, seconds)
        return self._judged(message, response, problem, seconds)

    def _judged(self, message: Command, response: Response | None, problem: str, seconds: float) -> Reply:
        payload = self._stream.last
        if payload is None:
            self._report("EPP_UNEXPECTED_COMMAND_FAILURE", f"no answer: {problem}")
            return Reply(0, f"no answer: {problem}", None, seconds)
        fault = self._judge.fault(payload)
        if fault is not None:
            self._report(*fault)
        elif response is None:
            # The frame is valid and the client did not take it: not the answer to this command.
            self._report("EPP_UNEXPECTED_COMMAND_FAILURE", problem)
        else:
            self._compare(message, response)
        reply = Reply(*_result(payload), response, seconds) if response is None else _reply(response, seconds)
        if reply.code == 2400:
            self._report("EPP_GENERIC_COMMAND_ERROR", str(reply))
        return reply

    def _compare(self, message: Command, response: Response) -> None:
        """Report what a well-formed reply says that does not go with its command, or with the replies before it."""
        wrong = contradiction(self._typed(message), response, self._client_id)
        if wrong is not None:
            self._report("EPP_UNEXPECTED_COMMAND_FAILURE", f"the reply does not fit: {wrong}")
        transaction = response.tr_id.sv_trid
        if transaction in self._transactions:
            self._report("EPP_UNEXPECTED_COMMAND_FAILURE", f"the svTRID {transaction} was another reply's already")
        self._transactions.add(transaction)

    def _typed(self, message: Command) -> Command:
        """Return a command whose object is XML text (as those of data rows are) as messages, if it is any."""
        if isinstance(getattr(message.op, "object", None), Raw):
            with contextlib.suppress(RegwireError):
                found = decode(self._stream.sent)
                return found if isinstance(found, Command) else message
        return message

    async def login(self, client_id: str, password: str, *, extension: Iterable[Raw] = ()) -> Reply:
        """Log in with everything that the greeting offers, and with loginSec where it is offered."""
        menu = self.greeting.svc_menu
        agent = login_sec.UserAgent("regwire rst", None, "any") if self.offers(login_sec.NAMESPACE.uri) else None
        command = requests.login(
            self.greeting, client_id, password, objects=menu.obj_uri, extensions=menu.ext_uri, user_agent=agent
        )
        reply = await self.ask(Command(command.op, (*command.extension, *extension)))
        if reply.ok:
            self._client_id = client_id
        return reply


def _reply(response: Response, seconds: float) -> Reply:
    result = response.results[0]
    reasons = [value.reason.text for value in result.values if hasattr(value, "reason")]
    return Reply(int(result.code), "; ".join([result.msg.text, *reasons]), response, seconds)


def _result(payload: bytes) -> tuple[int, str]:
    """The code and the text of a response that could not be decoded."""
    try:
        result = etree.fromstring(payload, etree.XMLParser(resolve_entities=False)).find(f".//{_EPP}result")
    except etree.XMLSyntaxError:
        return 0, "an answer that is not XML"
    if result is None or not (result.get("code") or "").isdigit():
        return 0, "an answer that is no response"
    return int(str(result.get("code"))), (result.findtext(f"{_EPP}msg") or "").strip()


class open_session:  # noqa: N801 - used as a function
    """`async with open_session(stream, …) as session`: the client waits for the greeting, nobody logs in.

    `timeout` and `pause` (before each command) are seconds.

    Raises:
        ConnectFailed: no greeting came, or none that can be read; the recorded frame says which.

    """

    def __init__(
        self,
        stream: trio.abc.Stream,
        *,
        number: int,
        transcript: Transcript,
        judge: Judge,
        report: Report,
        timeout: float,
        pause: float = 0.0,
    ) -> None:
        self._pause = pause
        self.stream = RecordingStream(stream, lambda payload, sent: transcript.add(number, payload, sent=sent))
        self._judge, self._report = judge, report
        self._connect = connect(
            "recorded",
            client_id=None,
            tls=None,
            config=ClientConfig(window=1, reply_timeout=timeout, greeting_timeout=timeout),
            schema=DEFAULT,
            stream=self.stream,
            timeout=timeout + 5,
        )

    async def __aenter__(self) -> Session:
        try:
            client = await self._connect.__aenter__()
        except RegwireError as error:
            raise ConnectFailed(f"no greeting: {error}") from error
        return Session(client, self.stream, self._judge, self._report, self._pause)

    async def __aexit__(self, *reason: Any) -> None:
        await self._connect.__aexit__(*reason)

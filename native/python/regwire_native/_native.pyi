import os
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, TypeVar, final

_T = TypeVar("_T")

__version__: str
PROFILE: str

def is_main_interpreter() -> bool:
    """Whether this is the interpreter that the process began with; regwire works in no other."""

# ------------------------------------------------------------------------------------- framing, TLS and the reactor

_Pem: TypeAlias = bytes | str | os.PathLike[str]
_Role: TypeAlias = Literal["strict", "server", "client"]
_ChunkKind: TypeAlias = Literal["nd", "vi", "si", "oi", "sd", "as", "af", "ad"]

class _Codec(Protocol):
    def decode(self, frame: bytes, role: int, /) -> object: ...
    def encode(self, message: object, /) -> bytes: ...

@final
class ServerTls:
    """A server's side of TLS 1.2 and 1.3 (ECDHE with AES-GCM only); immutable, to be shared by any number of sessions.

    `certificate` is the chain, own certificate first, and `key` its unencrypted private key; both are PEM, as `bytes`
    or
    as the path of a file. With `client_ca` clients are asked for a certificate, which is verified against these roots;
    `require_certificate` ends the handshake of a client without one. `key_log` names a file to which the secrets of
    every
    session are appended (created with mode 0600). There are no tickets: no resumption and no early data.

    Raises OSError for a file that cannot be read, ValueError for a part that cannot be used, with its name and reason.
    """

    def __new__(
        cls,
        *,
        certificate: _Pem,
        key: _Pem,
        client_ca: _Pem | None = None,
        require_certificate: bool = False,
        key_log: str | os.PathLike[str] | None = None,
    ) -> ServerTls: ...

@final
class ClientTls:
    """A client's side of TLS; immutable, to be shared.

    The server's certificate is verified against `ca` (None: what the operating system trusts) and must be for the name
    or
    address of the session in its subject alternative names. `certificate` and `key` are presented when the server asks.
    Raises OSError and ValueError as `ServerTls` does.
    """

    def __new__(
        cls,
        *,
        ca: _Pem | None = None,
        certificate: _Pem | None = None,
        key: _Pem | None = None,
        key_log: str | os.PathLike[str] | None = None,
    ) -> ClientTls: ...
    @property
    def certificate(self) -> bytes | None:
        """The client's own certificate, as DER; None: it presents none."""

@final
class Peer:
    """Who is at the other end of a session."""

    @property
    def address(self) -> tuple[str, int] | None:
        """IP address and port; None for a local socket and for a `Wire`."""
    @property
    def tls_version(self) -> str | None:
        """`"TLSv1.3"` or `"TLSv1.2"`; None for a plain session."""
    @property
    def cipher(self) -> str | None:
        """The cipher suite, such as `"TLS13_AES_128_GCM_SHA256"`."""
    @property
    def server_name(self) -> str | None:
        """The name that the client asked for (SNI)."""
    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates the peer presented, its own first, as DER; verified. Empty when it presented none."""
    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the peer's own certificate, 64 lower-case hexadecimal digits."""

@final
class Opened:
    """A session can be talked to: connected, and its handshake done. It comes again after an upgrade."""

    @property
    def session(self) -> int: ...
    @property
    def listener(self) -> int | None:
        """The listener that accepted it; None for a session that was attached."""
    @property
    def peer(self) -> Peer: ...

@final
class Closed:
    """The last item of a session. One that comes without an `Opened` before it tells of a failed handshake.

    What is sent between taking this item and the next `flush()` still goes out when the peer has only closed its side.
    """

    @property
    def reason(self) -> Literal["eof", "reset", "connect", "tls", "timeout", "local", "budget"]: ...
    @property
    def detail(self) -> str:
        """More of it, for a log line; may be empty."""
    @property
    def clean(self) -> bool:
        """The end was announced (close_notify; plain: an end of file) and cut no frame in two."""
    @property
    def opened(self) -> bool: ...
    @property
    def address(self) -> tuple[str, int] | None: ...

@final
class FrameTooLarge:
    """The header of a frame above the limit; nothing of its body is kept, nothing more is read. The caller closes."""

    @property
    def length(self) -> int:
        """The length as stated."""

@final
class BadFrameLength:
    """A stated length that is shorter than its header; nothing more is read. The caller closes."""

    @property
    def length(self) -> int: ...

@final
class BadFrame:
    """The stream breaks its framing in a way that is no length; nothing more is read. The caller closes."""

    @property
    def reason(self) -> str:
        """The rule, in words."""

@final
class UnknownVersion:
    """The header of an XPC block of another version (RFC 4992 section 5).

    Nobody knows where that block ends: nothing more is read. A server answers with its versions and closes.
    """

    @property
    def version(self) -> int:
        """Bits 0 and 1: 1 to 3."""
    @property
    def keep_open(self) -> bool: ...

@final
class XpcBlock:
    """A whole XPC block (RFC 4992 sections 3 to 6): a request on the server's side, a response on the client's.

    Its repr shows lengths instead of data, because SASL chunks carry passwords.
    """

    @property
    def keep_open(self) -> bool: ...
    @property
    def authority(self) -> str | None:
        """Of a request, perhaps empty (octets that are not UTF-8 as lone surrogates); None in a response."""
    @property
    def document(self) -> Any:
        """The application data, its chunks joined: a message or `Fault` of the codec, or `bytes`; None: it has none."""
    @property
    def chunks(self) -> tuple[tuple[_ChunkKind, bytes], ...]:
        """Everything else in order, chunks of one type joined (but of "sd"); "ad" only when `error` is set."""
    @property
    def error(self) -> str | None:
        """What makes it a block-error, in words: reserved bits, a type that clients must not send, or their order.

        Nothing of such a block was decoded; the next one can be read.
        """

def xpc_parse(
    data: bytes, *, role: Literal["server", "client"], codec: _Codec | None = None, limit: int = 1048576
) -> tuple[XpcBlock | UnknownVersion | BadFrame | FrameTooLarge, int] | None:
    """The first block of `data` and the octets it takes; None when it is not complete.

    `role` is the reader's: "server" reads requests. `limit` bounds the block's octets. Never raises on what `data`
    holds; after anything but an `XpcBlock` the stream cannot go on.
    """

def xpc_build(
    content: object,
    *,
    keep_open: bool,
    role: Literal["server", "client"],
    authority: str | None = None,
    codec: _Codec | None = None,
) -> bytes:
    """A block: what `Reactor.send_xpc` sends. `role` is the writer's: "server" writes responses."""

@final
class BeepFrame:
    """A BEEP data frame (RFC 3080 section 2.2.1): an item of the framing "beep", and what `beep_build` writes.

    `keyword` is "MSG", "RPY", "ERR", "ANS" or "NUL"; `more` is true for the continuation indicator `*`; `ansno` is of
    ANS alone. Immutable, compared by value. Raises ValueError for numbers above 2,147,483,647 (seqno: 4,294,967,295).
    """

    def __new__(
        cls,
        keyword: str,
        channel: int,
        msgno: int,
        more: bool,
        seqno: int,
        ansno: int | None = None,
        payload: bytes | None = None,
    ) -> BeepFrame: ...
    @property
    def keyword(self) -> str: ...
    @property
    def channel(self) -> int: ...
    @property
    def msgno(self) -> int: ...
    @property
    def more(self) -> bool: ...
    @property
    def seqno(self) -> int: ...
    @property
    def ansno(self) -> int | None: ...
    @property
    def payload(self) -> bytes: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...

@final
class BeepSeq:
    """A BEEP SEQ frame (RFC 3081 section 3.1.3): `window` octets may be sent on `channel` from number `ackno` on."""

    def __new__(cls, channel: int, ackno: int, window: int) -> BeepSeq: ...
    @property
    def channel(self) -> int: ...
    @property
    def ackno(self) -> int: ...
    @property
    def window(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...

def beep_build(frame: BeepFrame | BeepSeq) -> bytes:
    """The octets of a frame; what `send` of a session with the framing "beep" takes."""

def beep_parse(data: bytes, *, limit: int = ...) -> tuple[BeepFrame | BeepSeq | BadFrame | FrameTooLarge, int] | None:
    """The first frame of `data`, and the octets it takes; None: more is needed.

    `limit` is for the whole frame. BadFrame and FrameTooLarge (0 octets) end the stream.
    """

@final
class LwzDatagram:
    """A request by datagram (RFC 4993), as a server receives it; also what its reply is addressed by."""

    @property
    def transaction(self) -> int:
        """0xFFFF when it could not be read."""
    @property
    def maximum(self) -> int:
        """The longest response, counting UDP header, descriptor and payload; 65535 when it could not be read."""
    @property
    def authority(self) -> str: ...
    @property
    def kind(self) -> Literal["xml", "vi", "si", "oi"]:
        """The others than "xml" and "vi" only with an error."""
    @property
    def deflated(self) -> bool: ...
    @property
    def deflate_supported(self) -> bool:
        """Whether the response may be compressed."""
    @property
    def document(self) -> Any:
        """Of kind "xml", inflated: a message or `Fault` of the codec, or `bytes` without one; otherwise None."""
    @property
    def error(self) -> Literal["version", "descriptor-error", "payload-error", "request-size"] | None:
        """What is wrong: answer version information, other information of this type, or size information."""
    @property
    def detail(self) -> str:
        """The error in words; empty without one."""
    @property
    def peer(self) -> tuple[str, int] | None:
        """None when it was not received by a reactor."""
    @property
    def endpoint(self) -> int: ...

@final
class LwzReply:
    """A response by datagram, as a client receives it."""

    @property
    def transaction(self) -> int:
        """Of the request; 0xFFFF when the server could not read it."""
    @property
    def kind(self) -> Literal["xml", "vi", "si", "oi"]: ...
    @property
    def deflated(self) -> bool: ...
    @property
    def deflate_supported(self) -> bool: ...
    @property
    def document(self) -> Any:
        """Of whatever kind, inflated: a message or `Fault` of the codec, or `bytes` without one; None with an error."""
    @property
    def error(self) -> Literal["version", "descriptor-error", "payload-error"] | None: ...
    @property
    def detail(self) -> str: ...
    @property
    def peer(self) -> tuple[str, int] | None: ...
    @property
    def endpoint(self) -> int: ...

def lwz_parse(
    datagram: bytes, *, role: Literal["server", "client"], codec: _Codec | None = None, inflate_limit: int = 65536
) -> LwzDatagram | LwzReply | None:
    """Read a datagram as the role does that receives it; never raises on what it holds.

    None: for a server a response, which must never be answered; for a client what is no response. A payload is inflated
    to at most `inflate_limit` octets.
    """

def lwz_request(
    content: object,
    *,
    transaction: int,
    maximum: int = 1472,
    authority: str | None = None,
    kind: Literal["xml", "vi"] = "xml",
    deflated: bool = False,
    deflate_supported: bool = True,
    codec: _Codec | None = None,
) -> bytes:
    """A client's datagram: `content` is a message for the codec, or `bytes` (`b""` for kind "vi").

    `transaction` is random and not 0xFFFF, `maximum` the longest response (1472: what an Ethernet carries, UDP header
    counted). Raises ValueError when it cannot be, or would be longer than 4,000 octets with its UDP header: then
    compress it, or ask over XPC.
    """

def lwz_response(
    datagram: LwzDatagram,
    content: object,
    *,
    kind: Literal["xml", "vi", "si", "oi"] = "xml",
    codec: _Codec | None = None,
    limit: int = 4000,
) -> bytes:
    """A server's datagram, at most `limit` octets with its UDP header; `b""`: nothing is to be sent.

    When it would exceed `limit` or the client's maximum it is compressed, if that may be and is enough, or becomes size
    information (RFC 4993 section 3.1.6), which is sent even if itself exceeds that maximum.
    """

@final
class EmptyFrame:
    """A frame without a payload."""

@final
class TimerExpired:
    """A timer of the session expired; the reactor does nothing else about it. The idle and frame timers start again."""

    @property
    def kind(self) -> Literal["login", "frame", "idle", "session"]: ...

@final
class Writable:
    """Unsent output fell below the low-water mark after it had been above the high one; the session is read again."""

@final
class Unnegotiated:
    """A message that uses namespaces outside of the session's `set_allowed`."""

    @property
    def message(self) -> object: ...
    @property
    def namespaces(self) -> int:
        """The bits of those that are used and not allowed."""

@final
class SessionLimits:
    """Limits of a session; the defaults are those of an EPP server. Times are seconds, None switches a timer off.

    - `frame_octets`: longest frame, header included, until `set_limit` (nobody needs more before login).
    - `output_high`, `output_low`: unsent output above which the session is no longer read, and below which it is again
      (a client that never reads must not grow the server).
    - `handshake_seconds`: connecting and the TLS handshake; the reactor closes by itself.
    - `login_seconds`: from the open session until `set_timer(session, "login", None)`.
    - `frame_seconds`: from the first octet of a frame to its last.
    - `idle_seconds`: between two frames.
    - `session_seconds`: the whole session.
    - `drain_seconds`: how long a closed session may take to read what it was sent.
    - `linger_seconds`: how long it may take to close its side after that.
    """

    def __new__(
        cls,
        *,
        frame_octets: int = 16384,
        output_high: int = 262144,
        output_low: int = 65536,
        handshake_seconds: float | None = 10.0,
        login_seconds: float | None = 10.0,
        frame_seconds: float | None = 30.0,
        idle_seconds: float | None = 600.0,
        session_seconds: float | None = 86400.0,
        drain_seconds: float = 10.0,
        linger_seconds: float = 2.0,
    ) -> SessionLimits: ...

@final
class DatagramLimits:
    """Limits of a datagram socket. Sources may be forged: no answer must be worth forging one.

    - `request_octets`: longest request, without its UDP header (RFC 4993 section 3: 4,000 must be accepted); a longer
      one is cut off and arrives with the error "request-size".
    - `response_octets`: longest response, with its UDP header, whatever the client would take.
    - `inflate_octets`: what a compressed payload may inflate to (4,000 octets can hold 4 MB).
    - `prefix_rate`, `prefix_burst`: requests a second from one network (None: any number), and at once from one that
      was silent. More are dropped before anything else is done with them.
    - `prefixes`: networks that are remembered, in a table that does not grow.
    - `prefix_v4`, `prefix_v6`: bits that make a network.
    - `response_ratio`: how many times the request the response may be, counting IP and UDP headers (28 octets); what is
      longer becomes size information. Version information about four registry types in answer to an empty request needs
      14.

    Raises ValueError for numbers that cannot be.
    """

    def __new__(
        cls,
        *,
        request_octets: int = 4000,
        response_octets: int = 4000,
        inflate_octets: int = 65536,
        prefix_rate: int | None = 1000,
        prefix_burst: int = 2000,
        prefixes: int = 16384,
        prefix_v4: int = 24,
        prefix_v6: int = 56,
        response_ratio: int = 16,
    ) -> DatagramLimits: ...

@final
class ReactorLimits:
    """Limits of a whole reactor.

    - `sessions`, `sessions_per_address`: connections above are closed on accept.
    - `partial_octets`: memory in half received frames of all sessions; above it, sessions that hold more than their
      share (2 to 16 KiB) wait for room (10,000 half frames must not cost 5 GB).
    - `unsent_octets`: unsent output of all sessions; above it, no session with unsent output is read; above twice as
      much, a session whose own unsent output is above its low-water mark is dropped.
    - `backlog_octets`: delivered and not yet taken; above it nothing is read.
    - `events_per_step` (at most 512), `octets_per_session`, `octets_per_step` (of all sessions), `handshakes_per_step`,
      `accepts_per_step`: bounds of one poll; what is left over takes its turn in the next one.
    - `accept_back_off_seconds`: first pause of a listener when descriptors run out; doubles up to 32 times as long.
    """

    def __new__(
        cls,
        *,
        sessions: int = 16384,
        sessions_per_address: int = 16384,
        partial_octets: int = 67108864,
        unsent_octets: int = 67108864,
        backlog_octets: int = 16777216,
        events_per_step: int = 256,
        octets_per_session: int = 65536,
        octets_per_step: int = 65536,
        handshakes_per_step: int = 8,
        accepts_per_step: int = 64,
        accept_back_off_seconds: float = 0.05,
    ) -> ReactorLimits: ...

@final
class Reactor:
    """Many sessions behind one descriptor. For one thread at a time; no method waits for the network.

    With `thread=True` the network side runs on a thread of its own and `poll()` only fetches what it has done; the
    methods are the same. A session number is never used twice: a call with a stale one does nothing.
    """

    direct_reply: ClassVar[Any]
    direct_send: ClassVar[Any]
    """Capsules: `reply` and `send_message` as C functions, for the compiled loops of `regwire.session`."""

    def __new__(cls, limits: ReactorLimits | None = None, *, thread: bool = False) -> Reactor: ...
    def fileno(self) -> int:
        """The descriptor to wait for: readable when `poll()` has something to do. It stays the reactor's."""
    def listen(
        self,
        sock_fd: int,
        *,
        framing: str,
        tls: ServerTls | None,
        limits: SessionLimits,
        codec: _Codec | None = None,
        role: _Role = "server",
    ) -> int:
        """Accept sessions from a listening socket (which is duplicated; close the caller's own at will).

        Returns the listener's number. `framing` is "epp" or "xpc" (items: `XpcBlock`). Without `codec` frames arrive as
        `bytes`. Raises OSError, ValueError.
        """
    def attach(
        self,
        sock_fd: int,
        *,
        framing: str,
        tls: ClientTls | None,
        server_name: str | None,
        limits: SessionLimits,
        codec: _Codec | None = None,
        role: _Role = "client",
    ) -> int:
        """Take over a connected or connecting socket; returns the session's number.

        The descriptor belongs to the reactor from here on, unless ValueError is raised. `Opened` follows when it is
        connected and the handshake is done, `Closed` when that fails.
        """
    def listen_datagrams(
        self,
        sock_fd: int,
        *,
        framing: Literal["lwz"] = "lwz",
        limits: DatagramLimits,
        codec: _Codec | None = None,
        role: Literal["server", "client"] = "server",
    ) -> int:
        """Receive from a bound (client: or connected) datagram socket, which is duplicated; the endpoint's number.

        Items are `LwzDatagram`; for `role="client"` `LwzReply`, and no rate or ratio holds. A socket bound to a
        wildcard answers from the address that was asked (Linux). Raises OSError, ValueError.
        """
    def set_endpoint_owner(self, endpoint: int, owner: object) -> None:
        """What `take` gives as the owner of this endpoint's items (until then its number)."""
    def reply_datagram(
        self, datagram: LwzDatagram, content: object, *, kind: Literal["xml", "vi", "si", "oi"] = "xml"
    ) -> None:
        """Queue the answer: a message for the endpoint's codec, or `bytes`; `flush()` sends.

        It is compressed when it would be too long otherwise and may be compressed. One that exceeds the client's
        maximum, or the endpoint's limits, becomes size information; nothing is sent when even that is too long. Raises
        what the codec raises, TypeError for a message without a codec, ValueError for a datagram that came from no
        reactor. For an endpoint that is closed it does nothing.
        """
    def reply_datagrams(
        self, datagrams: list[LwzDatagram], contents: list[Any], template: ResultTemplate | None = None, /
    ) -> list[tuple[int, BaseException]]:
        """`reply_datagram` of kind "xml" for many; the positions of those that could not be encoded, and why.

        With a template, which must be of the listener's codec, contents are what it makes documents of.
        """
    def send_datagram(self, endpoint: int, datagram: bytes, address: tuple[str, int] | None = None) -> None:
        """Queue a client's datagram (`lwz_request`), to an IP address, or (None) to whom the socket is connected."""
    def close_datagrams(self, endpoint: int) -> None:
        """Close the reactor's duplicate of the socket, at once: what was queued is lost."""
    def poll(self) -> int:
        """Do one bounded step of network work without the GIL; returns the number of items that `take` will give."""
    def linger(self, beside: int, seconds: float, /) -> int:
        """Wait until there is something to do, and then `poll()`; 0 when that gives nothing.

        It ends with 0, too, when the descriptor `beside` is readable, on a signal, and after `seconds`: so one can wait
        in the place of an event loop that waits for `fileno()` among others.
        """
    def take(self, n: int = 32) -> tuple[list[object], list[object]]:
        """The next `n` items in order, and for each its session's owner (`set_owner`, else the session's number)."""
    def set_owner(self, session: int, owner: object) -> None:
        """What `take` gives as the session's owner from now on; kept until the session has ended."""
    def set_allowed(self, session: int, namespaces: int) -> None:
        """The namespaces (bits of the codec) that messages may use; one that uses others arrives as `Unnegotiated`."""
    def send(self, session: int, payload: bytes) -> None:
        """Frame and queue a payload; `flush()` sends. Raises ValueError when no frame can be so long."""
    def send_message(self, session: int, message: object, cl_trid: str | None = None) -> None:
        """Encode with the session's codec, frame and queue. Raises what the codec raises; then nothing is queued.

        With `cl_trid`, what is sent has it in the field that is marked as such, whatever the message holds there; a
        message without that field is refused (EncodeError), and so is a codec that is none of `Codec` (ValueError).
        """
    def send_xpc(self, session: int, content: object, *, keep_open: bool, authority: str | None = None) -> None:
        """Queue an XPC block: a response on a listener's session, a request on an attached one.

        `content` is a document for application data (a message for the codec, or `bytes`), or a list or tuple of
        (type, document or `bytes`), in the order of RFC 4992 section 6: authentication, data, information. Data is
        split over chunks of at most 65,535 octets. `authority` is a request's (None: empty). Raises ValueError for a
        session of another framing, more than 255 octets of authority, one in a response, no chunk, or types that must
        not follow each other or are not for clients; TypeError for a message without a codec; and what the codec
        raises. Then nothing is queued. `send` and `send_message` make a block that keeps open, its authority empty.
        """
    def reply_xpc(self, session: int, content: object, template: ResultTemplate, /) -> None:
        """`send_xpc` of the document that the template makes of `content`, keeping the session open."""
    def reply(
        self,
        session: int,
        template: ReplyTemplate,
        result: object,
        cl_trid: str | None,
        sv_trid: str,
        data: object,
        /,
    ) -> None:
        """`send_message` of the document that the template describes, without making its objects; the same octets.

        `data` is an element, or a tuple of elements (empty: none). Raises ValueError when the session's codec is not
        the template's, and what `send_message` raises; then nothing is queued.
        """
    def flush(self) -> None:
        """Encrypt and write what was queued since the last flush: one record (up to 16 KiB) and one write a session."""
    def close(self, session: int, *, drain: bool = True) -> None:
        """End a session; `Closed` follows.

        `drain`: what was sent goes out first, then close_notify, then the socket closes; what arrives meanwhile is
        dropped. Otherwise at once.
        """
    def set_limit(self, session: int, frame_octets: int) -> None:
        """The longest frame from now on, header included."""
    def set_timer(
        self, session: int, kind: Literal["login", "frame", "idle", "session"], seconds: float | None
    ) -> None:
        """Restart a timer from now, or stop it."""
    def pause(self, session: int) -> None:
        """Stop reading, and delivering what was read."""
    def resume(self, session: int) -> None:
        """Deliver and read again."""
    def upgrade(self, session: int, tls: ServerTls | ClientTls, server_name: str | None = None) -> None:
        """From plain to TLS. What is queued goes out in the clear first; octets not taken yet are TLS's.

        `Opened` follows after the handshake.
        """
    def queued(self, session: int) -> int:
        """Octets of output not yet written; 0 for a session that is gone."""
    def peer(self, session: int) -> Peer | None:
        """Who is at the other end; None before the session is open and after it has ended."""
    def stop_accepting(self, listener: int) -> None:
        """Close the reactor's duplicate of the listening socket; sessions stay."""
    def stats(self) -> dict[str, int]:
        """Counters since the start and states of now, by name."""
    def shutdown(self) -> None:
        """Stop accepting and close every session at once."""

@final
class Wire:
    """One connection, sans-IO: TLS and framing. Any event loop or thread feeds it.

    Write `outgoing()` after construction and after every call to `receive`, `send`, `send_message`, `close`, `upgrade`.
    With a `ServerTls` or `role="server"` it is the server's side: XPC requests come in. `frame_limit` counts the
    header.
    """

    def __new__(
        cls,
        *,
        framing: str,
        tls: ClientTls | ServerTls | None,
        server_name: str | None = None,
        frame_limit: int,
        codec: _Codec | None = None,
        role: _Role = "client",
    ) -> Wire: ...
    def receive(self, data: bytes) -> list[object]:
        """Frames (`bytes` without a codec) and whatever else arrived, in order; `b""` is the end of file.

        Never raises on what the peer sent: `FrameTooLarge`, `BadFrameLength`, `EmptyFrame` and, last, `Closed` are
        items.
        """
    def send(self, payload: bytes) -> None:
        """Frame and queue; held back during the handshake. Raises ValueError after `close`."""
    def send_message(self, message: object) -> None: ...
    def send_xpc(self, content: object, *, keep_open: bool, authority: str | None = None) -> None:
        """As `Reactor.send_xpc`."""
    def outgoing(self) -> bytes:
        """Take what must be written now."""
    def close(self) -> None:
        """Queue close_notify: nothing can be sent after it, receiving goes on."""
    def set_limit(self, frame_octets: int) -> None: ...
    def upgrade(self, tls: ServerTls | ClientTls, server_name: str | None = None) -> None:
        """From plain to TLS; octets received and not yet returned belong to TLS."""
    @property
    def handshaking(self) -> bool: ...
    @property
    def closed(self) -> bool:
        """Nothing more will be received."""
    @property
    def peer(self) -> Peer | None:
        """None for plain, and until the handshake is done."""

# ------------------------------------------------------------------------------------- declared messages

@final
class Codec:
    """A compiled schema; made by `regwire.schema.Schema`, which documents what its methods raise."""

    def __new__(cls, description: dict[str, Any], *, remember: bool = True) -> Codec: ...
    def decode(self, frame: bytes | bytearray | memoryview, role: str | int = "strict", /) -> Any: ...
    def decode_with_namespaces(self, frame: bytes, role: int = 0, /) -> tuple[Any, int]: ...
    def encode(self, message: object, /) -> bytes: ...
    def namespace_bit(self, uri: str, /) -> int: ...
    def mask(self, frame: bytes, /) -> bytes | None: ...
    def redacted(self, message: object, /) -> str: ...
    def namespaces_used(self, message: object, /) -> list[str]: ...

@final
class ReplyTemplate:
    """How replies of one class are written without making their objects; made once for a codec.

    They are documents of the class `cls` where the field `result` holds a tuple of one object, `data` (a wildcard in a
    wrapper) a tuple of elements, and `identifiers` an object of two texts, the client's and the server's; every other
    field has its default. What stands around and between them is compiled from the declarations; what a result object
    is written as is remembered (256 of them, by identity: message objects are immutable). Raises ValueError for a class
    whose declaration is not of this form.
    """

    def __new__(cls, codec: Codec, document: type, /, *, result: str, data: str, identifiers: str) -> ReplyTemplate: ...
    def encode(self, result: object, cl_trid: str | None, sv_trid: str, data: object, /) -> bytes:
        """The payload of a reply: the octets of `Codec.encode` for the same document, and its errors."""

@final
class ResultTemplate:
    """How documents are written of which all but one element is the same, without their objects; made once for a codec.

    They are of the class of `nothing`, and hold in the field `path[0]` one object (or a tuple of one), in whose field
    `path[1]` there is one object, and so on; the field named last holds a tuple of one element. Every other field has
    its default. `nothing` is the document for None. Raises ValueError for a class whose declaration is not of this
    form.
    """

    def __new__(cls, codec: Codec, nothing: object, /, *path: str) -> ResultTemplate: ...
    def encode(self, content: object, /) -> bytes:
        """The document of an element, of None, or a whole one: the octets of `Codec.encode`, and its errors."""

@final
class NameIndex:
    """The names of domains in memory (about 100 octets each), each with the little that a check of it tells."""

    def __new__(cls) -> NameIndex: ...
    def __len__(self) -> int: ...
    def __contains__(self, name: str, /) -> bool: ...
    def octets(self) -> int:
        """How much memory it takes."""
    def clear(self) -> None: ...
    def put(self, domains: list[tuple[str, int, int, int, int, int]], /) -> None:
        """Put domains in, or replace them: name, created, expires, since and until when the rest holds, shape.

        Instants are milliseconds since 1970 UTC. What a shape (0 to 65534) is, is the caller's business; 65535 is none.
        Raises ValueError for a name of more than 255 octets.
        """
    def drop(self, names: list[str], /) -> None:
        """Take domains out; those that are not there are passed over."""
    def existing(self, names: Iterable[str], /) -> set[str]:
        """Those that are there."""
    def find(self, names: list[str], now: int, stamps: Stamps | None = None, /) -> list[Any]:
        """What is known of names at an instant, in their order.

        None: it is not there. (shape, created, expires): it is. True: it is there, without a shape, or the instant is
        not one at which it holds. False: it is no plain name (lower-case letters, digits and hyphens, no label with
        hyphens in the third and fourth place), whatever else. With `stamps`, a message in place of the tuple where
        there is a model for the shape.
        """

@final
class Stamps:
    """How `NameIndex.find` makes messages of a class: as copies of one (`put`) for each shape.

    `name` and `again` are the fields that take the name, `created` and `expires` those of the instants. Raises
    TypeError for what is no field.
    """

    def __new__(cls, message: type, name: str, again: str, created: str, expires: str, /) -> Stamps: ...
    def put(self, shape: int, model: object, /) -> None:
        """Have messages of a shape made like this one. Raises TypeError for one of another class."""

@final
class Lookups:
    """The way from an IRIS request to its handler, for requests that are one lookup or query of one that does not wait.

    `request`, `search_set`, `lookup`, `result` and `context` are the classes of `regwire.iris` of these names;
    `queries` has handlers by class of query, `learn(registry type, class)` gives the handler of a lookup and whether
    it takes many, or None; `serves(authority)` tells whether it is answered for; `settle(found, query)` and
    `refuse(exception, query)` make what to send of what is no plain result. What handlers are told of a datagram is
    used again when they did not keep it. For `regwire.iris.engine`.
    """

    def __new__(
        cls,
        *,
        request: type,
        search_set: type,
        lookup: type,
        result: type,
        context: type,
        queries: dict[Any, Callable[..., Any]],
        learn: Callable[[str, str], tuple[Callable[..., Any], bool] | None],
        serves: Callable[[str], bool],
        settle: Callable[[Any, Any], Any],
        refuse: Callable[[Exception, Any], Any],
    ) -> Lookups: ...
    def one(self, request: object, context: object, /) -> Any:
        """What to send: an element, None (nothing found) or a whole response; NotImplemented: it goes another way."""
    def answer(
        self, datagrams: list[LwzDatagram], answered: list[LwzDatagram], contents: list[Any], /
    ) -> list[LwzDatagram]:
        """Append what is answered to `answered`, and what to send for it to `contents`; return all others."""

@final
class Decoder:
    """The `decode` of a protocol package, by the codec that `first` gives or by that of a Schema.

    `refuse` raises what a `Fault` is; `home` is a function of a module that gives this object, for pickling `decode`.
    """

    def __new__(
        cls, first: Callable[[], Codec], refuse: Callable[[Fault], None], home: Callable[[], Decoder], /
    ) -> Decoder: ...
    def decode(
        self, frame: bytes | bytearray | memoryview, *, role: str | int = "strict", schema: Any = None
    ) -> Any: ...

@final
class Raw:
    """An element kept as XML: `Raw(xml)` takes one well-formed element, a declaration in front of it is dropped.

    `xml` is the element in UTF-8 with every namespace declaration it needs; `namespace` is empty for none; `element`
    parses
    it to an lxml element, anew at each access. Raises ValueError for anything but one well-formed element.
    """

    def __new__(cls, xml: bytes) -> Raw: ...
    @property
    def xml(self) -> bytes: ...
    @property
    def namespace(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def element(self) -> Any: ...
    def __copy__(self) -> Raw: ...
    def __deepcopy__(self, _memo: object, /) -> Raw: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class FaultItem:
    """One fault of a frame: its class, element path, rule, offending value (masked where secret) and octet offset."""

    def __new__(cls, cls_: str, path: str, rule: str, value: str | None = None, offset: int = 0) -> FaultItem: ...
    @property
    def cls(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def offset(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Fault:
    """A frame that is no message of the schema, and what could still be read of it (`docs/design/schema.md`)."""

    def __new__(
        cls,
        kind: str,
        faults: Sequence[FaultItem] = ...,
        *,
        command: str | None = None,
        object_ns: str | None = None,
        object_tag: str | None = None,
        extension_ns: Sequence[str] = ...,
        cl_trid: str | None = None,
        root: tuple[str, str] | None = None,
        login_version: str | None = None,
        login_lang: str | None = None,
        line: int | None = None,
        octets: int = 0,
        sha256: str | None = None,
    ) -> Fault: ...
    @property
    def kind(self) -> str: ...
    @property
    def faults(self) -> tuple[FaultItem, ...]: ...
    @property
    def command(self) -> str | None: ...
    @property
    def object_ns(self) -> str | None: ...
    @property
    def object_tag(self) -> str | None: ...
    @property
    def extension_ns(self) -> tuple[str, ...]: ...
    @property
    def cl_trid(self) -> str | None: ...
    @property
    def root(self) -> tuple[str, str] | None: ...
    @property
    def login_version(self) -> str | None: ...
    @property
    def login_lang(self) -> str | None: ...
    @property
    def line(self) -> int | None: ...
    @property
    def octets(self) -> int: ...
    @property
    def sha256(self) -> str | None: ...
    def __eq__(self, other: object, /) -> bool: ...

def adopt_class(cls: type, names: tuple[str, ...], seal: Callable[[Any], None], /) -> None: ...
def seal_class(cls: type, defaults: tuple[object, ...], missing: object, /) -> None: ...
def replace_fields(message: object, changes: dict[str, Any], /) -> Any: ...
def values_of(message: object, /) -> tuple[Any, ...]: ...
def nest(classes: tuple[type[Any], ...], value: object, /) -> Any:
    """`outermost(...(innermost(value)))`: messages of these classes, one inside another in their first fields.

    All other fields hold their defaults. Raises what the constructors raise.
    """

def is_tracked(value: object, /) -> bool: ...

@final
class Verdicts:
    """What `verdicts` gives, kept as the values and a bit each, to be sent without becoming objects.

    A codec writes it wherever it writes the object: the same octets, the same errors. `taken` is asked at once.
    """

    def __new__(
        cls, values: tuple[str, ...], taken: Container[str], classes: tuple[type, type, type], reason: object, /
    ) -> Verdicts: ...
    @property
    def data(self) -> Any:
        """The object, made anew each time."""
    @property
    def kind(self) -> type[Any]:
        """The class of `data`."""
    def __len__(self) -> int: ...

def verdicts(
    values: tuple[str, ...],
    taken: Container[str],
    classes: tuple[type[_T], type[object], type[object]],
    reason: object,
    /,
) -> _T:
    """`data(tuple(item(head(value, free), None if free else reason) for value in values))`; free: `value not in taken`.

    `classes` are `(data, item, head)`, message classes of one, two and two fields.
    """

def available(items: object, /) -> tuple[str, ...]:
    """`tuple(head.value for item in items if head.free)`; `head` is the first field of an item.

    `items` is their tuple, or the message whose first field holds it: then items that are not built yet stay so.
    Raises `TypeError` for items that are no messages of such fields.
    """

@final
class LaterField:
    """The descriptor of a field that `put_off` was called for."""

    __name__: str
    @property
    def __objclass__(self) -> type[Any]: ...
    def __get__(self, instance: object, owner: object = None, /) -> Any: ...
    def __set__(self, instance: object, value: object, /) -> None: ...

def put_off(cls: type[Any], name: str, /) -> LaterField:
    """Let the tuple of a field be built when it is read, and not when the message is decoded.

    Called once for a class, after `adopt_class`, for a field of repeated messages; what is returned takes the place of
    the field's descriptor. What is decoded is checked as ever, so that reading the field fails for want of memory only.
    """

def is_put_off(message: object, /) -> bool:
    """The tuple of the message's field that may be built later is not built yet (for tests)."""

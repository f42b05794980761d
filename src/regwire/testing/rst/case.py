"""What a case is written with: sessions, steps, findings. A case is an async function of its `Case`."""

from __future__ import annotations

import contextlib
import ssl
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import trio

from regwire.epp import Command
from regwire.epp.ext import login_sec, secure_authinfo
from regwire.errors import ConnectFailed, RegwireError
from regwire.schema import Raw
from regwire.testing.rst.catalogue import ALWAYS, CaseEntry, Severity, catalogue, severity_of
from regwire.testing.rst.frames import Judge, Transcript
from regwire.testing.rst.inputs import Inputs, Tld
from regwire.testing.rst.rows import Row, Table
from regwire.testing.rst.service import Service
from regwire.testing.rst.session import Reply, Session, client_context, dial, open_session
from regwire.testing.rst.values import Values
from regwire.testing.rst.verdicts import CaseResult, Finding
from regwire.testing.rst.xmltext import extension_elements

__all__ = ["Case", "CaseFunction", "Skip", "Stop", "case_functions", "rst_case"]


class Skip(Exception):
    """The case does not apply to this server, or an input that it needs is missing."""


class Stop(Exception):
    """The case cannot go on; why has been reported."""


CaseFunction = Callable[["Case"], Awaitable[None]]
_functions: dict[str, CaseFunction] = {}


def rst_case(id: str) -> Callable[[CaseFunction], CaseFunction]:
    """Register a function as the case of this identifier."""
    if id not in catalogue():
        raise ValueError(f"no case {id} in the catalogue")

    def register(function: CaseFunction) -> CaseFunction:
        _functions[id] = function
        return function

    return register


def case_functions() -> Mapping[str, CaseFunction]:
    """The registered cases by identifier, in the order of the catalogue."""
    return {id: _functions[id] for id in catalogue() if id in _functions}


class Case:
    """One run of one case."""

    def __init__(
        self,
        entry: CaseEntry,
        inputs: Inputs,
        service: Service,
        *,
        tables: Mapping[str, Table],
        values: Values,
        judge: Judge,
    ) -> None:
        self.entry = entry
        self.inputs = inputs
        self.service = service
        self.values = values
        self.tables = tables
        self.judge = judge
        self.result = CaseResult(entry.id, entry.title)
        self.transcript = Transcript(inputs.secrets)
        self._step = ""
        self._stack = contextlib.AsyncExitStack()
        self._sessions: list[Session] = []
        self._logged_in: dict[int, Session] = {}
        self.cache: dict[str, Any] = {}

    # ------------------------------------------------------------------------------------------------- findings

    def step(self, text: str) -> None:
        """Begin a step: what is about to be shown. Frames of the steps before are no longer evidence."""
        self._step = text
        self.result.steps += 1
        self.transcript.mark()

    def report(self, code: str, detail: str) -> None:
        """Note that something is not as it must be. A critical error ends the case (raises Stop)."""
        if code not in self.entry.codes and code not in ALWAYS:
            raise ValueError(f"{self.entry.id} has no error code {code}")
        finding = Finding(code, self._step, detail, self.transcript.since_mark())
        # The same fault of every frame is told once a step.
        if not any((f.code, f.step, f.detail) == (code, self._step, detail) for f in self.result.findings):
            self.result.findings.append(finding)
        if severity_of(code) is Severity.CRITICAL:
            raise Stop

    def _observed(self, code: str, detail: str) -> None:
        """What the session notices by itself."""
        self.report(code if code in self.entry.codes else "EPP_UNEXPECTED_COMMAND_FAILURE", detail)

    def note(self, text: str) -> None:
        """Say something that is no error; once."""
        if text not in self.result.notes:
            self.result.notes.append(text)

    def skip(self, reason: str) -> NoReturn:
        """End the case: it does not apply."""
        raise Skip(reason)

    def stop(self, code: str, detail: str) -> NoReturn:
        """Report, and end the case."""
        self.report(code, detail)
        raise Stop

    # ------------------------------------------------------------------------------------------------- sessions

    async def login(self, number: int = 1, *, address: str | None = None) -> Session:
        """Return a session of registrar 1 or 2, logged in; the same one as long as it lasts.

        Raises Stop when there is none to be had.
        """
        found = self._logged_in.get(number)
        if found is not None and not found.closed and address is None:
            return found
        session = await self.connect(number, address=address)
        client_id, password = self.inputs.client(number)
        if len(password) > 16 and not session.offers(login_sec.NAMESPACE.uri):
            self.stop("EPP_LOGIN_ERROR", f"the password of {client_id} has more than 16 characters, and no loginSec")
        reply = await session.login(client_id, password, extension=self.login_extension(session))
        if reply.code != 1000:
            self.stop("EPP_LOGIN_ERROR", f"the login of {client_id} was answered {reply}")
        if address is None:
            self._logged_in[number] = session
        return session

    def login_extension(self, session: Session) -> tuple[Raw, ...]:
        """What every login must carry, by the input `epp.loginExtension`."""
        return self.extension_of(session, "epp.loginExtension", "EPP_INVALID_EXTENSION")

    def extension_of(self, session: Session, name: str, code: str, **replaced: str) -> tuple[Raw, ...]:
        """The elements of an <extension> that an input gives; `code` is reported when it is no such thing.

        A comment that holds one of the names of `replaced` becomes its value. The namespaces must be offered.
        """
        text = self.inputs[name]
        if not text:
            return ()
        for token, value in replaced.items():
            text = text.replace(f"<!-- {token} -->", value)
        try:
            found = extension_elements(text)
        except ValueError as error:
            self.stop(code, f"{name}: {error}")
        for item in found:
            if not session.offers(item.namespace):
                self.stop(code, f"{name}: the server does not offer {item.namespace}")
        return found

    async def connect(self, number: int | None = 1, *, address: str | None = None) -> Session:
        """Return a session with the certificate of registrar 1 or 2 (None: without one), not logged in.

        Raises Stop when no service port lets it come up.
        """
        context = client_context(self.inputs.path("run.ca"), self.inputs.certificate(number) if number else None)
        return await self.connect_with(context, address=address)

    async def connect_with(self, context: ssl.SSLContext, *, address: str | None = None) -> Session:
        """As `connect`, with TLS settings of its own."""
        stream = await self._dial(context, [address] if address else self.addresses())
        number = len(self._sessions) + 1
        opening = open_session(
            stream,
            number=number,
            transcript=self.transcript,
            judge=self.judge,
            report=self._observed,
            timeout=self.inputs["run.timeout"],
            pause=self.inputs["run.pause"],
        )
        try:
            session = await self._stack.enter_async_context(opening)
        except ConnectFailed as error:
            payload = opening.stream.greeting
            fault = None if payload is None else self.judge.fault(payload)
            self._observed(*(fault or ("EPP_NO_GREETING_RECEIVED", str(error))))
            raise Stop from error
        self._sessions.append(session)
        return session

    def addresses(self) -> list[str]:
        """The service ports' addresses, those first that could be reached; a critical error without any."""
        service = self.service
        if service.problem:
            self.report("EPP_DNS_RESOLUTION_ERROR", f"{service.name}: {service.problem}")
        return sorted(service.addresses, key=lambda address: address in service.unreachable)

    async def _dial(self, context: ssl.SSLContext, addresses: list[str]) -> trio.abc.Stream:
        service = self.service
        for address in addresses:
            try:
                return await dial(address, service.port, service.name, context, self.inputs["run.timeout"])
            except ssl.SSLError as error:
                self.report("EPP_TLS_CONNECTION_ERROR", f"{address} port {service.port}: {error}")
                raise Stop from error
            except (OSError, trio.TooSlowError) as error:
                service.unreachable.add(address)
                reason = str(error) or "no connection in time"
                self.report("EPP_SERVICE_PORT_UNREACHABLE", f"{address} port {service.port}: {reason}")
        return self.stop("EPP_NO_SERVICE_PORTS_REACHABLE", f"{service.name} port {service.port}: nobody answers")

    @contextlib.asynccontextmanager
    async def separate(self) -> AsyncIterator[None]:
        """Close the sessions that are opened in the block at its end: servers allow few at a time."""
        outer = self._stack
        try:
            async with contextlib.AsyncExitStack() as self._stack:
                yield
        finally:
            self._stack = outer

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Time the case and close its sessions at the end; Skip and Stop end here."""
        started = time.perf_counter()
        try:
            async with self._stack:
                yield
        except Skip as skip:
            self.result.reason = str(skip)
        except Stop:
            pass
        except RegwireError:
            raise
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.result.crash = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        finally:
            self.result.seconds = round(time.perf_counter() - started, 3)
            self.result.commands = sum(session.commands for session in self._sessions)
            self.result.slowest = round(max((session.slowest for session in self._sessions), default=0.0), 4)

    # ------------------------------------------------------------------------------------------------- commands

    async def accepted(self, session: Session, message: Command, code: str) -> Reply:
        """Send a command that must succeed; `code` is reported when it does not."""
        reply = await session.ask(message)
        if reply.refused:
            self.report(code, f"refused: {reply}")
        return reply

    async def refused(self, session: Session, message: Command, code: str, *, by: tuple[int, ...] = ()) -> Reply:
        """Send a command that must be refused (by one of these codes); `code` is reported when it is not."""
        reply = await session.ask(message)
        if reply.ok:
            self.report(code, f"accepted: {reply}")
        elif by and reply.refused and reply.code not in by:
            self.report(code, f"refused by {reply}, not by {' or '.join(map(str, by))}")
        return reply

    async def must(self, session: Session, message: Command, what: str) -> Reply:
        """Send a command that prepares the case; without its success the case ends."""
        reply = await session.ask(message)
        if not reply.ok:
            self.stop("EPP_UNEXPECTED_COMMAND_FAILURE", f"{what} was refused: {reply}")
        return reply

    # ------------------------------------------------------------------------------------------------- the server

    @property
    def server_id(self) -> str:
        """What the server calls itself; empty before the first greeting."""
        return self._sessions[0].greeting.sv_id if self._sessions else ""

    def auth(self, session: Session) -> str:
        """The authInfo of a new object: empty where the server keeps none between transfers (RFC 9154)."""
        return "" if self.secure_auth(session) else self.secret()

    def secure_auth(self, session: Session) -> bool:
        """Whether the server announces RFC 9154."""
        return session.offers(secure_authinfo.NAMESPACE.uri)

    def secret(self) -> str:
        """A new authInfo, never shown in a report."""
        return self.values.secret()

    def rows(
        self,
        table: str,
        variables: Mapping[str, str] | None = None,
        auto: Mapping[str, Callable[[], str]] | None = None,
    ) -> Iterator[tuple[Row, dict[str, str]]]:
        """The rows of a table with their computed values; see `regwire.testing.rst.rows`."""
        known = {"EXTERNAL": self.inputs["run.externalZone"], **(variables or {})}
        return self.tables[table].resolved(self.values, variables=known, auto=auto)

    def external_name(self, host: str = "ns1", *, parent: str = "rst") -> str:
        """The name of a host outside of the registry that nobody has."""
        return f"{host}.{self.values.label(parent)}.{self.inputs['run.externalZone']}"

    def ascii_tlds(self) -> list[Tld]:
        """The zones in which an ASCII name may be registered; the case is skipped without any."""
        found = [tld for tld in self.inputs.tlds if not tld.idn_only]
        if not found:
            self.skip("every TLD of the inputs is for IDNs only")
        return found

    def registered_name(self, tld: Tld) -> str | None:
        """A domain of the zone that belongs to another registrar, from `epp.registeredNames`."""
        return next((name.lower() for name in self.inputs["epp.registeredNames"] if _in(name, tld)), None)


def _in(name: str, tld: Tld) -> bool:
    return name.lower().endswith(f".{tld.name}")

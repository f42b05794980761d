"""The EPP clients of the commands, over the library's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from regwire.cli.target import Options, Target, resolve
from regwire.errors import CertificateRefused, ConfigError, RegwireError
from regwire.trio.epp import ClientConfig, ClientTls, Pool, connect

if TYPE_CHECKING:
    from regwire.epp import Command, Greeting, Response
    from regwire.trio.epp import Client

__all__ = ["client_tls", "converse", "greet", "open_pool", "run", "send_one"]

T = TypeVar("T")


def send_one(options: Options, message: Command) -> Response:
    """Log in, send one command, log out; returns its response, whatever its code."""
    return converse(options, lambda client: client.send(message))


def converse(options: Options, steps: Callable[[Client], Awaitable[T]]) -> T:
    """Log in, take the steps, log out; returns what the steps return.

    Raises:
        RegwireError: as `regwire.trio.epp.connect` and the steps.

    """
    target = resolve(options)
    tls = client_tls(target)

    async def main() -> T:
        async with connect(
            target.host,
            target.port,
            client_id=target.client_id,
            password=target.password,
            tls=tls,
            server_name=target.server_name,
            config=ClientConfig(reply_timeout=target.timeout),
            timeout=target.timeout,
        ) as client:
            return await steps(client)

    return _cured(main)


def greet(options: Options) -> Greeting:
    """Return the server's greeting; nobody logs in."""
    target = resolve(options)
    tls = client_tls(target)

    async def main() -> Greeting:
        async with connect(
            target.host,
            target.port,
            client_id=None,
            tls=tls,
            server_name=target.server_name,
            timeout=target.timeout,
        ) as client:
            return client.greeting

    return _cured(main)


def open_pool(target: Target, *, size: int, window: int) -> Pool:
    """Return a pool of sessions; enter it."""
    return Pool(
        target.host,
        target.port,
        client_id=target.client_id,
        password=target.password,
        tls=client_tls(target),
        server_name=target.server_name,
        size=size,
        window=window,
        timeout=target.timeout,
    )


def client_tls(target: Target) -> ClientTls:
    """Return the TLS configuration of a target; what cannot be loaded is named."""
    try:
        return ClientTls(ca=target.ca, certificate=target.certificate, key=target.key)
    except (ValueError, OSError) as error:
        raise ConfigError("TLS", str(error), "give PEM files by --ca, --cert and --key") from error


def _cured(main: Callable[[], Awaitable[T]]) -> T:
    """Run a conversation; a certificate that is refused comes with the options that choose another one."""
    try:
        return run(main)
    except CertificateRefused as error:
        cure = "--ca names whom to trust, --server-name whose certificate it is, --cert and --key ours"
        raise CertificateRefused(f"{error}; {cure}") from error


def run(main: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Run an async function; an error of regwire's comes out of the groups that nurseries wrap it in."""
    try:
        return trio.run(main, *arguments)
    except BaseExceptionGroup as group:
        found = first_error(group)
        if found is None:
            raise
        raise found from group


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException | None:
    """Return the first RegwireError or interrupt in a group, however deep; None without one."""
    for error in group.exceptions:
        if isinstance(error, RegwireError | KeyboardInterrupt):
            return error
        if isinstance(error, BaseExceptionGroup):
            inner = first_error(error)
            if inner is not None:
                return inner
    return None

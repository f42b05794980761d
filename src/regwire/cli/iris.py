"""``regwire iris URI``: look something up by IRIS, here or wherever it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from regwire.cli.show import printable
from regwire.errors import ConfigError, ConnectFailed, IrisError, RegwireError, TransferRefused

if TYPE_CHECKING:
    from regwire.iris.uri import IrisUri
    from regwire.trio.iris import Found, KnownServer

__all__ = ["iris"]

TRANSPORTS = ("xpc", "xpcs", "beep", "lwz")


def iris(
    uri: Annotated[str, typer.Argument(metavar="URI", help="iris:dchk1//example/domain-name/a.example")],
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Ask the registry of `regwire init` in DIR.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Ask this server; the DNS is not asked.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port [the transport's].")] = None,
    transport: Annotated[
        str | None, typer.Option(metavar="NAME", help="xpc, xpcs, beep or lwz [the URI's, else as the DNS says].")
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="How servers are found: direct, bottom or top [the URI's].")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Ask where referrals point to.")] = True,
    private: Annotated[
        bool, typer.Option("--private-referrals", help="Also where a public server refers to a private address.")
    ] = False,
    ca: Annotated[Path | None, typer.Option(metavar="PEM", help="Authorities to trust [the system's].")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds in all.")] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Look something up by IRIS: a domain's availability, a domain, host, contact, network or number.

    Exit: 0 found, 1 the server's error (such as nameNotFound), 2 usage, 3 no connection, or no answer of use.
    """
    import trio

    from regwire.cli.show import print_json
    from regwire.iris.uri import IrisUri
    from regwire.trio.iris import LookupConfig, lookup

    if transport is not None and transport not in TRANSPORTS:
        raise ConfigError("--transport", f"{transport} is none", f"one of {', '.join(TRANSPORTS)}")
    wanted = IrisUri.parse(uri)
    server, authorities = _server(wanted, folder, host, port, transport)
    config = LookupConfig(
        servers={} if server is None else {"*": server},
        transports=None if transport is None else (transport,),
        follow=follow,
        private_referrals=private,
        tls=_tls(ca or authorities),
    )
    if transport is not None:
        wanted = wanted.replace(scheme=f"iris.{transport}")

    async def ask() -> Found:
        with trio.fail_after(timeout):
            return await lookup(wanted, config=config, resolution=method or "")

    try:
        found = trio.run(ask)
    except trio.TooSlowError:
        raise ConnectFailed(f"{wanted.authority}: no answer within {timeout:g} s") from None
    except (ConfigError, ConnectFailed):
        raise
    except RegwireError as error:
        _fail(wanted, error, json=json)
    if json:
        print_json(_plain(found))
    else:
        _show(found)


def _fail(wanted: IrisUri, error: RegwireError, *, json: bool) -> NoReturn:
    """Say in one line why there is no answer, and exit."""
    from regwire.cli.show import print_json

    said = isinstance(error, IrisError | TransferRefused)
    if json and said:
        print_json({"results": [], "error": _error(error)})
    else:
        about = wanted.entity_name if isinstance(error, IrisError) else str(wanted.authority)
        typer.echo(printable(f"regwire: {about}: {error}"), err=True)
    raise typer.Exit(1 if said else 3) from None


def _server(
    wanted: IrisUri, folder: Path | None, host: str | None, port: int | None, transport: str | None
) -> tuple[KnownServer | None, Path | None]:
    """The server that the options name, and the authorities that its certificate is of."""
    from regwire.iris.resolve import WELL_KNOWN
    from regwire.trio.iris import KnownServer

    kind = transport or wanted.transport
    if folder is not None:
        return _of_folder(folder, kind, host, port)
    if host is not None:
        kind = kind or "xpc"
        return KnownServer(host, port or WELL_KNOWN[kind], kind, host), None
    if port is not None:
        raise ConfigError("--port", "needs --host", "or write the port into the URI: iris:dreg1//host:port/…")
    return None, None


def _of_folder(
    folder: Path, transport: str | None, host: str | None, port: int | None
) -> tuple[KnownServer, Path | None]:
    from regwire.registry.config import WELL_KNOWN_PORTS, load_config
    from regwire.trio.iris import KnownServer

    config = load_config(folder / "registry.toml")
    listen = config.listen
    ports = {
        name.removeprefix("iris."): WELL_KNOWN_PORTS[name] + listen.port_offset
        for name in listen.protocols
        if name.startswith("iris.")
    }
    for extra in listen.extra:
        if extra.protocol.startswith("iris.") and extra.port:
            ports.setdefault(extra.protocol.removeprefix("iris."), extra.port)
    if transport is None:
        transport = next((name for name in TRANSPORTS if name in ports), "xpc")
    if port is None and transport not in ports:
        cure = f'add "iris.{transport}" to protocols of [listen], or choose of: {", ".join(sorted(ports)) or "none"}'
        raise ConfigError(str(folder / "registry.toml"), f"the registry does not listen on iris.{transport}", cure)
    ca = folder / "pki" / "ca.pem"
    server = KnownServer(host or listen.address, port or ports[transport], transport, "localhost")
    return server, ca if ca.is_file() else None


def _tls(ca: Path | None) -> Any:
    if ca is None:
        return None
    from regwire_native import ClientTls

    try:
        return ClientTls(ca=ca.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError("--ca", f"{ca} cannot be read ({error})", "give a PEM file of certificates") from error


# ---------------------------------------------------------------------------------------------------------- output


def _error(error: Exception) -> dict[str, Any]:
    return {"name": type(error).__name__, "text": str(error)}


def _named(item: Any) -> dict[str, Any]:
    """Class and content of a message, its registry type first."""
    prefix = item.__ns__.prefix if item.__ns__ is not None else None
    return {"element": f"{prefix}:{item.__tag__}" if prefix else item.__tag__, **item.to_dict()}


def _plain(found: Found) -> dict[str, Any]:
    return {
        "results": [_named(result) for result in found.results],
        "additional": [_named(result) for result in found.additional],
        "asked": [
            {
                "authority": step.authority,
                "host": step.target.host,
                "port": step.target.port,
                "transport": step.target.transport,
            }
            for step in found.steps
        ],
        "failures": [{"authority": failure.authority, **_error(failure.error)} for failure in found.failures],
        "left": [_named(referral) for referral in found.left],
    }


def _show(found: Found) -> None:
    for result in found.results:
        plain = _named(result)
        kind, name = plain.pop("element"), plain.pop("entity_name")
        typer.echo(printable(f"{kind} {name}"))
        for key in ("authority", "resolution", "registry_type", "entity_class", "temporary_reference"):
            plain.pop(key)
        for line in _lines(plain, "  "):
            typer.echo(printable(line))
    if not found.results:
        typer.echo("nothing found")
    for referral in found.left:
        what = getattr(referral, "entity_name", None) or type(getattr(referral, "query", referral)).__name__
        typer.echo(printable(f"see {what} at {referral.authority or 'the same authority'}"))
    for failure in found.failures:
        typer.echo(printable(f"{failure.authority}: {failure.error}"), err=True)
    for step in found.steps:
        by = f"{step.target.transport} ({step.target.host}:{step.target.port})"
        typer.echo(printable(f"from {step.authority} by {by}"), err=True)


def _lines(value: Any, indent: str) -> list[str]:
    """Names and values below each other; what is empty is left out."""
    out: list[str] = []
    for name, inner in value.items():
        if inner is None or inner == [] or inner is False or inner == "":
            continue
        title = f"{indent}{name.replace('_', ' ')}"
        for item in inner if isinstance(inner, list) else [inner]:
            if not isinstance(item, dict):
                out.append(f"{title}: {item}")
                continue
            reference = item.get("entity_name")
            shown = item.get("tag") or reference or item.get("value") or item.get("text")
            hidden = {"tag", "value", "text", "language"} if shown else {"tag"}
            rest = {k: v for k, v in item.items() if k not in hidden and (reference is None or k == "display_names")}
            out.append(f"{title}: {shown}" if shown else f"{title}:")
            out.extend(_lines(rest, indent + "  "))
    return out

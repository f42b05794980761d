"""A registry with launch phases, behind its EPP front; every reply is held against the schemas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio
from clearinghouse import Authority, Clearinghouse, write_labels, write_pem, write_revoked, write_sunrise_list
from front_world import Front
from lxml import etree
from registry_world import PASSWORD, START
from xml_schemas import XSD, validator

from regwire.epp import auth_info, encode, requests
from regwire.epp.ext import launch as x
from regwire.epp.messages.core import Response
from regwire.registry.clock import MovableClock
from regwire.registry.config import parse_config
from regwire.registry.engine import open_registry
from regwire.registry.model.requests import Request

KEY = "2024091300/6/a/b/arJyPPf2CK7f21bVGne0qMgW0000000001"
SETTINGS = """
[registry]
zones = ["sunrise", "claims", "round", "later", "plain"]
[store]
kind = "memory"
[[policy.launch.validators]]
trust = ["ca.pem"]
crls = ["ca.crl"]
revoked = "smdrl.csv"
labels = "dnl.csv"
sunrise = "surl.csv"
codes = "codes.csv"

[[zone."sunrise".launch.phases]]
phase = "sunrise"

[[zone."claims".launch.phases]]
phase = "claims"
name = "open"

[[zone."round".launch.phases]]
phase = "sunrise"
mode = "application"
[[zone."round".launch.phases]]
phase = "landrush"
mode = "application"

[[zone."later".launch.phases]]
phase = "landrush"
proof = "listed-mark"
start = 2025-04-01T00:00:00Z
end = 2025-05-01T00:00:00Z
[[zone."later".launch.phases]]
phase = "custom"
name = "vip"
proof = "both"
start = 2025-04-01T00:00:00Z
end = 2025-05-01T00:00:00Z
[[zone."later".launch.phases]]
phase = "open"
start = 2025-05-01T00:00:00Z
"""
NAMESPACES = frozenset(
    {
        "urn:ietf:params:xml:ns:epp-1.0",
        "urn:ietf:params:xml:ns:domain-1.0",
        "urn:ietf:params:xml:ns:contact-1.0",
        "urn:ietf:params:xml:ns:launch-1.0",
        "urn:ietf:params:xml:ns:rgp-1.0",
    }
)
REVOKED = "0000009999999999999999-65535"
HOUSE = Clearinghouse(Authority())
GONE = Clearinghouse(HOUSE.authority, "revoked signer")


class LaunchFront(Front):
    """A front whose operator can be asked, and whose files can be changed."""

    folder: Path

    async def operator(self, request: Request) -> Any:
        (outcome,) = await self.registry.submit([self.registry.call("-", request)])
        return outcome

    async def ask(self, account: str, message: Any) -> Response:
        ((found,),) = await self.run((account, [message]))
        if XSD.is_dir():
            octets = encode(found)
            schema = validator(NAMESPACES)
            assert schema.validate(etree.fromstring(octets)), f"{schema.error_log}\n{octets.decode()}"
        return found

    async def code(self, account: str, message: Any) -> int:
        return int((await self.ask(account, message)).results[0].code)


def write_files(folder: Path) -> None:
    """Write what the settings name."""
    write_pem(folder / "ca.pem", HOUSE.authority.certificate)
    write_pem(folder / "ca.crl", HOUSE.authority.crl(GONE.certificate))
    write_revoked(folder / "smdrl.csv", [REVOKED])
    write_labels(folder / "dnl.csv", {"test-validate": KEY, "validate": KEY})
    write_sunrise_list(folder / "surl.csv", ["listed"])
    (folder / "codes.csv").write_text("code,label\n49FD46E6C4B45C55D4AC,test-code\n", encoding="utf-8")


def launch_test(test: Callable[[LaunchFront], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Make a test of a coroutine that gets a `LaunchFront`."""

    async def run() -> None:
        with TemporaryDirectory() as name:
            folder = Path(name)
            write_files(folder)
            clock = MovableClock(START)
            async with open_registry(parse_config(SETTINGS, folder / "registry.toml"), clock=clock) as registry:
                front = LaunchFront(registry, clock)
                front.folder = folder
                await test(front)

    @wraps(test)
    def wrapped() -> None:
        trio.run(run)

    # Else the runner takes the front for a fixture.
    del wrapped.__wrapped__  # type: ignore[attr-defined]
    return wrapped


def create(name: str, *extension: Any, **more: Any) -> Any:
    return requests.create_domain(name, auth_info=auth_info(PASSWORD), extension=extension, **more)


def phase(value: str, name: str | None = None) -> x.LaunchPhase:
    return x.LaunchPhase(value, name)  # type: ignore[arg-type]


def notice(id: str, not_after: dt.datetime, accepted: dt.datetime, validator: str | None = None) -> x.LaunchNotice:
    return x.LaunchNotice(x.LaunchNoticeId(id, validator), not_after, accepted)

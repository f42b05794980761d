"""``regwire init --rst``: a registry in which every case of the registry tests applies."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.config import Config
    from regwire.registry.operator import Operator

__all__ = ["REGISTRARS", "ZONES", "create_rst_registry"]

#: Two that are tested, and one that others' names, hosts and contacts belong to.
REGISTRARS: Final = ("reg-a", "reg-b", "reg-c")
#: For names in ASCII and by the Latin table; for IDNs only; always in sunrise; always in the claims period.
ZONES: Final = ("example", "idn-only.test", "sunrise.test", "claims.test")
_PORT: Final = 700
_BESIDE: Final = ("tmch", "registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm")


def create_rst_registry(folder: Path) -> list[Path]:
    """Write what `regwire init` writes, for the maximum data model, IDN tables, sunrise and claims.

    A stand-in for the Trademark Clearinghouse lies in ``tmch``: nobody but this registry trusts it. A third registrar
    has a domain, a host and two contacts, so that the cases have something that is taken.

    Returns:
        What was written.

    Raises:
        ConfigError: something of it exists already, it cannot be written, or a library for it is missing. Nothing was
            written then.

    """
    from regwire.cli.init import create_registry, undone
    from regwire.registry.config import load_config
    from regwire.registry.operator import open_operator
    from regwire.testing.clearinghouse import write_stand_in

    with tempfile.TemporaryDirectory() as directory:
        # First: without the library for signatures nothing is written at all.
        write_stand_in(Path(directory))
        new = not folder.exists()
        paths = create_registry(folder, REGISTRARS, config=_config(folder), beside=_BESIDE)
        made = [*paths, *(folder / name for name in _BESIDE)]
        try:
            with undone(made, folder if new else None):
                shutil.copytree(directory, folder / "tmch")
                with open_operator(load_config(folder), command="regwire init --rst") as found:
                    _register(found)
        except OSError as error:
            raise ConfigError(str(folder), f"cannot be written ({error})", "choose another folder") from error
    return [*paths, folder / "tmch"]


def _config(folder: Path) -> Config:
    from regwire.registry.config import Config, ExtraListener, ListenSettings, PolicySettings, RegistrySettings
    from regwire.registry.launch.settings import LaunchSettings, PhaseSettings, ValidatorSettings
    from regwire.registry.rules.features.idn import IdnSettings

    validator = ValidatorSettings(
        trust=("tmch/ca.pem",), crls=("tmch/crl.pem",), revoked="tmch/revoked.csv", labels="tmch/dnl.csv"
    )
    _, only, sunrise, claims = ZONES
    listen = ListenSettings()
    if _has_ipv6():
        # A second service port: epp-17 compares them.
        extra = ExtraListener(protocol="epp", port=_PORT + listen.port_offset, address="::1")
        listen = replace(listen, extra=(extra,))
    return Config(
        registry=RegistrySettings(zones=ZONES),
        listen=listen,
        policy=PolicySettings(data_model="maximum"),
        features={"idn": IdnSettings(tables=("latin",))},
        zone_features={
            only: {"idn": IdnSettings(tables=("cyrillic",), only=True)},
            **{
                zone: {"launch": LaunchSettings(phases=(PhaseSettings(phase=phase),), validators=(validator,))}
                for zone, phase in ((sunrise, "sunrise"), (claims, "claims"))
            },
        },
        directory=folder,
    )


def _has_ipv6() -> bool:
    """Whether this machine has the IPv6 loopback address."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as found:
        found.bind(("::1", 0))
        return True
    return False


def _register(found: Operator) -> None:
    """What is taken: by the third registrar."""
    from regwire.registry.model.objects import Address, ContactLink, PostalInfo
    from regwire.registry.model.requests import CreateContact, CreateDomain, CreateHost

    owner = REGISTRARS[2]
    postal = PostalInfo("int", "Ada Example", street=("1 Main Street",), city="Delft", cc="NL")
    for id in ("taken-1", "taken-2"):
        found.ask(CreateContact(id, (postal,), "ada@mail.example"), account=owner)
    name = f"taken.{ZONES[0]}"
    found.ask(CreateDomain(name, registrant="taken-1", contacts=(ContactLink("admin", "taken-2"),)), account=owner)
    found.ask(CreateHost(f"ns1.{name}", (Address("198.51.100.1", "v4"),)), account=owner)

"""Where the server is: its service ports, found in the DNS or given."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field

import trio

from regwire.testing.rst.inputs import Inputs

__all__ = ["Service", "find_service"]


@dataclass(frozen=True, slots=True)
class Service:
    """The server's name, its port and its addresses.

    Attributes:
        name: what its certificate must be for.
        looked_up: whether the addresses come from the DNS; if not, what is published there is not looked at.
        problem: why the lookup failed; empty if it did not.

    """

    name: str
    port: int
    addresses: tuple[str, ...] = ()
    looked_up: bool = False
    problem: str = ""
    unreachable: set[str] = field(default_factory=set, compare=False)

    def of_family(self, version: int) -> list[str]:
        """The addresses of IP version 4 or 6."""
        return [address for address in self.addresses if ipaddress.ip_address(address).version == version]


async def find_service(inputs: Inputs) -> Service:
    """Return the service ports that the inputs give, or that the DNS has for the server's name."""
    name, port = inputs["epp.hostName"], inputs["run.port"]
    given = tuple(inputs["run.addresses"])
    if not given and _is_address(name):
        given = (name,)
    if given:
        return Service(name, port, given)
    try:
        with trio.move_on_after(inputs["run.timeout"]) as scope:
            found = await trio.socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Service(name, port, looked_up=True, problem=str(error))
    if scope.cancelled_caught:
        return Service(name, port, looked_up=True, problem="no answer in time")
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    return Service(name, port, tuple(addresses), looked_up=True)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

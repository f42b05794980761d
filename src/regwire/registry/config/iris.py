"""``[iris]``: what the registry answers by IRIS."""

from __future__ import annotations

from dataclasses import dataclass

from regwire.registry.config.setting import setting

__all__ = ["IrisSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IrisSettings:
    """``[iris]``: what lookups and searches are told; who sees which contact data is ``[policy.privacy]``."""

    types: tuple[str, ...] = setting(
        ("dreg1", "dchk1", "areg1", "ereg1"),
        why="registry types: domains (RFC 3982), availability (5144), number resources (4698), ENUM (4414)",
        choices=("dreg1", "dchk1", "areg1", "ereg1"),
    )
    authorities: tuple[str, ...] = setting(
        (), why="names that clients ask this server by; others get authority-error; none: the zones"
    )
    operator_name: str = setting("", why="told by iris/id, and the name of the registry; none: server_id")
    operator_email: str = setting("", why="told by iris/id")
    operator_phone: str = setting("", why="told by iris/id, as +31.201234567")
    registry_handle: str = setting("registry", why="the entity name of the registry itself as a registration authority")
    results: int = setting(
        100, unit="results", why="of one search; what is more is searchTooWide", minimum=1, maximum=10_000
    )
    contacts_searched: int = setting(
        100, unit="contacts", why="looked at for one search of domains by a contact", minimum=1, maximum=10_000
    )
    additional: bool = setting(
        True, why="lookups bring along what the answer refers to; never over UDP, where answers are to be small"
    )
    searches: str = setting(
        "first",
        why="for domains, hosts and contacts; the index that some need costs a create 8 microseconds: on: made at the "
        "start; first: made when first somebody asks (5 seconds for a million domains); off: not answered",
        choices=("on", "first", "off"),
    )
    block_timeout: float = setting(
        120.0, unit="seconds", why="from a block's first octet to its last (RFC 4992 section 6.4)", minimum=0.1
    )
    idle_timeout: float = setting(300.0, unit="seconds", why="between two requests; then idle-timeout", minimum=1.0)
    request_octets: int = setting(
        65_536, unit="octets", why="longest request over TCP; a longer one is told so", minimum=4_000
    )
    in_flight: int = setting(
        64, unit="requests", why="of one session; above, its socket is not read", minimum=1, maximum=100_000
    )
    failed_logins: int = setting(3, unit="logins", why="after so many a session ends", minimum=1, maximum=1000)
    udp_rate: int = setting(
        1000,
        unit="requests",
        why="a second by UDP from one network (/24, /56); more are dropped: sources may be forged",
        minimum=1,
        maximum=10_000_000,
    )
    udp_ratio: int = setting(
        16, unit="times", why="how much longer than its request an answer by UDP may be", minimum=1, maximum=1000
    )
    udp_702: bool = setting(
        False, why="LWZ also on UDP 702 (plus port_offset), which is registered for IRIS and defined nowhere"
    )

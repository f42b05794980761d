"""How logs show where a peer is."""

from typing import Any


def shown_address(address: Any) -> str | None:
    """A peer's address as logs have it: 192.0.2.1:700, [2001:db8::1]:700; None in memory."""
    if isinstance(address, tuple) and len(address) >= 2:
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return None if address is None else str(address)

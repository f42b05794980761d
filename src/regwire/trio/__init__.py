"""Clients and servers for trio, one module a protocol: `regwire.trio.epp`."""

"""Clients for code without an event loop, one module a protocol: `regwire.blocking.epp`.

They run on one trio thread in the background, shared by all clients of the process. Any thread may call them, also
several at a time.
"""

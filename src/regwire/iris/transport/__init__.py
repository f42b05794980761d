"""IRIS transports, sans-IO: a state table and sessions of both sides each (`xpc`, `lwz`, `beep`)."""

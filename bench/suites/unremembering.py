"""The default schema's codec without its memory: every octet of every frame is read, as if it came for the first time.

The suites decode the same frames over and over, which is the best case of a codec that remembers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import regwire_native

from regwire import epp
from regwire.schema._compile import Compiler


def description() -> dict[str, Any]:
    """The default schema, compiled."""
    schema = epp.DEFAULT
    return Compiler(schema.roots, schema.elements).description(schema.name)


def _refuse(fault: regwire_native.Fault) -> None:
    raise ValueError(fault)


def _home() -> regwire_native.Decoder:
    raise TypeError("not to be pickled")


def decoder() -> Callable[[bytes], Any]:
    """What `epp.decode` is, one native call."""
    codec = regwire_native.Codec(description(), remember=False)
    return regwire_native.Decoder(lambda: codec, _refuse, _home).decode

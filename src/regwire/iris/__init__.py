"""IRIS: the messages of RFC 3981 and of its registry types, and their coding.

    query = LookupEntity("urn:ietf:params:xml:ns:dchk1", "domain-name", "a.example")
    document = regwire.iris.encode(Request(search_sets=(SearchSet(query=query),)))
    match regwire.iris.decode(answer):
        case Response(result_sets=[ResultSet(answer=Answer(results=[dchk.Domain(statuses=statuses)]))]):
            ...

The core's classes and the transports' are here; those of the registry types are in `dreg`, `dchk`, `areg` and `ereg`,
for they use the same names.
"""

from regwire.iris.coding import DEFAULT, FRAGMENTS, Message, Role, decode, encode, schema_of
from regwire.iris.messages import areg, core, dchk, dreg, ereg, narrowed, transport
from regwire.iris.messages.common import AREG, DCHK, DREG, EREG, IRIS, IRIS_TRANSPORT, Text
from regwire.iris.messages.core import *  # noqa: F403

__all__ = [
    "AREG",
    "DCHK",
    "DEFAULT",
    "DREG",
    "EREG",
    "FRAGMENTS",
    "IRIS",
    "IRIS_TRANSPORT",
    "Message",
    "Role",
    "Text",
    "areg",
    "core",
    "dchk",
    "decode",
    "dreg",
    "encode",
    "ereg",
    "narrowed",
    "schema_of",
    "transport",
]
# By +=, which type checkers follow.
__all__ += core.__all__

"""The result codes of RFC 5730 section 3, which the registry uses as its vocabulary of outcomes for every protocol."""

from __future__ import annotations

from typing import Final

OK: Final = 1000
PENDING: Final = 1001
NO_MESSAGES: Final = 1300
ACK_TO_DEQUEUE: Final = 1301
USE: Final = 2002
MISSING: Final = 2003
RANGE: Final = 2004
SYNTAX: Final = 2005
UNIMPLEMENTED_COMMAND: Final = 2101
UNIMPLEMENTED_OPTION: Final = 2102
UNIMPLEMENTED_EXTENSION: Final = 2103
BILLING: Final = 2104
NOT_RENEWABLE: Final = 2105
NOT_TRANSFERABLE: Final = 2106
AUTHORIZATION: Final = 2201
AUTH_INFO: Final = 2202
PENDING_TRANSFER: Final = 2300
NOT_PENDING_TRANSFER: Final = 2301
EXISTS: Final = 2302
DOES_NOT_EXIST: Final = 2303
STATUS: Final = 2304
ASSOCIATION: Final = 2305
POLICY: Final = 2306
OBJECT_SERVICE: Final = 2307
DATA_POLICY: Final = 2308
FAILED: Final = 2400

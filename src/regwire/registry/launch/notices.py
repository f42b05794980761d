"""Claims notices: whether the identifier is one of the clearinghouse (RFC 9361 section 5.3.1)."""

from __future__ import annotations

import re
import zlib
from datetime import datetime, timedelta
from typing import Final

__all__ = ["notice_fault"]

#: 8 hexadecimal digits of checksum, then the number of the notice.
_ID: Final = re.compile(r"([0-9a-f]{8})([0-9]{1,19})")
_GREATEST: Final = 2**63 - 1
#: Clocks of registrars may be this much ahead.
_AHEAD: Final = timedelta(minutes=5)


def notice_fault(
    id: str,
    label: str,
    not_after: datetime,
    accepted: datetime,
    *,
    now: datetime,
    accepted_within: timedelta,
    identified: bool = True,
) -> tuple[str, str] | None:
    """Return what is wrong with a notice for ``label``: (element, reason), or None.

    ``identified``: its identifier is one of the clearinghouse, whose checksum is CRC-32 over the label, the end of the
    notice in seconds since 1970 and the notice's number.
    """
    if identified:
        found = _ID.fullmatch(id.lower())
        if found is None or not 0 < int(found[2]) <= _GREATEST:
            return "launch:noticeID", "no notice identifier"
        over = f"{label.lower()}{int(not_after.timestamp())}{found[2]}".encode()
        if f"{zlib.crc32(over):08x}" != found[1]:
            return "launch:noticeID", "not the identifier of a notice for this name that ends then"
    if now >= not_after:
        return "launch:notAfter", "the notice has expired"
    if accepted > now + _AHEAD:
        return "launch:acceptedDate", "accepted in the future"
    if now - accepted > accepted_within:
        hours = accepted_within // timedelta(hours=1)
        return "launch:acceptedDate", f"accepted more than {hours} hours ago"
    return None

"""DS records and keys of rows beside those that an info tells."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from regwire.epp.ext.secdns import SecDnsInfoData

__all__ = ["is_stored"]


def is_stored(cells: Mapping[str, str], data: SecDnsInfoData | None, *, ds: bool) -> bool:
    """Whether the DS record (or the key) of a row is among those of an info."""
    if data is None:
        return False
    if ds:
        wanted = (cells["keyTag"], cells["dsDataAlg"], cells["digestType"], cells["digest"].lower())
        return wanted in {(str(d.key_tag), str(d.alg), str(d.digest_type), d.digest.hex()) for d in data.ds_data}
    try:
        key = base64.b64decode(cells["pubKey"])
    except binascii.Error:
        return False
    wanted_key = (cells["flags"], cells["protocol"], cells["keyDataAlg"], key)
    return wanted_key in {(str(k.flags), str(k.protocol), str(k.alg), k.pub_key) for k in data.key_data}

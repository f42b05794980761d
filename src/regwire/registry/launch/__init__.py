"""What launch phases need of the world: signed marks (RFC 7848), lists of labels, claims notices (RFC 9361).

Nothing here decides; the rules (`regwire.registry.rules.features.launch`) get what this package verified and read.
`regwire.registry.launch.marks` is imported only where signed marks are verified: a registry without them needs no XML
signatures.
"""

from regwire.registry.launch.files import Watched, refresh, watched
from regwire.registry.launch.lists import read_codes, read_labels, read_revoked
from regwire.registry.launch.notices import notice_fault
from regwire.registry.launch.trust import read_certificates, read_crls

__all__ = [
    "Watched",
    "notice_fault",
    "read_certificates",
    "read_codes",
    "read_crls",
    "read_labels",
    "read_revoked",
    "refresh",
    "watched",
]

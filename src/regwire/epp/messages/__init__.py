"""The messages of EPP: the protocol and the three object mappings of RFC 5731, 5732 and 5733.

One class an element, in the mapping's own words, with the fields in the order of its XML schema:
`core` (epp-1.0), `domain`, `host`, `contact`, and what they share in `common` (eppcom-1.0).
"""

from regwire.epp.messages import common, contact, core, domain, host
from regwire.epp.messages.common import *  # noqa: F403
from regwire.epp.messages.contact import *  # noqa: F403
from regwire.epp.messages.core import *  # noqa: F403
from regwire.epp.messages.domain import *  # noqa: F403
from regwire.epp.messages.host import *  # noqa: F403

# By +=, which type checkers follow.
__all__: list[str] = []
__all__ += common.__all__
__all__ += contact.__all__
__all__ += core.__all__
__all__ += domain.__all__
__all__ += host.__all__

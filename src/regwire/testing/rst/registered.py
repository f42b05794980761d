"""The namespaces of the IANA registry of EPP extensions, as far as we know them.

The registry grows: the input `run.registeredUris` names others.
"""

from __future__ import annotations

from regwire.epp.messages import contact, domain, host

__all__ = ["OBJECT_URIS", "is_registered"]

OBJECT_URIS = frozenset({domain.DOMAIN.uri, host.HOST.uri, contact.CONTACT.uri})
"""The mappings of RFC 5731 to 5733."""

_IETF = "urn:ietf:params:xml:ns:"
_BY_PREFIX = {
    _IETF: (
        "allocationToken-1.0 artRecord-0.2 cdn-1.0 changePoll-1.0 coa-1.0 e164epp-1.0 e164val-1.0 e164valex-1.1 "
        "finance-1.1 fury-2.1 fury-rgp-1.0 idn-1.0 keyrelay-1.0 launch-1.0 mark-1.0 signedMark-1.0 nv-1.0 rgp-1.0 "
        "secDNS-1.1 verificationCode-1.0"
    ),
    f"{_IETF}epp:": (
        "addlEmail-1.0 b-dn fee-1.0 loginSec-1.0 maintenance-1.0 org-1.0 orgext-1.0 secure-authinfo-transfer-1.0 "
        "ttl-1.0 unhandled-namespaces-1.0"
    ),
    "http://www.nic.name/epp/": "defReg-1.0 emailFwd-1.0 nameWatch-1.0 persReg-1.0",
    "http://www.verisign.com/epp/": (
        "balance-1.0 idnLang-1.0 jobsContact-1.0 lowbalance-poll-1.0 premiumdomain-1.0 registry-1.0 "
        "relatedDomain-1.0 rgp-poll-1.0 sync-1.0 whoisInf-1.0 whowas-1.0"
    ),
    "http://www.verisign-grs.com/epp/": "namestoreExt-1.1 suggestion-1.1",
    "http://www.unitedtld.com/epp/": "charge-1.0",
    "http://www.nic.at/xsd/": "at-ext-verification-1.0",
    "urn:se:iis:xml:epp:": "iis-1.2 registryLock-1.0",
    "urn:dkhm:params:xml:ns:": "dkhm-4.4",
}
_TANGO = (
    "auction-1.0 contact-eligibility-1.1 eligibility-1.0 idn-1.0 mark-ext-1.0 privacy-1.0 promotion-1.0 "
    "promotion-info-1.0"
)
_BY_PREFIX |= {"http://xmlns.corenic.net/epp/": _TANGO, "http://xmlns.tango-rs.net/epp/": _TANGO}
_REGISTERED = frozenset(prefix + name for prefix, names in _BY_PREFIX.items() for name in names.split())


def is_registered(uri: str) -> bool:
    """Whether the namespace is in the registry of EPP extensions."""
    return uri in _REGISTERED

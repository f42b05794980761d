"""WHOIS information (Verisign): whoisInf-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label, Text, Token
from regwire.epp.messages.domain import DomainInfo, DomainInfoData
from regwire.schema import Element, Namespace

__all__ = ["EXTENSION", "NAMESPACE", "WhoisInfo", "WhoisInfoData"]

NAMESPACE = Namespace("http://www.verisign.com/epp/whoisInf-1.0", prefix="whoisInf")


class WhoisInfo(Element, ns=NAMESPACE, tag="whoisInf"):
    """<whoisInf:whoisInf> (whoisInf-1.0)."""

    flag: bool


class WhoisInfoData(Element, ns=NAMESPACE, tag="whoisInfData"):
    """<whoisInf:whoisInfData> (whoisInf-1.0)."""

    registrar: Text
    whois_server: Label | None = None
    url: Token | None = None
    iris_server: Label | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="WHOIS information (Verisign)",
    reference="whoisInf-1.0",
    commands={WhoisInfo: (DomainInfo,)},
    responses={WhoisInfoData: (DomainInfoData,)},
)

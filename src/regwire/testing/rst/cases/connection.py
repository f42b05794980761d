"""epp-01 and epp-02: the service ports and the greeting."""

from __future__ import annotations

import ipaddress
import re
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import trio

from regwire.epp import Greeting
from regwire.epp.ext import launch, login_sec, rgp, secdns, secure_authinfo, unhandled
from regwire.epp.ext.change_poll import NAMESPACE as CHANGE_POLL
from regwire.epp.messages import contact, domain, host
from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.registered import OBJECT_URIS, is_registered
from regwire.testing.rst.session import client_context, dial
from regwire.testing.rst.tls_probe import LEGACY, OLD, RECOMMENDED, TLS10, TLS11, TLS12, Answer, hello, version_name

SKEW = timedelta(seconds=30)


@rst_case("epp-01")
async def service_ports(case: Case) -> None:
    """Every address: a connection, TLS 1.2 and nothing older, a good cipher, a certificate to be trusted."""
    service = case.service
    case.step("the server's name has addresses")
    addresses = case.addresses()
    if not service.looked_up:
        case.note("the addresses are given: what the DNS has for the name is not looked at")
    else:
        if not service.of_family(6):
            case.report("EPP_MISSING_AAAA_RECORDS", f"{service.name} has no IPv6 address")
        if not service.of_family(4):
            case.report("EPP_MISSING_A_RECORDS", f"{service.name} has no IPv4 address")
    answered = [address for address in addresses if await _looks_good(case, address)]
    if not answered:
        case.stop("EPP_NO_SERVICE_PORTS_REACHABLE", f"{service.name} port {service.port}: no address answers")


async def _looks_good(case: Case, address: str) -> bool:
    """Whether the address could be reached; what is wrong with it is reported."""
    case.step(f"{address} port {case.service.port} accepts connections")
    try:
        answer = await _say_hello(case, address, TLS12, RECOMMENDED)
    except (OSError, trio.TooSlowError) as error:
        case.service.unreachable.add(address)
        case.report("EPP_SERVICE_PORT_UNREACHABLE", f"{address}: {error or 'no answer in time'}")
        return False
    case.step(f"{address} speaks TLS 1.2 with a recommended cipher suite")
    if answer.version != TLS12:
        answer = await _other_ciphers(case, address, answer)
    elif answer.cipher not in RECOMMENDED:
        case.report("EPP_TLS_BAD_CIPHER", f"chose cipher suite {answer.cipher or 0:#06x}, which was not offered")
    for version in (TLS11, TLS10):
        case.step(f"{address} refuses {version_name(version)}")
        found = (await _say_hello(case, address, version, {**OLD, **LEGACY})).version
        if found is not None:
            case.report("EPP_TLS_FORBIDDEN_PROTOCOL_SUPPORTED", f"{address} speaks {version_name(found)}")
    case.step(f"{address} refuses cipher suites that are known to be weak")
    weak = await _say_hello(case, address, TLS12, LEGACY)
    if weak.cipher is not None:
        case.note(f"{address} also takes {LEGACY.get(weak.cipher, hex(weak.cipher))}, which RFC 9325 forbids")
    if answer.certificates:
        _certificates_are_good(case, address, answer.certificates)
    await _is_trusted(case, address, answer.certificates)
    return True


async def _say_hello(case: Case, address: str, version: int, suites: dict[int, str]) -> Answer:
    service = case.service
    timeout = case.inputs["run.timeout"]
    return await hello(address, service.port, service.name, version=version, suites=suites, timeout=timeout)


async def _other_ciphers(case: Case, address: str, answer: Answer) -> Answer:
    """Find out why the recommended suites got no TLS 1.2: the suites, the version, or no TLS at all."""
    other = await _say_hello(case, address, TLS12, {**OLD, **LEGACY})
    if other.version == TLS12:
        name = {**OLD, **LEGACY}.get(other.cipher or 0, hex(other.cipher or 0))
        case.report("EPP_TLS_BAD_CIPHER", f"{address} takes none of the recommended cipher suites, but {name}")
        return other
    if answer == other == Answer() and not await _speaks_newer(case, address):
        case.report("EPP_TLS_CONNECTION_ERROR", f"{address} does not answer a TLS hello")
    else:
        case.report("EPP_TLS_REQUIRED_PROTOCOL_NOT_SUPPORTED", f"{address} does not speak TLS 1.2")
    return answer


async def _speaks_newer(case: Case, address: str) -> bool:
    """Whether a handshake of any newer version comes up; nothing is sent after it, so nothing is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        stream = await dial(address, case.service.port, case.service.name, context, case.inputs["run.timeout"])
    except (OSError, trio.TooSlowError):
        return False
    await trio.aclose_forcefully(stream)
    return True


def _certificates_are_good(case: Case, address: str, chain: tuple[bytes, ...]) -> None:
    from cryptography import x509  # noqa: PLC0415 - only where certificates are looked at

    certificates = [x509.load_der_x509_certificate(item) for item in chain]
    now = datetime.now(UTC)
    case.step(f"{address}: no certificate has expired")
    for item in certificates:
        if not item.not_valid_before_utc <= now <= item.not_valid_after_utc:
            span = f"{item.not_valid_before_utc:%Y-%m-%d} to {item.not_valid_after_utc:%Y-%m-%d}"
            case.report("EPP_TLS_EXPIRED_CERTIFICATE", f"{item.subject.rfc4514_string()}: valid {span}")
    case.step(f"{address}: the certificate is for {case.service.name}")
    names = _alternative_names(certificates[0])
    if not any(_matches(name, case.service.name) for name in names):
        case.report("EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH", f"it is for {', '.join(names) or 'no name'}")
    case.step(f"{address}: the intermediate certificates are there")
    missing = _missing_issuer(case, certificates[-1])
    if missing:
        case.report("EPP_TLS_CERTIFICATE_CHAIN_MISSING", missing)


def _alternative_names(certificate: Any) -> list[str]:
    from cryptography import x509  # noqa: PLC0415 - as above

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = [str(item) for item in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _matches(pattern: str, name: str) -> bool:
    """RFC 9525: a wildcard stands for one whole left-most label; addresses are compared as addresses."""
    try:
        return ipaddress.ip_address(pattern) == ipaddress.ip_address(name)
    except ValueError:
        pass
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:] and "." in pattern[2:]
    return pattern == name


def _missing_issuer(case: Case, last: Any) -> str:
    """Why the chain is incomplete: its last certificate says where its issuer is, and nobody trusts it directly."""
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.x509.oid import AuthorityInformationAccessOID  # noqa: PLC0415

    if last.issuer == last.subject:
        return ""
    roots = client_context(case.inputs.path("run.ca"), None).get_ca_certs(binary_form=True)
    if any(x509.load_der_x509_certificate(root).subject == last.issuer for root in roots):
        return ""
    try:
        access = last.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ""
    if not any(item.access_method == AuthorityInformationAccessOID.CA_ISSUERS for item in access):
        return ""
    return f"the certificate of {last.issuer.rfc4514_string()} is not sent"


async def _is_trusted(case: Case, address: str, chain: tuple[bytes, ...]) -> None:
    """A handshake that verifies all but the name, which has been looked at."""
    case.step(f"{address}: the certificate is issued by an authority that is trusted")
    context = client_context(case.inputs.path("run.ca"), case.inputs.certificate(1))
    context.check_hostname = False
    try:
        stream = await dial(address, case.service.port, case.service.name, context, case.inputs["run.timeout"])
    except ssl.SSLCertVerificationError as error:
        # 10: expired, which has been told by then.
        if error.verify_code != 10 or not chain:
            case.report("EPP_TLS_UNTRUSTED_CERTIFICATE", error.verify_message)
    except (ssl.SSLError, OSError, trio.TooSlowError) as error:
        case.report("EPP_TLS_CONNECTION_ERROR", f"{address}: {error or 'no handshake in time'}")
    else:
        await trio.aclose_forcefully(stream)


# RFC 5646: language subtags of two, three or five to eight letters, then more subtags.
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[A-Za-z]{5,8}|[xi])(?:-[A-Za-z0-9]{1,8})*")

_RECOMMENDED_EXTENSIONS = (
    secure_authinfo.NAMESPACE.uri,
    unhandled.NAMESPACE.uri,
    login_sec.NAMESPACE.uri,
    CHANGE_POLL.uri,
)


@rst_case("epp-02")
async def greeting(case: Case) -> None:
    """Every service port sends a valid greeting that offers what it must."""
    for address in case.addresses():
        case.step(f"{address}: a greeting comes, and is valid")
        async with case.separate():
            session = await case.connect(1, address=address)
            _greeting_is_good(case, session.greeting)


def _greeting_is_good(case: Case, found: Greeting) -> None:
    menu = found.svc_menu
    if not found.sv_id.strip():
        case.report("EPP_GREETING_SVID_INVALID", "svID is empty")
    skew = abs(datetime.now(UTC) - found.sv_date)
    if skew > SKEW:
        case.report("EPP_GREETING_SVDATE_INVALID", f"svDate is {skew.total_seconds():.0f} s off this machine's clock")
    if menu.version != ("1.0",):
        case.report("EPP_GREETING_VERSION_INVALID", f"the versions are {', '.join(menu.version)}")
    for language in menu.lang:
        if not _LANGUAGE.fullmatch(language):
            case.report("EPP_GREETING_INVALID_LANG", f"{language!r} is no language tag")
    if "en" not in menu.lang:
        case.report("EPP_GREETING_MISSING_EN_LANG", f"the languages are {', '.join(menu.lang)}")
    _objects_are_good(case, menu.obj_uri)
    _extensions_are_good(case, menu.ext_uri)


def _objects_are_good(case: Case, offered: tuple[str, ...]) -> None:
    case.step("the greeting offers the objects that it must, and registered ones only")
    needed = [domain.DOMAIN.uri]
    if case.inputs.host_objects:
        needed.append(host.HOST.uri)
    if case.inputs.thick_client() is not None:
        needed.append(contact.CONTACT.uri)
    for uri in needed:
        if uri not in offered:
            case.report("EPP_GREETING_MISSING_OBJURI", f"{uri} is missing")
    for uri in offered:
        if uri not in OBJECT_URIS and not _registered(case, uri):
            case.report("EPP_GREETING_UNEXPECTED_OBJURI", f"{uri} is not registered")


def _registered(case: Case, uri: str) -> bool:
    return is_registered(uri) or uri in case.inputs["run.registeredUris"]


def _extensions_are_good(case: Case, offered: tuple[str, ...]) -> None:
    case.step("the greeting offers the extensions that it must, and registered ones only")
    needed = [secdns.NAMESPACE.uri, rgp.NAMESPACE.uri]
    if case.inputs["run.launchRequired"]:
        needed.append(launch.NAMESPACE.uri)
    for uri in needed:
        if uri not in offered:
            case.report("EPP_GREETING_MISSING_EXTURI", f"{uri} is missing")
    for uri in offered:
        if not _registered(case, uri):
            case.report("EPP_GREETING_UNEXPECTED_EXTURI", f"{uri} is not registered")
    case.step("the greeting offers the extensions that are recommended")
    for uri in _RECOMMENDED_EXTENSIONS:
        if uri not in offered:
            case.report("EPP_GREETING_RECOMMENDED_EXTENSION_MISSING", f"{uri} is missing")

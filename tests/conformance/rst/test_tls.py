"""epp-01 against servers with one fault each in TLS, certificate or address."""

import datetime as dt
import functools
import ipaddress
import socket
import ssl
from pathlib import Path

import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from rst_proxy import listen

from regwire.testing.rst import Verdict, parse_inputs, run_cases
from regwire.testing.rst.tls_probe import TLS11, TLS12, hello, version_name

HERE = x509.DNSName("epp.test")
NOW = dt.datetime.now(dt.UTC)


class Authority:
    """An authority, root or below another; writes chains of PEM files."""

    def __init__(self, name, parent=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.parent = parent or self
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.parent.issue(self.subject, self.key.public_key(), ca=True)

    def issue(self, subject, public_key, *, names=(), ca=False, days=(-1, 30), where=False):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        start, end = (NOW + dt.timedelta(days=day) for day in days)
        builder = builder.not_valid_before(start).not_valid_after(end)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        if where:
            uri = x509.UniformResourceIdentifier("http://ca.example/ca.der")
            access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, uri)
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return builder.sign(self.key, hashes.SHA256())


def pem(*certificates):
    return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in certificates)


class Pki:
    def __init__(self, folder):
        self.folder = folder
        self.root = Authority("test root")
        (folder / "ca.pem").write_bytes(pem(self.root.certificate))

    def server(self, *, issuer=None, chain=(), names=(HERE,), **options):
        """TLS settings of a server with a new certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = (issuer or self.root).issue(subject, key.public_key(), names=names, **options)
        path = self.folder / f"server-{certificate.serial_number}.pem"
        kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path.write_bytes(key.private_bytes(*kinds) + pem(certificate, *chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path)


INPUTS = """
[epp]
hostName = "epp.test"
clid01 = "rst-01"
pwd01 = "password-01"
clid02 = "rst-02"
pwd02 = "password-02"
[run]
ca = "ca.pem"
timeout = 5.0
[[tld]]
name = "example"
"""


def inputs(folder: Path, **values):
    return parse_inputs(INPUTS, folder / "rst.toml", **values)


async def say_nothing(stream):
    await trio.sleep_forever()


async def probed(folder, port, **values):
    given = inputs(folder, **{"run_port": port, "run_addresses": ("127.0.0.1",), **values})
    (result,) = (await run_cases(given, ["epp-01"], seed=1)).cases
    return result


def against(folder, context, **values):
    """epp-01 against a TLS server with these settings."""

    async def main():
        async with trio.open_nursery() as nursery:
            port = await nursery.start(listen, say_nothing, context)
            result = await probed(folder, port, **values)
            nursery.cancel_scope.cancel()
        return result

    return trio.run(main)


def plain_server(folder, handle, look=probed, **values):
    """The same against a server that gets the octets as they are."""

    async def main():
        async with trio.open_nursery() as nursery:
            (listener,) = await nursery.start(functools.partial(trio.serve_tcp, handle, 0, host="127.0.0.1"))
            result = await look(folder, listener.socket.getsockname()[1], **values)
            nursery.cancel_scope.cancel()
        return result

    return trio.run(main)


def test_a_good_server(pki):
    result = against(pki.folder, pki.server())
    assert result.verdict is Verdict.PASS, result.findings
    assert "not looked at" in result.notes[0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"names": (x509.DNSName("other.test"),)}, ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]),
        ({"names": (x509.DNSName("*.epp.test"),)}, ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]),
        ({"names": (x509.DNSName("*.test"),)}, ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]),
        ({"names": (x509.IPAddress(ipaddress.ip_address("127.0.0.1")),)}, ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]),
        ({"names": ()}, ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]),
        ({"names": (x509.DNSName("a.test"), x509.DNSName("EPP.Test"))}, []),
        ({"days": (-30, -1)}, ["EPP_TLS_EXPIRED_CERTIFICATE"]),
    ],
)
def test_certificates(pki, options, expected):
    assert against(pki.folder, pki.server(**options)).codes == expected


def test_a_wildcard_is_one_label(pki):
    context = pki.server(names=(x509.DNSName("*.epp.test"),))
    assert not against(pki.folder, context, epp_hostName="a.epp.test").codes
    assert against(pki.folder, context, epp_hostName="a.b.epp.test").codes == ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]


def test_an_authority_that_nobody_trusts(pki):
    assert against(pki.folder, pki.server(issuer=Authority("stranger"))).codes == ["EPP_TLS_UNTRUSTED_CERTIFICATE"]


def test_an_intermediate_certificate(pki):
    middle = Authority("test middle", pki.root)
    assert not against(pki.folder, pki.server(issuer=middle, chain=[middle.certificate])).codes
    found = against(pki.folder, pki.server(issuer=middle, where=True)).codes
    assert found == ["EPP_TLS_CERTIFICATE_CHAIN_MISSING", "EPP_TLS_UNTRUSTED_CERTIFICATE"]


def test_no_recommended_cipher_suite(pki):
    context = pki.server()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    result = against(pki.folder, context)
    assert result.codes == ["EPP_TLS_BAD_CIPHER"]
    assert "ECDHE-ECDSA-AES128-SHA256" in result.findings[0].detail


def test_tls_1_3_alone_is_not_enough(pki):
    context = pki.server()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    assert against(pki.folder, context).codes == ["EPP_TLS_REQUIRED_PROTOCOL_NOT_SUPPORTED"]


def old_server_hello(record):
    """The answer of a server that knows nothing newer than TLS 1.1, to a hello of any version."""
    offered = int.from_bytes(record[9:11], "big")
    version = min(offered, TLS11).to_bytes(2, "big")
    body = version + bytes(32) + b"\0" + (0xC013).to_bytes(2, "big") + b"\0"
    message = b"\x02" + len(body).to_bytes(3, "big") + body + b"\x0e\0\0\0"
    return b"\x16" + version + len(message).to_bytes(2, "big") + message


def test_an_old_version(pki):
    async def handle(stream):
        record = await stream.receive_some(65536)
        await stream.send_all(old_server_hello(record))

    result = plain_server(pki.folder, handle)
    assert "EPP_TLS_FORBIDDEN_PROTOCOL_SUPPORTED" in result.codes
    assert "EPP_TLS_REQUIRED_PROTOCOL_NOT_SUPPORTED" in result.codes
    details = [f.detail for f in result.findings if "FORBIDDEN" in f.code]
    assert [detail[-7:] for detail in details] == ["TLS 1.1", "TLS 1.0"]


def test_a_hello_in_pieces(pki):
    async def handle(stream):
        record = await stream.receive_some(65536)
        for octet in old_server_hello(record):
            await stream.send_all(bytes([octet]))

    async def look(folder, port):
        return await hello("127.0.0.1", port, "epp.test", version=TLS12, suites=[0xC02B], timeout=5)

    answer = plain_server(pki.folder, handle, look)
    assert (version_name(answer.version), answer.cipher) == ("TLS 1.1", 0xC013)


@pytest.mark.parametrize("answer", [b"", b"220 mail.example ESMTP\r\n", b"\x16\x03"])
def test_no_tls_at_all(pki, answer):
    async def handle(stream):
        await stream.receive_some(65536)
        await stream.send_all(answer)

    assert "EPP_TLS_CONNECTION_ERROR" in plain_server(pki.folder, handle).codes


def test_nobody_listens(pki):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        result = trio.run(probed, pki.folder, reserved.getsockname()[1])
    assert result.codes == ["EPP_SERVICE_PORT_UNREACHABLE", "EPP_NO_SERVICE_PORTS_REACHABLE"]
    assert result.verdict is Verdict.FAIL


class Resolver(trio.abc.HostnameResolver):
    """A DNS of one name."""

    def __init__(self, *addresses):
        self.addresses = addresses

    async def getaddrinfo(self, host, port, *options):
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6 if ":" in item else socket.AF_INET, socket.SOCK_STREAM, 6, "", (item, port))
            for item in self.addresses
        ]

    async def getnameinfo(self, sockaddr, flags):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("addresses", "expected", "verdict"),
    [
        (("127.0.0.1",), ["EPP_MISSING_AAAA_RECORDS"], Verdict.WARNING),
        (("::ffff:127.0.0.1",), ["EPP_MISSING_A_RECORDS"], Verdict.FAIL),
        (("127.0.0.1", "::ffff:127.0.0.1"), [], Verdict.PASS),
        ((), ["EPP_DNS_RESOLUTION_ERROR"], Verdict.FAIL),
    ],
)
def test_what_the_dns_has(pki, addresses, expected, verdict):
    async def main():
        trio.socket.set_custom_hostname_resolver(Resolver(*addresses))
        async with trio.open_nursery() as nursery:
            port = await nursery.start(listen, say_nothing, pki.server())
            result = await probed(pki.folder, port, run_addresses=())
            nursery.cancel_scope.cancel()
        return result

    result = trio.run(main)
    assert result.codes == expected
    assert result.verdict is verdict


def test_a_server_that_is_not_there_ends_the_run(pki):
    """What cannot be reached is not tried by every case again."""

    async def main():
        trio.socket.set_custom_hostname_resolver(Resolver())
        return await run_cases(inputs(pki.folder), ["epp-01", "epp-02", "epp-04"], seed=1)

    first, *others = trio.run(main).cases
    assert first.verdict is Verdict.FAIL
    assert {case.verdict for case in others} == {Verdict.SKIPPED}
    assert {case.reason for case in others} == {"the server could not be reached in epp-01"}

"""epp-03: who is let in and who is not."""

from __future__ import annotations

import datetime
import ssl
import tempfile
from pathlib import Path

from regwire.testing.rst.case import Case, Stop, rst_case
from regwire.testing.rst.session import Reply, client_context

SUCCEEDED, FAILED = "EPP_LOGIN_UNEXPECTEDLY_SUCCEEDED", "EPP_LOGIN_UNEXPECTEDLY_FAILED"


@rst_case("epp-03")
async def authentication(case: Case) -> None:
    """Five logins that must fail, each on a connection of its own, and one that must succeed."""
    client_id, password = case.inputs.client(1)
    own = case.inputs.certificate(1)
    await _must_fail(case, "an identifier that nobody has", f"x{case.values.chars(12)}", password, own)
    wrong = f"A{case.values.chars(13)}9"
    await _must_fail(case, "a wrong password", client_id, wrong, own)
    with tempfile.TemporaryDirectory(prefix="regwire-rst-") as folder:
        stranger = _self_signed(Path(folder))
        await _must_fail(case, "a certificate that nobody issued", client_id, password, stranger)
    if case.inputs.certificate(2) is None:
        case.note("without serverIssuedClientCertificate02 a login with the other registrar's certificate is not tried")
    else:
        other = case.inputs.certificate(2)
        await _must_fail(case, "the other registrar's certificate", client_id, password, other)
    await _must_fail(case, "no certificate", client_id, password, None)
    case.step("login with identifier, password and certificate as they should be")
    session = await case.connect(1)
    reply = await session.login(client_id, password, extension=case.login_extension(session))
    if not reply.ok:
        case.report(FAILED, f"refused: {reply}")


async def _must_fail(
    case: Case, what: str, client_id: str, password: str, certificate: tuple[Path, Path] | None
) -> None:
    """Try a login. A server that does not let it come to the greeting, because of the certificate, refuses it too."""
    case.step(f"login with {what} is refused")
    context = client_context(case.inputs.path("run.ca"), certificate)
    async with case.separate():
        reply = await _try(case, context, client_id, password, is_own=certificate == case.inputs.certificate(1))
    if reply is not None and reply.ok:
        case.report(SUCCEEDED, f"accepted: {reply}")


async def _try(case: Case, context: ssl.SSLContext, client_id: str, password: str, *, is_own: bool) -> Reply | None:
    """Return the reply to a login; None if another's certificate did not get so far."""
    before = list(case.result.findings)
    try:
        session = await case.connect_with(context)
    except Stop:
        if is_own:
            raise
        # Refused within TLS, or by a connection that ends before the greeting.
        case.result.findings[:] = before
        return None
    return await session.login(client_id, password, extension=case.login_extension(session))


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """Write a certificate of our own and its key."""
    from cryptography import x509  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "regwire rst: not a registrar")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    certificate = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths = folder / "stranger.pem", folder / "stranger.key"
    paths[0].write_bytes(certificate.public_bytes(encoding))
    paths[1].touch(0o600)
    paths[1].write_bytes(secret)
    return paths

"""DIGEST-MD5 (RFC 2831), authentication only (qop=auth).

Historic (RFC 6331), kept because RFC 4992 section 14.1 names it; never offered or chosen unless it is asked for. No
library keeps a server's side of it, so both are here. No subsequent authentication, no integrity or privacy layer.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from regwire.sasl.credentials import CredentialSource, authorise
from regwire.sasl.mechanism import ClientMechanism, Continue, Done, Failed, Outcome, ServerMechanism, Strength

__all__ = ["DigestMd5Client", "DigestMd5Server", "secret"]

MESSAGE_OCTETS = 4096
"""RFC 2831 section 2.1.2: a longer digest-response is a protocol error; its challenge is below 2048."""

_ONE = re.compile(
    r"[ \t\r\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t\r\n]*=[ \t\r\n]*"
    r'(?:"((?:[^"\\]|\\.)*)"|([^\s",=\\]+))[ \t\r\n]*(?:,|$)',
    re.DOTALL,
)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _octets(text: str) -> bytes:
    """As RFC 2831 section 2.1.2.1 hashes texts: ISO 8859-1 where they fit, UTF-8 otherwise."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def secret(user: str, realm: str, password: str) -> bytes:
    """MD5 of `user:realm:password`: all a server needs to keep."""
    return _md5(b":".join((_octets(user), _octets(realm), _octets(password))))


def response_value(
    key: bytes, *, nonce: str, cnonce: str, uri: str, authzid: str | None, method: str = "AUTHENTICATE"
) -> str:
    """The response-value of RFC 2831 section 2.1.2.1 for qop=auth and nc=00000001; `method` "" gives rspauth."""
    a1 = key + f":{nonce}:{cnonce}".encode() + (b"" if authzid is None else b":" + authzid.encode())
    a2 = f"{method}:{uri}".encode()
    return _md5(f"{_md5(a1).hex()}:{nonce}:00000001:{cnonce}:auth:{_md5(a2).hex()}".encode()).hex()


def parse(message: bytes) -> dict[str, str]:
    """Directives by lower-case name. Raises ValueError for what is malformed, too long, or says a thing twice."""
    if len(message) > MESSAGE_OCTETS:
        raise ValueError("message too long")
    try:
        text = message.decode()
    except UnicodeDecodeError:
        text = message.decode("latin-1")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ONE.match(text, at)
        if match is None:
            raise ValueError("malformed directive")
        name = match[1].lower()
        # Only a challenge may have several realms; the first is taken.
        if name in found and name != "realm":
            raise ValueError(f"{name} twice")
        quoted = match[2]
        found.setdefault(name, re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else match[3])
        at = match.end()
    return found


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class DigestMd5Server(ServerMechanism):
    """The server's side: its challenge first, then the digest, then its own proof with its success."""

    name = "DIGEST-MD5"
    strength = Strength.HISTORIC

    def __init__(
        self, source: CredentialSource, *, service: str, host: str, realm: str, nonce: str | None = None
    ) -> None:
        """`host` "" takes a digest-uri of any host; `nonce` is for tests."""
        self._source = source
        self._service, self._host, self._realm = service, host, realm
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._begun = False
        self._over = False

    def start(self, initial: bytes | None) -> Outcome:
        """Give the challenge; an initial response other than an empty one is a fault (no fast reauthentication)."""
        if initial or self._begun:
            return Failed("DIGEST-MD5 starts with the server's challenge")
        self._begun = True
        return Continue(
            f'realm={_quote(self._realm)},nonce={_quote(self._nonce)},qop="auth",algorithm=md5-sess,charset=utf-8'.encode()
        )

    def step(self, response: bytes) -> Outcome:
        """Decide on the digest."""
        if self._over or not self._begun:
            return Failed("DIGEST-MD5 is over")
        self._over = True
        try:
            fields = parse(response)
        except ValueError as error:
            return Failed(f"DIGEST-MD5: {error}")
        return self._fault(fields) or self._judge(fields)

    def _fault(self, fields: dict[str, str]) -> Failed | None:
        missing = {"username", "nonce", "cnonce", "nc", "digest-uri", "response"} - fields.keys()
        if missing:
            return Failed(f"DIGEST-MD5: no {', '.join(sorted(missing))}")
        wanted = {"nonce": self._nonce, "nc": "00000001", "realm": self._realm, "qop": "auth"}
        given = {"realm": "", "qop": "auth"} | fields
        for name, value in wanted.items():
            if given[name] != value:
                return Failed(f"DIGEST-MD5: another {name}")
        service, _, rest = fields["digest-uri"].partition("/")
        host = rest.partition("/")[0]
        if service.lower() != self._service or (self._host and host.lower() != self._host.lower()):
            return Failed("DIGEST-MD5: the digest-uri names another service")
        return None

    def _judge(self, fields: dict[str, str]) -> Outcome:
        user, authzid = fields["username"], fields.get("authzid")
        key = self._source.digest_secret(user, self._realm)

        def value(method: str) -> str:
            return response_value(
                key or secrets.token_bytes(16),
                nonce=self._nonce,
                cnonce=fields["cnonce"],
                uri=fields["digest-uri"],
                authzid=authzid,
                method=method,
            )

        right = hmac.compare_digest(
            value("AUTHENTICATE"), fields["response"].lower().encode("ascii", "replace").decode()
        )
        if not right or key is None:
            return Failed(f"DIGEST-MD5: wrong name or password for {user!r}")
        identity = authorise(self._source, user, authzid or "")
        if identity is None:
            return Failed(f"{user!r} may not act as {authzid!r}")
        return Done(identity, f"rspauth={value('')}".encode())


class DigestMd5Client(ClientMechanism):
    """The client's side; `finish` succeeds only after the server proved that it knows the password."""

    name = "DIGEST-MD5"
    strength = Strength.HISTORIC

    def __init__(
        self, user: str, password: str, *, service: str, host: str, authzid: str = "", cnonce: str | None = None
    ) -> None:
        self._user, self._password, self._authzid = user, password, authzid
        self._uri = f"{service}/{host}"
        self._cnonce = cnonce or secrets.token_urlsafe(24)
        self._proof: str | None = None
        self._proved = False

    def start(self) -> None:
        """The server speaks first."""

    def step(self, challenge: bytes) -> Continue | Failed:
        """Answer the challenge; the server's proof, where it comes as a challenge, is answered with nothing."""
        if self._proof is not None:
            return Continue(b"") if self._check(challenge) else Failed("DIGEST-MD5: the server's proof is wrong")
        try:
            fields = parse(challenge)
        except ValueError as error:
            return Failed(f"DIGEST-MD5: {error}")
        if not fields.get("nonce") or fields.get("algorithm") != "md5-sess":
            return Failed("DIGEST-MD5: no nonce, or another algorithm")
        if "auth" not in re.split(r"[ \t]*,[ \t]*", fields.get("qop", "auth")):
            return Failed("DIGEST-MD5: the server wants a security layer")
        return Continue(self._digest(fields["nonce"], fields.get("realm", "")))

    def _digest(self, nonce: str, realm: str) -> bytes:
        authzid = self._authzid or None
        key = secret(self._user, realm, self._password)
        value, self._proof = (
            response_value(key, nonce=nonce, cnonce=self._cnonce, uri=self._uri, authzid=authzid, method=method)
            for method in ("AUTHENTICATE", "")
        )
        parts = [
            "charset=utf-8",
            f"username={_quote(self._user)}",
            f"realm={_quote(realm)}",
            f"nonce={_quote(nonce)}",
            "nc=00000001",
            f"cnonce={_quote(self._cnonce)}",
            f"digest-uri={_quote(self._uri)}",
            f"response={value}",
            "qop=auth",
        ]
        if authzid:
            parts.append(f"authzid={_quote(authzid)}")
        return ",".join(parts).encode()

    def _check(self, data: bytes) -> bool:
        try:
            given = parse(data).get("rspauth", "")
        except ValueError:
            return False
        self._proved = self._proof is not None and hmac.compare_digest(given.encode(), self._proof.encode())
        return self._proved

    def finish(self, data: bytes | None) -> Done | Failed:
        """Check the server's proof, in `data` or in the challenge before."""
        if not self._proved and (data is None or not self._check(data)):
            return Failed("DIGEST-MD5: the server did not prove that it knows the password")
        return Done(self._authzid or self._user)

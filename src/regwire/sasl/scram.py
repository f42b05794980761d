"""SCRAM-SHA-256 (RFC 5802, RFC 7677) by the library scramp, without channel binding.

The library knows no authorisation identity: it is taken out of the first message before the library reads it, and
`_Header` says to the library what the whole header was, which the proofs are over.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from regwire.sasl.credentials import ITERATIONS, CredentialSource, ScramKeys, authorise
from regwire.sasl.mechanism import ClientMechanism, Continue, Done, Failed, Outcome, ServerMechanism, Strength

try:
    from scramp import ScramClient, ScramException, ScramMechanism  # type: ignore[import-untyped]
    from scramp.core import Gs2Header  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise ImportError("SCRAM-SHA-256 needs the package scramp: pip install 'regwire[iris]'") from error

__all__ = ["ScramSha256Client", "ScramSha256Server"]

MESSAGE_OCTETS = 8192
"""Longest message taken: a name, a nonce and 32 octets of proof need a tenth."""
MAX_ITERATIONS = 1_000_000
"""Rounds that a server may ask a client to compute: half a second of a core; more is an attack."""

_NAME = "SCRAM-SHA-256"
_MECHANISM = ScramMechanism(_NAME)
_ROUNDS = re.compile(r"(?:^|,)i=(\d{1,12})(?:,|$)")
# Makes the salt of a name that does not exist: the same each time it is asked for, and unlike that of any other server.
_PEPPER = secrets.token_bytes(32)


def _nobody(name: str, rounds: int) -> ScramKeys:
    """Keys that nothing proves, for a name that does not exist: the exchange fails at its end, as by a wrong proof."""
    seed = hmac.digest(_PEPPER, name.encode(), "sha256")
    return ScramKeys(seed[:16], rounds, hashlib.sha256(seed + b"1").digest(), hashlib.sha256(seed + b"2").digest())


class _Header(Gs2Header):  # type: ignore[misc]
    """The header of a first message with an authorisation identity."""

    def __init__(self, flag: str, identity: str) -> None:
        super().__init__(flag, None)
        self._written = f"{flag},a={identity.replace('=', '=3D').replace(',', '=2C')},"

    def __str__(self) -> str:
        return self._written

    def __bytes__(self) -> bytes:
        return self._written.encode()


_ASKED = re.compile(r"([ny]),a=([^,]+),")
_ESCAPE = re.compile(r"=(?!2C|3D)")


def _asked(message: str) -> tuple[str, str, str]:
    """Split a first message: flag, authorisation identity ("": none), and the message without it."""
    found = _ASKED.match(message)
    if found is None:
        return "", "", message
    flag, written = found.groups()
    if _ESCAPE.search(written):
        raise ScramException("the authorisation identity is not escaped as it has to be")
    return flag, written.replace("=2C", ",").replace("=3D", "="), f"{flag},,{message[found.end() :]}"


def _text(data: bytes) -> str:
    if len(data) > MESSAGE_OCTETS:
        raise ScramException("message too long")
    return data.decode()


class ScramSha256Server(ServerMechanism):
    """The server's side: two messages of the client, and the server's own proof with its success."""

    name = _NAME
    strength = Strength.CHALLENGE

    def __init__(self, source: CredentialSource, *, nonce: str | None = None) -> None:
        """`nonce` is for tests; by default it is random."""
        self._source = source
        self._server: Any = _MECHANISM.make_server(self._keys, s_nonce=nonce)
        self._user: str | None = None
        self._known = False
        self._expects = "first"
        self._identity = ""

    def _keys(self, name: str) -> tuple[bytes, bytes, bytes, int]:
        self._user = name
        found = self._source.scram_keys(name)
        self._known = found is not None
        keys = found or _nobody(name, getattr(self._source, "scram_rounds", ITERATIONS))
        return keys.salt, keys.stored_key, keys.server_key, keys.iterations

    def start(self, initial: bytes | None) -> Outcome:
        """Take the client's first message, or ask for it with an empty challenge."""
        return Continue(b"") if initial is None else self._take(initial)

    def step(self, response: bytes) -> Outcome:
        """Take the client's next message."""
        return self._take(response)

    def _take(self, message: bytes) -> Outcome:
        try:
            if self._expects == "first":
                return self._first(_text(message))
            if self._expects == "final":
                return self._final(_text(message))
        except (ScramException, ValueError) as error:
            self._expects = "nothing"
            # Its text may quote what the peer sent, never a secret.
            return Failed(f"{_NAME} of {self._user!r}: {error}")
        return Failed(f"{_NAME} is over")

    def _first(self, message: str) -> Outcome:
        flag, self._identity, bare = _asked(message)
        self._server.set_client_first(bare)
        if self._identity:
            self._server.gs2_header = _Header(flag, self._identity)
        self._expects = "final"
        return Continue(self._server.get_server_first().encode())

    def _final(self, message: str) -> Outcome:
        self._expects = "nothing"
        self._server.set_client_final(message)
        proof = self._server.get_server_final().encode()
        if not self._known or self._user is None:
            return Failed(f"{_NAME}: no such name {self._user!r}")
        identity = authorise(self._source, self._user, self._identity)
        if identity is None:
            return Failed(f"{self._user!r} may not act as {self._identity!r}")
        return Done(identity, proof)


class ScramSha256Client(ClientMechanism):
    """The client's side; `finish` succeeds only after the server proved that it knows the password's keys."""

    name = _NAME
    strength = Strength.CHALLENGE

    def __init__(self, user: str, password: str, *, authzid: str = "", nonce: str | None = None) -> None:
        """`authzid` names another identity to act as, `nonce` is for tests.

        Raises ValueError for a name or password that SASLprep refuses.
        """
        try:
            self._client: Any = ScramClient([_NAME], user, password, c_nonce=nonce)
        except ScramException as error:
            raise ValueError(str(error)) from error
        if authzid:
            self._client.gs2_header = _Header("n", authzid)
        self._user = authzid or user
        self._expects = "first"

    def start(self) -> bytes:
        """Give the first message."""
        first: str = self._client.get_client_first()
        return first.encode()

    def step(self, challenge: bytes) -> Continue | Failed:
        """Answer the server's first message with the proof; its second, where it comes as a challenge, with nothing."""
        try:
            if self._expects == "first":
                return self._prove(_text(challenge))
            if self._expects == "final":
                self._check(_text(challenge))
                return Continue(b"")
        except (ScramException, ValueError) as error:
            self._expects = "nothing"
            return Failed(f"{_NAME}: {error}")
        return Failed(f"{_NAME} is over")

    def _prove(self, message: str) -> Continue | Failed:
        rounds = _ROUNDS.search(message)
        if rounds is not None and int(rounds[1]) > MAX_ITERATIONS:
            self._expects = "nothing"
            return Failed(f"{_NAME}: the server asks for {rounds[1]} rounds")
        self._client.set_server_first(message)
        self._expects = "final"
        return Continue(self._client.get_client_final().encode())

    def _check(self, message: str) -> None:
        self._client.set_server_final(message)
        self._expects = "done"

    def finish(self, data: bytes | None) -> Done | Failed:
        """Check the server's proof, in `data` or in the challenge before."""
        if self._expects == "final" and data is not None:
            try:
                self._check(_text(data))
            except (ScramException, ValueError) as error:
                self._expects = "nothing"
                return Failed(f"{_NAME}: {error}")
        if self._expects != "done":
            return Failed(f"{_NAME}: the server did not prove that it knows the password")
        return Done(self._user)

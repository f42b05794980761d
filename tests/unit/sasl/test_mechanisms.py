"""SASL mechanisms against the examples of their RFCs, and against each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regwire.errors import ConfigError
from regwire.sasl import (
    MECHANISMS,
    Channel,
    ClientMechanism,
    Continue,
    Credentials,
    Done,
    Failed,
    Outcome,
    SaslClient,
    SaslServer,
    ScramKeys,
    ServerMechanism,
    saslprep,
    scram_keys,
)
from regwire.sasl.digest_md5 import DigestMd5Client, DigestMd5Server, parse, secret
from regwire.sasl.scram import ScramSha256Client, ScramSha256Server
from regwire.sasl.simple import AnonymousServer, ExternalServer, PlainServer

PLAIN_TCP = Channel()
TLS = Channel(encrypted=True)
CERTIFICATE = Channel(encrypted=True, certificate=b"DER", fingerprint="ab" * 32)

SCRAM_SALT = bytes.fromhex("5b6d99689d12358eeca04b141236fa81")  # W22ZaJ0SNY7soEsUEjb6gQ==


@pytest.fixture(scope="module")
def people() -> Credentials:
    found = Credentials(digest_realm="iris.example")
    found.add("bob", "kEw1")
    found.add_certificate("AB:" * 31 + "AB", "carol")
    return found


def talk(client: ClientMechanism, server: ServerMechanism) -> tuple[Outcome, Outcome]:
    """Both sides' outcomes of a whole exchange."""
    outcome = server.start(client.start())
    for _ in range(5):
        if isinstance(outcome, Continue):
            answer = client.step(outcome.data)
            if isinstance(answer, Failed):
                return answer, outcome
            outcome = server.step(answer.data)
        elif isinstance(outcome, Done):
            return client.finish(outcome.data), outcome
        else:
            return outcome, outcome
    raise AssertionError("the exchange does not end")


class One:
    """A source of one name, with the keys of RFC 7677's example."""

    def __init__(self, keys: ScramKeys | None = None, digest: bytes | None = None) -> None:
        self.keys, self.digest = keys, digest

    def verify(self, name: str, password: str) -> bool:
        return (name, password) == ("user", "pencil")

    def scram_keys(self, name: str) -> ScramKeys | None:
        return self.keys if name == "user" else None

    def digest_secret(self, name: str, realm: str) -> bytes | None:
        return self.digest

    def certificate_name(self, fingerprint: str, certificate: bytes) -> str | None:
        return "user"

    def may_act_as(self, name: str, identity: str) -> bool:
        return (name, identity) == ("user", "group")


# --- the examples of the RFCs


def test_scram_sha_256_of_rfc_7677() -> None:
    client = ScramSha256Client("user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
    server = ScramSha256Server(One(scram_keys("pencil", salt=SCRAM_SALT)), nonce="%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    first = client.start()
    assert first == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    challenge = server.start(first)
    assert challenge == Continue(
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    proof = client.step(challenge.data)
    assert proof == Continue(
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    done = server.step(proof.data)
    assert done == Done("user", b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    assert client.finish(done.data) == Done("user")


def test_digest_md5_of_rfc_2831_section_4() -> None:
    client = DigestMd5Client("chris", "secret", service="imap", host="elwood.innosoft.com", cnonce="OA6MHXh6VqTrRk")
    server = DigestMd5Server(
        One(digest=secret("chris", "elwood.innosoft.com", "secret")),
        service="imap",
        host="elwood.innosoft.com",
        realm="elwood.innosoft.com",
        nonce="OA6MG9tEQGm2hh",
    )
    challenge = server.start(None)
    assert isinstance(challenge, Continue)
    assert parse(challenge.data) == {
        "realm": "elwood.innosoft.com",
        "nonce": "OA6MG9tEQGm2hh",
        "qop": "auth",
        "algorithm": "md5-sess",
        "charset": "utf-8",
    }
    digest = client.step(challenge.data)
    assert isinstance(digest, Continue)
    assert parse(digest.data) == {
        "charset": "utf-8",
        "username": "chris",
        "realm": "elwood.innosoft.com",
        "nonce": "OA6MG9tEQGm2hh",
        "nc": "00000001",
        "cnonce": "OA6MHXh6VqTrRk",
        "digest-uri": "imap/elwood.innosoft.com",
        "response": "d388dad90d4bbd760a152321f2143af7",
        "qop": "auth",
    }
    assert server.step(digest.data) == Done("chris", b"rspauth=ea40f60335c427b5527b84dbabcdfffd")
    assert client.finish(b"rspauth=ea40f60335c427b5527b84dbabcdfffd") == Done("chris")


def test_plain_of_rfc_4616() -> None:
    assert PlainServer(One(), TLS).start(b"\0user\0pencil") == Done("user")
    assert PlainServer(One(), TLS).start(b"group\0user\0pencil") == Done("group")


@pytest.mark.parametrize(
    ("given", "prepared"),
    [("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX")],
)
def test_saslprep_of_rfc_4013(given: str, prepared: str) -> None:
    assert saslprep(given) == prepared


@pytest.mark.parametrize("given", ["\u0007", "\u0627\u0031", "\u00ad", ""])
def test_saslprep_refuses(given: str) -> None:
    with pytest.raises(ValueError, match=r"SASLprep|directions"):
        saslprep(given)


# --- what must not work


def test_plain_is_refused_without_tls(people: Credentials) -> None:
    assert PlainServer(people, PLAIN_TCP).start(b"\0bob\0kEw1") == Failed("PLAIN without TLS")
    assert "PLAIN" not in SaslServer(people).offered(PLAIN_TCP)
    assert SaslServer(people).begin("PLAIN", PLAIN_TCP, service="iris-xpc") is None
    chosen = SaslClient(user="bob", password="kEw1").choose(["PLAIN"], PLAIN_TCP, service="iris-xpc", host="")
    assert chosen is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0",
        b"\0bob",
        b"\0bob\0",
        b"\0\0kEw1",
        b"\0bob\0wrong",
        b"\0nobody\0kEw1",
        b"\0bob\0kEw1\0",
        b"\0b\xffb\0kEw1",
        b"carol\0bob\0kEw1",
        b"bob \0 kEw1",
        b"\0bob\0" + b"k" * 5000,
    ],
)
def test_plain_refuses(people: Credentials, message: bytes) -> None:
    assert isinstance(PlainServer(people, TLS).start(message), Failed)


def test_plain_takes_its_message_after_an_empty_challenge_and_once(people: Credentials) -> None:
    server = PlainServer(people, TLS)
    assert server.start(None) == Continue(b"")
    assert server.step(b"\0bob\0kEw1") == Done("bob")
    assert isinstance(server.step(b"\0bob\0kEw1"), Failed)


def test_external_stands_for_the_certificates_name(people: Credentials) -> None:
    assert ExternalServer(people, CERTIFICATE).start(b"") == Done("carol")
    assert ExternalServer(people, CERTIFICATE).start(b"carol") == Done("carol")
    assert isinstance(ExternalServer(people, CERTIFICATE).start(b"bob"), Failed)
    assert isinstance(ExternalServer(people, TLS).start(b""), Failed)
    other = Channel(encrypted=True, certificate=b"X", fingerprint="cd" * 32)
    assert isinstance(ExternalServer(people, other).start(b""), Failed)


def test_anonymous_keeps_the_trace() -> None:
    server = AnonymousServer()
    assert server.start(b"sirhc@example.com") == Done(None)
    assert server.trace == "sirhc@example.com"
    assert isinstance(AnonymousServer().start(b"x" * 256), Failed)


def test_scram_does_not_tell_whether_a_name_exists(people: Credentials) -> None:
    def failure(name: str) -> tuple[Outcome, Outcome]:
        return talk(ScramSha256Client(name, "wrong"), ScramSha256Server(people))

    known, unknown = failure("bob"), failure("mallory")
    assert isinstance(known[1], Failed)
    assert isinstance(unknown[1], Failed)
    # Asked twice, a name that does not exist has one salt, as one that exists.
    starts = [ScramSha256Server(people, nonce="s").start(b"n,,n=mallory,r=c") for _ in range(2)]
    assert starts[0] == starts[1]


def test_scram_client_refuses_what_would_take_forever() -> None:
    client = ScramSha256Client("user", "pencil", nonce="c")
    client.start()
    assert isinstance(client.step(b"r=cs,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=9999999"), Failed)


def test_scram_client_refuses_a_server_without_proof() -> None:
    client = ScramSha256Client("user", "pencil", nonce="c")
    client.start()
    assert isinstance(client.step(b"r=cs,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), Continue)
    assert isinstance(client.finish(None), Failed)
    assert isinstance(client.finish(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Failed)


def _scram(people: Credentials, user: str, authzid: str) -> Any:
    client = ScramSha256Client(user, "kEw1", authzid=authzid)
    server = ScramSha256Server(people)
    challenge = server.start(client.start())
    assert isinstance(challenge, Continue)
    proof = client.step(challenge.data)
    assert isinstance(proof, Continue)
    done = server.step(proof.data)
    return done if isinstance(done, Failed) else (done, client.finish(done.data))


def test_scram_takes_an_authorisation_identity_that_is_the_name(people: Credentials) -> None:
    """It was refused whatever it was: RFC 5802 section 5.1 has it in the first message."""
    done, finished = _scram(people, "bob", "bob")
    assert done.identity == "bob"
    assert finished == Done("bob")


def test_scram_refuses_another_authorisation_identity(people: Credentials) -> None:
    failed = _scram(people, "bob", "eve")
    assert isinstance(failed, Failed)
    assert "may not act as 'eve'" in failed.reason


def test_scram_escapes_an_authorisation_identity(people: Credentials) -> None:
    class Deputies(Credentials):
        def may_act_as(self, name: str, identity: str) -> bool:
            return (name, identity) == ("bob", "a=b,c")

    deputies = Deputies()
    deputies.add("bob", "kEw1")
    assert ScramSha256Client("bob", "kEw1", authzid="a=b,c").start().startswith(b"n,a=a=3Db=2Cc,n=bob,r=")
    done, finished = _scram(deputies, "bob", "a=b,c")
    assert done.identity == "a=b,c"
    assert finished == Done("a=b,c")


@pytest.mark.parametrize(
    "first", [b"n,a=b=40b,n=bob,r=abc", b"n,a=,n=bob,r=abc", b"p=tls-unique,a=bob,n=bob,r=abc", b"n,a=bob"]
)
def test_scram_refuses_a_header_that_is_none(people: Credentials, first: bytes) -> None:
    assert isinstance(ScramSha256Server(people).start(first), Failed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nonce", "other"),
        ("nc", "00000002"),
        ("digest-uri", "imap/iris.example"),
        ("realm", "other"),
        ("qop", "auth-int"),
        ("response", "0" * 32),
        ("username", "nobody"),
    ],
)
def test_digest_md5_refuses_what_was_changed(people: Credentials, name: str, value: str) -> None:
    server = DigestMd5Server(people, service="iris-xpc", host="iris.example", realm="iris.example")
    client = DigestMd5Client("bob", "kEw1", service="iris-xpc", host="iris.example")
    challenge = server.start(None)
    assert isinstance(challenge, Continue)
    digest = client.step(challenge.data)
    assert isinstance(digest, Continue)
    fields = parse(digest.data) | {name: value}
    assert isinstance(server.step(",".join(f'{k}="{v}"' for k, v in fields.items()).encode()), Failed)


def test_digest_md5_client_refuses_a_server_without_proof(people: Credentials) -> None:
    client = DigestMd5Client("bob", "kEw1", service="iris-xpc", host="iris.example")
    assert isinstance(client.step(b'nonce="n",algorithm=md5-sess,realm="r"'), Continue)
    assert isinstance(client.finish(None), Failed)
    assert isinstance(client.finish(b"rspauth=" + b"0" * 32), Failed)


# --- both sides together


@pytest.mark.parametrize("name", MECHANISMS)
def test_both_sides_agree(people: Credentials, name: str) -> None:
    server = SaslServer(people, mechanisms=MECHANISMS, host="iris.example")
    client = SaslClient(user="bob", password="kEw1", mechanisms=[name])
    chosen = client.choose(server.offered(CERTIFICATE), CERTIFICATE, service="iris-xpc", host="iris.example")
    begun = server.begin(name, CERTIFICATE, service="iris-xpc")
    assert chosen is not None
    assert begun is not None
    assert chosen.name == begun.name == name
    ours, theirs = talk(chosen, begun)
    assert isinstance(ours, Done)
    assert isinstance(theirs, Done)
    assert theirs.identity == {"EXTERNAL": "carol", "ANONYMOUS": None}.get(name, "bob")


@pytest.mark.parametrize("name", ["SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"])
def test_a_wrong_password_fails(people: Credentials, name: str) -> None:
    server = SaslServer(people, mechanisms=MECHANISMS, host="iris.example")
    chosen = SaslClient(user="bob", password="no", mechanisms=[name]).choose(
        [name], TLS, service="iris-xpc", host="iris.example"
    )
    begun = server.begin(name, TLS, service="iris-xpc")
    assert chosen is not None
    assert begun is not None
    assert isinstance(talk(chosen, begun)[1], Failed)


def test_the_strongest_is_chosen() -> None:
    person = SaslClient(user="bob", password="x")

    def choose(*offered: str, channel: Channel = TLS) -> str | None:
        found = person.choose(offered, channel, service="iris-xpc", host="")
        return None if found is None else found.name

    assert choose("PLAIN", "SCRAM-SHA-256", "EXTERNAL") == "SCRAM-SHA-256"
    assert choose("PLAIN", "SCRAM-SHA-256", "EXTERNAL", channel=CERTIFICATE) == "EXTERNAL"
    assert choose("PLAIN", "DIGEST-MD5") == "PLAIN"
    assert choose("DIGEST-MD5", "ANONYMOUS", "OTP") is None


def test_configuration_is_checked() -> None:
    with pytest.raises(ConfigError, match="no mechanism 'OTP'"):
        SaslServer(Credentials(), mechanisms=["OTP"])
    with pytest.raises(ConfigError, match="without a password"):
        SaslClient(user="bob")
    assert "kEw1" not in repr(SaslClient(user="bob", password="kEw1"))


@pytest.mark.parametrize("name", MECHANISMS)
@given(messages=st.lists(st.binary(max_size=80), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_message_raises(name: str, messages: list[bytes]) -> None:
    server = SaslServer(One(), mechanisms=MECHANISMS).begin(name, CERTIFICATE, service="iris-xpc")
    client = SaslClient(user="user", password="pencil", mechanisms=[name]).choose(
        [name], CERTIFICATE, service="iris-xpc", host=""
    )
    assert server is not None
    assert client is not None
    assert isinstance(server.start(messages[0]), Continue | Done | Failed)
    client.start()
    for message in messages:
        assert isinstance(server.step(message), Continue | Done | Failed)
        assert isinstance(client.step(message), Continue | Failed)
    assert isinstance(client.finish(messages[0]), Done | Failed)

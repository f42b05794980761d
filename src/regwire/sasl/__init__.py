"""SASL (RFC 4422): mechanisms behind one interface, for any protocol that carries an exchange.

The server's side::

    sasl = SaslServer(credentials)
    mechanism = sasl.begin(name, channel, service="iris-xpc")  # None: not offered on this connection
    outcome = mechanism.start(initial)  # None: the client sent no initial response
    while isinstance(outcome, Continue):
        outcome = mechanism.step(send_challenge(outcome.data))
    # Done(identity, data) or Failed(reason)

The client's::

    mechanism = SaslClient(user=…, password=…).choose(offered, channel, service="iris-xpc", host="iris.example")
    send(mechanism.name, mechanism.start())
    ...                                                           # step() for each challenge, finish() at success

Sans-IO; a server's steps may compute for milliseconds (password hashing) and belong into a thread.
"""

from regwire.sasl.choice import MECHANISMS, SaslClient, SaslServer
from regwire.sasl.credentials import Credentials, CredentialSource, ScramKeys, scram_keys
from regwire.sasl.mechanism import (
    Channel,
    ClientMechanism,
    Continue,
    Done,
    Failed,
    Outcome,
    ServerMechanism,
    Strength,
    WireProtected,
    attempted,
)
from regwire.sasl.prep import saslprep

__all__ = [
    "MECHANISMS",
    "Channel",
    "ClientMechanism",
    "Continue",
    "CredentialSource",
    "Credentials",
    "Done",
    "Failed",
    "Outcome",
    "SaslClient",
    "SaslServer",
    "ScramKeys",
    "ServerMechanism",
    "Strength",
    "WireProtected",
    "attempted",
    "saslprep",
    "scram_keys",
]

"""BEEP (RFC 3080, RFC 3081): channels and exchanges of any profile over one connection, without sockets.

::

    peer = Peer("initiator")
    peer.open()
    connection.send(peer.outgoing())
    for item in wire.receive(connection.recv()):
        for event in peer.receive(item):
            match event:
                case Greeted():
                    number = peer.start([("http://example.com/echo", None)])
                case Started(channel=number):
                    peer.send(number, Message(b"hello"))
                case Replied(message=reply):
                    print(reply.body)
    connection.send(peer.outgoing())

`regwire.trio.beep` drives it in trio. docs/design/beep.md is the whole story.
"""

from regwire.beep.events import (
    Asked,
    ChannelClosed,
    CloseAsked,
    CloseRefused,
    Ended,
    Event,
    Greeted,
    Proposal,
    Replied,
    Secure,
    StartAsked,
    Started,
    StartRefused,
    TlsRefused,
    Unavailable,
)
from regwire.beep.limits import Limits
from regwire.beep.messages import MEDIA_TYPE, Failure
from regwire.beep.mime import Message
from regwire.beep.peer import TLS_PROFILE, Peer

__all__ = [
    "MEDIA_TYPE",
    "TLS_PROFILE",
    "Asked",
    "ChannelClosed",
    "CloseAsked",
    "CloseRefused",
    "Ended",
    "Event",
    "Failure",
    "Greeted",
    "Limits",
    "Message",
    "Peer",
    "Proposal",
    "Replied",
    "Secure",
    "StartAsked",
    "StartRefused",
    "Started",
    "TlsRefused",
    "Unavailable",
]

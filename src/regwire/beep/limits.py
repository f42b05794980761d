"""Every limit of a BEEP session by name, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIRST_WINDOW", "MAX_CONTENT", "SHARE", "Budget", "Limits"]

FIRST_WINDOW = 4096
"""The window of a new channel (RFC 3081 section 3.1.1)."""

MAX_CONTENT = 4096
"""Octets of an initialization message in a start (RFC 3080 section 2.3.1.2)."""


SHARE = 16 * 1024
"""Octets that a session may hold however much the others do: requests are shorter."""


class Budget:
    """What all sessions of a server hold together: parts of messages, messages that wait, replies that wait to leave.

    While that is more than `most` octets, who holds more than `SHARE` gets no more: messages are refused (451), and
    none is delivered before replies have left. Otherwise a thousand sessions could hold `Limits.assembly` and
    `Limits.output_total` each.
    """

    __slots__ = ("most", "used")

    def __init__(self, most: int = 128 * 1024 * 1024) -> None:
        self.most = most
        self.used = 0

    @property
    def full(self) -> bool:
        """Whether there is no more room."""
        return self.used > self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one session; octets and counts.

    `window`: what a channel may send ahead, at least 4,096. `frame`: the payload of our frames; two thirds of the
    segment size (RFC 3081 section 3.1.4), here of Ethernet's 1,460. `message`: one message, its frames joined.
    `assembly`: messages that are not complete or wait to be delivered, of all channels. `channels`: at once; RFC 3080
    wants 257 at least.
    `exchanges`: MSGs without a complete reply, ours not counted; empty ones cost no window. `output` and
    `output_total`: what waits to leave, of a channel and of all; above it no MSG is delivered, so that windows stay
    shut. `delivered`: MSGs of one channel that
    are delivered and not answered. `idle_seqs`: SEQ frames in a row that let nothing out. `proposals`: profiles in one
    start. `management`: one message of channel 0.
    """

    window: int = FIRST_WINDOW
    frame: int = 973
    message: int = 256 * 1024
    assembly: int = 1024 * 1024
    channels: int = 1024
    exchanges: int = 1024
    output: int = 64 * 1024
    output_total: int = 4 * 1024 * 1024
    delivered: int = 16
    idle_seqs: int = 4096
    proposals: int = 64
    management: int = 64 * 1024

    def __post_init__(self) -> None:
        if self.window < FIRST_WINDOW:
            raise ValueError(f"window {self.window}: a channel begins with {FIRST_WINDOW}")
        if self.frame < 1 or self.delivered < 1 or self.exchanges < 1 or self.channels < 1:
            raise ValueError("frame, delivered, exchanges and channels are at least 1")

    @property
    def frame_octets(self) -> int:
        """The longest frame that a peer may send us, header and trailer included."""
        return self.window + 128

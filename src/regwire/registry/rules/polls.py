"""The poll queue (RFC 5730 section 2.9.2.3): first in, first out; the head stays until it is acknowledged."""

from __future__ import annotations

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Outcome, Polled, Refusal
from regwire.registry.model.requests import PollAck, PollRequest
from regwire.registry.rules.context import Context

__all__ = ["acknowledge", "request"]


def request(ctx: Context, _: PollRequest) -> Outcome:
    """Show the head of the queue."""
    message, count = ctx.view.poll_head(ctx.account)
    if message is None:
        return Outcome(codes.NO_MESSAGES)
    return Outcome(codes.ACK_TO_DEQUEUE, Polled(count, message))


def acknowledge(ctx: Context, request: PollAck) -> Outcome:
    """Take a message of one's own off the queue."""
    id = int(request.id) if request.id.isascii() and request.id.isdigit() and len(request.id) < 19 else -1
    if ctx.view.poll_message(ctx.account, id) is None:
        raise Refusal(codes.DOES_NOT_EXIST, "no such message")
    _, count = ctx.view.poll_head(ctx.account)
    return Outcome(codes.OK, Polled(count - 1, acked=id), acked=id)

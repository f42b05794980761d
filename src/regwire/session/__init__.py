"""Machinery that the sessions of all protocols share: sans-IO, with time passed in.

Nothing here knows a protocol, opens a socket, reads a clock or imports an event loop:

- `Table`: a state machine as data, states x inputs → `Step`; drawn into the documentation.
- `Timers`: named deadlines of a session.
- `Window`: commands that were sent and not yet answered, matched by order, asserted by transaction id.
- `Reply`, `Refused`, `Unknown`: the three fates of a command.
- `TransactionIds`: unique transaction ids.
- `Loop`, `SessionCore`, `Entry`, `Run`, `Job`: the server's hot loop over the reactor (Cython, `_loop.pyx`).
- `Hub`, `Exchange`, `Link`, `Pending`, `Bulk`: the client's, spreading commands over sessions (Cython, `_window.pyx`).
"""

from regwire.session._loop import Entry, Job, Loop, Run, SessionCore, TransactionIds
from regwire.session._window import Bulk, Exchange, Hub, Link, Pending
from regwire.session.table import Step, Symbol, Table
from regwire.session.timers import Timers
from regwire.session.window import Outcome, Refused, Reply, Slot, Unknown, Window

__all__ = [
    "Bulk",
    "Entry",
    "Exchange",
    "Hub",
    "Job",
    "Link",
    "Loop",
    "Outcome",
    "Pending",
    "Refused",
    "Reply",
    "Run",
    "SessionCore",
    "Slot",
    "Step",
    "Symbol",
    "Table",
    "Timers",
    "TransactionIds",
    "Unknown",
    "Window",
]

# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, embedsignature=False
"""The client's hot path: slots, windows, and the exchange that spreads commands over many sessions.

An exchange knows no protocol. Callers leave messages in its queue (`submit`, `submit_many`) and await what they get for
it. A hub brings the exchanges and a reactor together: `turn()`, called when all tasks have run, hands what is queued to
sessions that have a place, encodes it, and flushes once for all; `events()`, called after a poll, gives the replies to
their callers. What is not the fast path is the protocol's: `protocol.begin(link, slot)` sends a message that changes the
session's state, `protocol.other(link, item)` takes every item that is no plain reply.
"""

from collections import deque

from cpython.pycapsule cimport PyCapsule_GetPointer
from regwire_native import Reactor

from regwire.errors import ReplyMismatch


cdef enum:
    CHUNK = 32          # decoded messages alive at once
    SPARE = 1024        # slots kept for reuse


include "_field.pxi"


# What the capsule `direct_send` of a native reactor holds: its method `send_message`, called as C calls.
ctypedef int (*DirectSend)(PyObject *reactor, long long session, PyObject *message, PyObject *cl_trid) except -1


cdef size_t direct_send_of(reactor) except? 0:
    """The native reactor's `send_message` as a C function; a class derived from it may have another one."""
    capsule = getattr(reactor, "direct_send", None) if type(reactor) is Reactor else None
    if capsule is None:
        return 0
    return <size_t>PyCapsule_GetPointer(capsule, "regwire_native.Reactor.direct_send")


cdef Field OP = Field("op")
cdef Field CL_TRID = Field("cl_trid")
cdef Field TR_ID = Field("tr_id")
cdef Field CL_TRID_OF_REPLY = Field("cl_trid")
cdef Field RESULTS = Field("results")
cdef Field CODE = Field("code")
cdef Field RES_DATA = Field("res_data")


cdef class Pending:
    """What a caller waits for. Its task awaits it: no coroutine of ours in between, a reply costs one step of the task.

    `waiter` is whatever the driver wakes (None after the caller gave up), `outcome` what it finds then.
    """

    cdef public object waiter
    cdef public object outcome
    cdef object error
    cdef Exchange exchange
    cdef object trap

    def unwrap(self):
        """The outcome, or its error raised: a waiter is woken with this very object in place of a result."""
        if self.error is not None:
            raise self.error
        return self.outcome

    def __await__(self):
        return self

    def __next__(self):
        """Yield to the scheduler what makes it put the task to sleep."""
        if self.trap is None:
            self.trap = self.exchange.hub.park(self.abort)
        return self.trap

    def send(self, result):
        """The task was woken: by us with this object, or by its cancellation with something that raises."""
        cdef object value, error
        if result is not self:
            self.trap = None
            raise StopIteration(result.unwrap())
        error = self.error
        if error is not None:
            self.error = self.trap = None
            raise error
        value = self.outcome
        self.outcome = None
        self.over()
        raise StopIteration(value)

    def throw(self, kind, value=None, traceback=None):
        """The task ends here: as if cancelled."""
        self.abort(None)
        self.trap = None
        error = kind if value is None else value
        if isinstance(error, type):
            error = error()
        raise error if traceback is None else error.with_traceback(traceback)

    def close(self):
        """The task is thrown away while it waits."""
        self.abort(None)
        self.trap = None

    def abort(self, _):
        """Give up: what has not left is not sent, replies to the rest are dropped. Returns the hub's `given_up`."""
        raise NotImplementedError

    cdef int over(self) except -1:
        """The caller has what it waited for."""
        self.trap = None
        return 0


cdef class Slot(Pending):
    """A place in the window: one document sent, one reply expected.

    `message` is what was sent, `expects` the kind of document that answers it (named by the protocol), `cl_trid` the
    transaction id to assert (None: nothing to assert), which need not stand in the message, `deadline` the time by
    which the reply must be complete.
    """

    cdef public object message
    cdef public object expects
    cdef public object cl_trid
    cdef public object deadline
    cdef Bulk bulk
    cdef Py_ssize_t index
    cdef bint plain     # a command that changes no state, sent by the exchange

    def __init__(self, message, *, expects, cl_trid, deadline, waiter=None):
        self.message = message
        self.expects = expects
        self.cl_trid = cl_trid
        self.deadline = deadline
        self.waiter = waiter

    cpdef abandon(self):
        """The caller gave up (was cancelled): the reply, when it comes, is dropped here and nowhere else."""
        self.waiter = None
        self.bulk = None

    def abort(self, _):
        """Give up as the task that waits for an exchange: what has not left is not sent."""
        self.abandon()
        self.exchange.withdraw(self)
        return self.exchange.hub.given_up

    cdef int over(self) except -1:
        cdef list spare = self.exchange.hub.spare
        if self.plain and len(spare) < SPARE:
            # Out of the window, and nobody's any more: the next command takes it, with what it yields to the scheduler.
            self.plain = False
            self.message = self.cl_trid = self.deadline = None
            self.exchange = None
            spare.append(self)
        else:
            self.trap = None
        return 0

    def __repr__(self):
        """Without the message: it may hold secrets."""
        return f"<Slot {self.cl_trid} expects {self.expects}{'' if self.waiter is not None else ', abandoned'}>"


cdef class Window:
    """The outstanding slots of one connection, oldest first, at most `size` of them."""

    cdef readonly Py_ssize_t size
    cdef list ring
    cdef Py_ssize_t head
    cdef Py_ssize_t count

    def __init__(self, Py_ssize_t size):
        if size < 1:
            raise ValueError(f"a window holds at least one command, not {size}")
        self.size = size
        self.ring = [None] * size
        self.head = 0
        self.count = 0

    def __len__(self):
        """How many are outstanding."""
        return self.count

    def __iter__(self):
        """Oldest first."""
        return iter(self.slots())

    cdef list slots(self):
        return [self.ring[(self.head + i) % self.size] for i in range(self.count)]

    @property
    def full(self):
        """Whether another command must wait."""
        return self.count >= self.size

    @property
    def deadline(self):
        """When the oldest reply must be there; replies keep order, so no later one can be due before it matters."""
        return min([slot.deadline for slot in self.slots() if slot.deadline is not None], default=None)

    cpdef push(self, Slot slot):
        """A document goes out; its reply comes after those of all slots before."""
        cdef Py_ssize_t at
        if self.count >= self.size:
            raise ValueError("the window is full")
        at = self.head + self.count
        if at >= self.size:
            at -= self.size
        self.ring[at] = slot
        self.count += 1

    cdef Slot pop(self):
        cdef Slot slot = <Slot>self.ring[self.head]
        self.ring[self.head] = None
        self.head += 1
        if self.head == self.size:
            self.head = 0
        self.count -= 1
        return slot

    def match(self, kind, cl_trid, *, may_omit):
        """Take the oldest slot for a reply of `kind` that carries `cl_trid`.

        `may_omit`: the reply may lack the id (a server that could not read the command cannot echo it). Raises
        `ReplyMismatch` and takes nothing when no slot is outstanding or kind or id are another's.
        """
        cdef Slot slot
        if not self.count:
            raise ReplyMismatch("a reply that nothing asked for", got=kind)
        slot = <Slot>self.ring[self.head]
        if slot.expects != kind:
            raise ReplyMismatch("a reply of another kind", expected=slot.expects, got=kind)
        if cl_trid != slot.cl_trid and not (cl_trid is None and may_omit):
            raise ReplyMismatch("a reply to another command", expected=slot.cl_trid, got=cl_trid)
        return self.pop()

    def retract(self, Slot slot):
        """Take back the newest slot, whose message turned out not to be sendable."""
        cdef Py_ssize_t at = (self.head + self.count - 1) % self.size
        if not self.count or self.ring[at] is not slot:
            raise ValueError("only the newest slot can be taken back")
        self.ring[at] = None
        self.count -= 1

    def oldest(self):
        """The slot that the next reply answers."""
        return self.ring[self.head] if self.count else None

    def drain(self):
        """Take all slots: the connection is gone."""
        cdef list slots = self.slots()
        self.ring = [None] * self.size
        self.head = 0
        self.count = 0
        return slots


cdef class Link:
    """What an exchange keeps of a session. Drivers derive theirs from it; it is the owner of the reactor's session.

    `number` is the reactor's number of the session, `window` its window, `ready` whether commands and replies may take
    the fast path, `used` when something was sent last, `answered` whether a command was answered with the session open.
    """

    cdef readonly Exchange exchange
    cdef public object number
    cdef readonly Window window
    cdef public bint ready
    cdef public bint answered
    cdef public object used

    def __init__(self, Exchange exchange not None, number, Window window not None, used):
        self.exchange = exchange
        self.number = number
        self.window = window
        self.ready = False
        self.answered = False
        self.used = used


cdef class Bulk(Pending):
    """Many messages of one caller. Its outcome holds, in their order, the reply to each or the error in its place.

    With `digest`, what that makes of the reply or the error takes its place; the only data of a success are taken here.
    """

    cdef list messages
    cdef list slots         # what was started, by place
    cdef Py_ssize_t started
    cdef Py_ssize_t missing
    cdef object digest

    def __init__(self):
        raise TypeError("the exchange makes these")

    cdef int feed(self, Py_ssize_t n) except -1:
        cdef Slot slot
        cdef Py_ssize_t last = min(self.started + n, len(self.messages))
        while self.started < last:
            slot = self.exchange.add(self.messages[self.started], None)
            self.messages[self.started] = None
            slot.bulk = self
            slot.index = self.started
            self.slots[self.started] = slot
            self.started += 1
        return 0

    cdef int done(self, Slot slot, result) except -1:
        cdef object waiter
        slot.bulk = None
        self.slots[slot.index] = None
        (<list>self.outcome)[slot.index] = result if self.digest is None else self.digested(result)
        self.missing -= 1
        if self.started < len(self.messages):
            self.feed(1)
        elif self.missing == 0 and self.waiter is not None:
            waiter = self.waiter
            self.waiter = None
            self.exchange.hub.rouse(waiter, self)
        slot.over()
        return 0

    cdef object digested(self, result):
        cdef object results, data
        if type(result) is self.exchange.response_class:
            results = RESULTS.of(result)
            if len(results) == 1 and <long>CODE.of(results[0]) < 2000:
                data = RES_DATA.of(result)
                if len(data) == 1:
                    return data[0]
        return self.digest(result)

    def abort(self, _):
        """Give up: what has not left is not sent, replies to the rest are dropped."""
        cdef Slot slot
        self.waiter = None
        self.started = len(self.messages)
        for item in self.slots:
            if item is not None:
                slot = <Slot>item
                slot.abandon()
                self.exchange.withdraw(slot)
        self.slots = []
        return self.exchange.hub.given_up


cdef class Hub:
    """One reactor, and the exchanges that use it.

    `wake(waiter, pending)` resumes a waiter that awaits `pending`; `park(abort)` returns what a task yields to its
    scheduler in order to sleep until then, `abort` being what the scheduler calls when it cancels the task, and
    `given_up` what that returns. `clock()` is the time, in seconds.

    `dirty` is set when the reactor has something to do at the next turn, `woke` when a waiter was woken.
    """

    cdef readonly object reactor
    cdef object take, send_message, flush_out
    cdef size_t direct              # a DirectSend; 0: a reactor that is not the native one
    cdef object wake, park, given_up, clock
    cdef list due, spare
    cdef public bint dirty
    cdef public bint woke

    def __init__(self, reactor, *, wake, park, given_up, clock):
        self.reactor = reactor
        self.take = reactor.take
        self.send_message = reactor.send_message
        self.direct = direct_send_of(reactor)
        self.flush_out = reactor.flush
        self.wake = wake
        self.park = park
        self.given_up = given_up
        self.clock = clock
        self.due = []
        self.spare = []
        self.dirty = False
        self.woke = False

    cdef int send(self, number, message, cl_trid) except -1:
        """Encode and queue a message; with `cl_trid`, if it is not None, as if the message held it."""
        if self.direct != 0:
            (<DirectSend>self.direct)(<PyObject *>self.reactor, number, <PyObject *>message,
                                      NULL if cl_trid is None else <PyObject *>cl_trid)
        elif cl_trid is None:
            self.send_message(number, message)
        else:
            self.send_message(number, message, cl_trid)
        return 0

    cdef int rouse(self, waiter, Pending pending) except -1:
        self.woke = True
        self.wake(waiter, pending)
        return 0

    def turn(self):
        """Send what callers queued since the last turn: one flush for all. True when there was something."""
        cdef list due
        if not self.due and not self.dirty:
            return False
        while self.due:
            due = self.due
            self.due = []
            for item in due:
                (<Exchange>item).due = False
                (<Exchange>item).pump()
        if self.dirty:
            self.dirty = False
            self.flush_out()
        return True

    def events(self, Py_ssize_t n):
        """Take the `n` events that a poll left and give the replies to their callers; `turn()` must follow."""
        cdef Py_ssize_t i, k
        cdef list owners, items
        cdef Link link
        cdef Exchange exchange
        k = CHUNK if n > 0 else 0
        while k == CHUNK:       # a short chunk is the last; there may be more than the poll counted
            owners, items = self.take(CHUNK)
            k = len(items)
            for i in range(k):
                if not isinstance(owners[i], Link):
                    continue        # of a session that its driver gave up
                link = <Link>owners[i]
                exchange = link.exchange
                if not exchange.answer(link, items[i]):
                    exchange.other(link, items[i])
                if exchange.queue:
                    exchange.mark()
        self.dirty = True       # also when nothing is to be sent: the reactor may have to end a session


cdef class Exchange:
    """Spreads messages over sessions, and brings their replies back.

    `links` are the sessions that take commands (`join`, `leave`); they are served in turn, so that an idle one is found
    before a busy one gets more. `command_class` and `response_class` are the documents of the fast path, `special` the
    classes of a command's op that change the session's state, `expects` the kind of reply to a command.
    """

    cdef readonly Hub hub
    cdef readonly list links
    cdef object begin, other
    cdef object command_class, response_class, special, expects
    cdef object next_id, refusal
    cdef double timeout
    cdef object queue
    cdef Py_ssize_t at
    cdef bint due

    def __init__(self, Hub hub not None, protocol, *, command_class, response_class, special, expects, ids,
                 double timeout):
        self.hub = hub
        self.links = []
        self.begin = protocol.begin
        self.other = protocol.other
        self.command_class = command_class
        self.response_class = response_class
        self.special = special
        self.expects = expects
        self.next_id = ids.next
        self.timeout = timeout
        self.queue = deque()
        self.at = 0
        self.due = False

    cdef int mark(self) except -1:
        if not self.due:
            self.due = True
            self.hub.due.append(self)
        return 0

    def join(self, Link link not None):
        """Give commands to this session from now on."""
        self.links.append(link)
        self.mark()

    def leave(self, Link link not None):
        """Give no more commands to this session."""
        if link in self.links:
            self.links.remove(link)

    # ---------------------------------------------------------------------------------------------------------- callers

    cdef Slot add(self, message, waiter):
        cdef Slot slot
        cdef list spare = self.hub.spare
        if spare:
            slot = <Slot>spare.pop()
        else:
            slot = Slot.__new__(Slot)
        slot.message = message
        slot.waiter = waiter
        slot.exchange = self
        self.queue.append(slot)
        self.mark()
        return slot

    def submit(self, message, waiter):
        """Queue a message for the next session with a place; `waiter` is woken with the reply or the error."""
        return self.add(message, waiter)

    def submit_on(self, Link link not None, message, waiter):
        """Send a message on this session, before all that wait; its window must have a place."""
        cdef Slot slot = self.add(message, waiter)
        cdef object now = self.hub.clock()
        self.queue.pop()
        self.hub.dirty = True
        link.used = now
        self.begin(link, slot)
        return slot

    def submit_many(self, messages, waiter, Py_ssize_t most, digest=None):
        """Queue messages, `most` outstanding at a time; `waiter` is woken with the list of results when all are there.

        `digest(result)`, when given, gives what stands in that list for a reply or an error. It is not asked where a
        reply has one result, below 2000, and one element of data: that element stands there.
        """
        cdef Bulk bulk = Bulk.__new__(Bulk)
        bulk.messages = list(messages)
        bulk.missing = len(bulk.messages)
        bulk.outcome = [None] * bulk.missing
        bulk.slots = [None] * bulk.missing
        bulk.exchange = self
        bulk.digest = digest
        bulk.waiter = waiter
        bulk.feed(most)
        return bulk

    cdef int withdraw(self, Slot slot) except -1:
        try:
            self.queue.remove(slot)
        except ValueError:
            pass        # it was sent: its slot stays and swallows the reply
        return 0

    @property
    def waiting(self):
        """How many messages wait for a session with a place."""
        return len(self.queue)

    def refuse(self, make):
        """End everything that was not sent with the error that `make(message)` returns, now and from now on."""
        self.refusal = make
        self.refuse_all()

    cdef int refuse_all(self) except -1:
        cdef Slot slot
        while self.queue:
            slot = <Slot>self.queue.popleft()
            self.finish(slot, None, self.refusal(slot.message))
        return 0

    cpdef bint finish(self, Slot slot, value, error) except -1:
        """Give a slot's outcome to its caller; False when nobody waits for it."""
        cdef object waiter = slot.waiter
        cdef Bulk bulk = slot.bulk      # held here: the slot may be the last that holds it, and lets go of it in `done`
        if bulk is not None:
            bulk.done(slot, value if error is None else error)
            return True
        if waiter is None:
            return False
        slot.waiter = None
        slot.outcome = value
        slot.error = error
        self.hub.rouse(waiter, slot)
        return True

    # ---------------------------------------------------------------------------------------------------------- sending

    cdef Link next_free(self):
        cdef Py_ssize_t i, n = len(self.links)
        cdef Link link
        for i in range(n):
            self.at += 1
            if self.at >= n:
                self.at = 0
            link = <Link>self.links[self.at]
            if link.window.count < link.window.size:
                return link
        return None

    cdef int pump(self) except -1:
        cdef Link link
        cdef object now, due
        if self.refusal is not None:
            self.refuse_all()
        if not self.queue:
            return 0
        now = self.hub.clock()
        due = now + self.timeout
        while self.queue:
            link = self.next_free()
            if link is None:
                return 0
            self.hub.dirty = True
            self.dispatch(link, <Slot>self.queue.popleft(), now, due)
        return 0

    cdef int dispatch(self, Link link, Slot slot, now, due) except -1:
        cdef object message = slot.message
        cdef object op, cl_trid
        link.used = now
        try:
            if type(message) is not self.command_class or not link.ready:
                self.begin(link, slot)
                return 0
            op = OP.of(message)
            if type(op) in self.special:
                self.begin(link, slot)
                return 0
            cl_trid = CL_TRID.of(message)
            if cl_trid is None:
                cl_trid = self.next_id()
                self.hub.send(link.number, message, cl_trid)
            else:
                self.hub.send(link.number, message, None)
        except Exception as error:
            # Refused by the schema or the session: nothing of it was queued.
            self.finish(slot, None, error)
            return 0
        slot.cl_trid = cl_trid
        slot.expects = self.expects
        slot.deadline = due
        slot.plain = True
        link.window.push(slot)
        return 0

    # -------------------------------------------------------------------------------------------------------- receiving

    cdef bint answer(self, Link link, item) except -1:
        """The fast path of a reply; False: the protocol looks at it, and nothing was changed."""
        cdef Window window = link.window
        cdef Slot slot
        cdef long code
        if type(item) is not self.response_class or not link.ready or window.count == 0:
            return False
        slot = <Slot>window.ring[window.head]
        if not slot.plain or CL_TRID_OF_REPLY.of(TR_ID.of(item)) != slot.cl_trid:
            return False
        code = CODE.of(RESULTS.of(item)[0])
        if code >= 2500 or 1500 <= code < 1600:
            return False
        window.pop()
        link.answered = True
        self.finish(slot, item, None)
        return True

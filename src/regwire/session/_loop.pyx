# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, embedsignature=False
"""The server's hot loop: from decoded messages of many sessions to their replies.

The loop knows no protocol. It is given the classes it tests for, and a `protocol` object that does everything which is
not the fast path: `protocol.other(session, item)` for an item that needs the state table, `protocol.stray(owner, item)`
for an item whose session has no object yet, `protocol.start(job)` to let a task do a job, `protocol.failed(session,
command, error)` to log, `protocol.reply(session, command, result)` to build an unusual reply, `protocol.ended(session,
code)` after a reply that ends the session, `protocol.kick()` to be called back at `turn()`.

Order: a session processes one command at a time. While one waits (`busy`), everything that arrives for the session goes
to its backlog, in order; the backlog is worked off where the wait ends. Between sessions there is no order.

Waiting: an `async def` handler's coroutine is begun right where its command was found. If it ends without waiting, that
was all. If it waits, it must go on in the very task it was begun in (cancel scopes belong to tasks), so `events()`,
`resume()` and `done()` stop there and return it as a `Job`: their caller awaits it and then calls `done(job)`, while
another task takes the caller's place and calls `resume()`, which goes on behind the command that waits. Handlers that
wait more often than not are not begun by the leader: their jobs are given to tasks at once (`protocol.start`), so that
many of them begin in the same turn of the event loop.

Context: what the handlers of a session set in context variables lasts as long as the session and is seen by nobody else.
"""

from collections import deque

from regwire_native import Reactor

cimport cython
from cpython.pycapsule cimport PyCapsule_GetPointer
from cpython.ref cimport PyObject
from cpython.type cimport PyType_IsSubtype
from libc.string cimport memcpy


cdef enum:
    CHUNK = 32          # decoded messages alive at once: more costs in garbage collection (3 us a command at 430)
    ID_ROOM = 64        # octets of a transaction id, the protocol's limit


cdef extern from "Python.h":
    object PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    void *PyUnicode_DATA(object text)


# What the capsule `direct_reply` of a native reactor holds: its method `reply`, called as C calls.
ctypedef int (*DirectReply)(PyObject *reactor, long long session, PyObject *template, PyObject *result,
                            PyObject *cl_trid, PyObject *sv_trid, PyObject *data) except -1


cdef class TransactionIds:
    """Unique transaction ids: a prefix and a counter. The prefix must be unique to the process and the moment."""

    cdef char buffer[ID_ROOM]       # the last id
    cdef Py_ssize_t prefix_length
    cdef Py_ssize_t length

    def __init__(self, str prefix not None):
        cdef bytes raw = prefix.encode("ascii")
        if not 1 <= len(raw) <= ID_ROOM - 22:
            raise ValueError(f"a prefix of 1 to {ID_ROOM - 22} characters, not {prefix!r}")
        self.prefix_length = len(raw) + 1
        memcpy(self.buffer, <const char *>raw, len(raw))
        self.buffer[self.prefix_length - 1] = b"-"
        self.length = self.prefix_length

    cpdef str next(self):
        """The next id, `<prefix>-<count>`."""
        cdef Py_ssize_t i = self.length
        while i > self.prefix_length:
            i -= 1
            if self.buffer[i] != b"9":
                self.buffer[i] += 1
                break
            self.buffer[i] = b"0"
        else:
            # One digit more: 1, and the zeros that nines have become.
            if self.length == ID_ROOM:
                raise OverflowError("no more transaction ids")
            if self.length > self.prefix_length:
                self.buffer[self.length] = b"0"
            self.buffer[self.prefix_length] = b"1"
            self.length += 1
        text = PyUnicode_New(self.length, 127)
        memcpy(PyUnicode_DATA(text), self.buffer, self.length)
        return text


cdef class SessionCore:
    """What the loop keeps of a session. Protocols derive their session class from it.

    `number` is the reactor's number of the session. `ready` says that commands may take the fast path. `busy` says that
    a command of the session waits for its result. `strikes` counts unreadable frames in a row. `backlog` holds what
    arrived meanwhile, in order. `run` is the open run of a batch handler. `context` is where the session's handlers run.
    """

    cdef public object number
    cdef public bint ready
    cdef public bint busy
    cdef public bint closed
    cdef public bint paused
    cdef public int strikes
    cdef object late        # the backlog, once there was one
    cdef public Run run
    cdef object context

    def __init__(self, number):
        self.number = number
        self.ready = False
        self.busy = False
        self.closed = False
        self.paused = False
        self.strikes = 0
        self.late = None
        self.run = None
        self.context = None

    @property
    def backlog(self):
        if self.late is None:
            self.late = deque()
        return self.late


@cython.freelist(64)
cdef class Run:
    """Commands of one session that a batch handler executes, in order.

    `session` and `commands` are for reading. `reply(i, result)` gives the result of command i, once, in any order;
    replies leave in the order of the commands, as soon as those before have left. A batch handler replies to all of its
    runs before it returns, or before the coroutine ends that it returns; what is missing then is answered as failed.
    """

    cdef readonly SessionCore session
    cdef readonly list commands
    cdef list results
    cdef Py_ssize_t sent
    cdef Loop loop
    cdef bint over

    def __init__(self):
        raise TypeError("the loop makes runs")

    def reply(self, Py_ssize_t i, result):
        """Answer command `i` with what a handler may return. Raises ValueError when it was answered before."""
        cdef Py_ssize_t n = len(self.commands)
        if not 0 <= i < n:
            raise IndexError(f"a run of {n} commands has none of index {i}")
        if self.results[i] is not UNANSWERED:
            raise ValueError(f"command {i} of the run was answered before")
        self.results[i] = result
        while self.sent < n and self.results[self.sent] is not UNANSWERED:
            i = self.sent
            self.sent += 1
            if not self.over and not self.session.closed:
                self.loop.reply(self.session, self.commands[i], self.results[i])
                if not self.session.ready:
                    self.over = True        # the session ends with this reply; the rest of the run is dropped
        if self.sent == n:
            self.loop.run_done(self)

    @property
    def unanswered(self):
        """Indices of the commands that have no result yet."""
        return [i for i in range(len(self.commands)) if self.results[i] is UNANSWERED]

    def __len__(self):
        return len(self.commands)

    def __repr__(self):
        return f"<Run of {len(self.commands)} commands, {self.sent} answered>"


cdef object UNANSWERED = object()


include "_field.pxi"
include "_job.pxi"


cdef size_t direct_reply_of(reactor) except? 0:
    """The native reactor's `reply` as a C function; a class derived from it may have another one."""
    capsule = getattr(reactor, "direct_reply", None) if type(reactor) is Reactor else None
    if capsule is None:
        return 0
    return <size_t>PyCapsule_GetPointer(capsule, "regwire_native.Reactor.direct_reply")


cdef Field OP = Field("op")
cdef Field CL_TRID = Field("cl_trid")


cdef class Loop:
    """Dispatches what `reactor.take()` gives.

    `session_class` is the class of owners; `command_class` the class of the document that carries a command in `op`
    (with `cl_trid`); `entries` maps the class of a command's object, or of its op when it has no object, to `Entry`;
    an entry whose function is None goes to the batch handler (`batch_waits`: that is an `async def`); what that leaves to
    a coroutine, which it returns, is given to a task. `results` maps codes to shared result objects, of which `reactor.reply(number, template, result, cl_trid, sv_trid, data)` makes and queues a reply, with a
    data element or a tuple of them. `in_flight` is the number of undone commands of a session above which it is no
    longer read. Contexts of sessions are copies of the one in which the loop is made.
    """

    cdef object reactor, take, send_reply, send_message, flush_out
    cdef size_t direct              # a DirectReply; 0: a reactor that is not the native one
    cdef object protocol, other, stray
    cdef object session_class, command_class
    cdef type reply_class
    cdef dict entries, results
    cdef dict kinds         # of a command's op: its entry, or the field of its object
    cdef object template, success
    cdef TransactionIds ids
    cdef object batch
    cdef bint batch_waits
    cdef list runs
    cdef list woken
    cdef Py_ssize_t in_flight
    cdef bint in_turn
    cdef bint in_place      # the caller takes back a coroutine that waits
    cdef Job trapped        # that coroutine
    cdef list owners, items # the chunk in work, and how far
    cdef Py_ssize_t at
    cdef Py_ssize_t left    # events of the last poll that were not taken yet
    cdef object context
    cdef readonly unsigned long long commands
    cdef readonly unsigned long long chunks

    def __init__(self, reactor, protocol, *, session_class, command_class, reply_class, dict entries not None,
                 dict results not None, template, TransactionIds ids not None, batch=None, bint batch_waits=False,
                 Py_ssize_t in_flight=64):
        self.reactor = reactor
        self.take = reactor.take
        self.send_reply = reactor.reply
        self.direct = direct_reply_of(reactor)
        self.send_message = reactor.send_message
        self.flush_out = reactor.flush
        self.protocol = protocol
        self.other = protocol.other
        self.stray = protocol.stray
        self.session_class = session_class
        self.command_class = command_class
        self.reply_class = reply_class
        self.entries = entries
        self.kinds = {}
        self.results = results
        self.success = results[1000]
        self.template = template
        self.ids = ids
        self.batch = batch
        self.batch_waits = batch_waits
        self.runs = []
        self.woken = []
        self.in_flight = in_flight
        self.in_turn = False
        self.in_place = False
        self.trapped = None
        self.owners = self.items = []
        self.at = 0
        self.left = 0
        self.context = PyContext_CopyCurrent()
        self.commands = 0
        self.chunks = 0

    # ------------------------------------------------------------------------------------------------ from the reactor

    cpdef Job events(self, Py_ssize_t n):
        """Take and process the `n` events that a poll left, chunk by chunk, and flush.

        Returns None when all are processed, else the job that the calling task must await; then another task must call
        `resume()` before `events()` is called again.
        """
        self.left += n
        return self.resume()

    cpdef Job resume(self):
        """Go on where `events()` or `resume()` stopped, which they return as they do."""
        cdef Job job
        self.in_turn = self.in_place = True
        try:
            while self.trapped is None and (self.at < len(self.items) or self.more()):
                self.chunk()
            self.settle()
        finally:
            self.in_turn = self.in_place = False
            job = self.trapped
            self.trapped = None
            self.flush_out()
        return job

    cdef bint more(self) except -1:
        """Take the next chunk, if there is one."""
        cdef Py_ssize_t taken
        self.at = 0
        if self.left <= 0:
            self.owners = self.items = []
            return False
        self.owners, self.items = self.take(CHUNK)
        taken = len(self.items)
        # The reactor may give more than the poll counted: what it held back for a session that may go on, or has ended.
        # So the count says only whether to look once more; a short chunk was the last.
        self.left = max(1, self.left - taken) if taken == CHUNK else 0
        return taken > 0

    def turn(self):
        """Process what became ready outside of `events` (kicked by tasks), then flush. What waits goes to other tasks."""
        self.in_turn = True
        try:
            self.settle()
        finally:
            self.in_turn = False
            self.flush_out()

    cdef int settle(self) except -1:
        while self.trapped is None and (self.woken or self.runs):
            if self.woken:
                self.work_off(<SessionCore>self.woken.pop())
            else:
                self.run_batch()
        return 0

    cdef int chunk(self) except -1:
        cdef Py_ssize_t i
        cdef object owner, item
        cdef SessionCore session
        cdef list owners = self.owners
        cdef list items = self.items
        if self.at == 0:
            self.chunks += 1
        for i in range(self.at, len(items)):
            self.at = i + 1
            owner = owners[i]
            item = items[i]
            if type(owner) is self.session_class:
                session = <SessionCore>owner
                # A session that is free again while older items wait for its turn: still in order.
                if session.busy or session.late:
                    self.wait(session, item)
                else:
                    self.process(session, item)
            else:
                self.stray(owner, item)
            if self.trapped is not None:
                return 0
        if self.runs:
            self.settle()
        return 0

    # ----------------------------------------------------------------------------------------------------- one session

    cpdef int arrived(self, SessionCore session, item) except -1:
        """An item of a session that `take()` gave under another owner."""
        if session.busy or session.late:
            return self.wait(session, item)
        return self.process(session, item)

    cdef int wait(self, SessionCore session, item) except -1:
        """Something arrives while a command of the session waits."""
        cdef Run run = session.run
        cdef Entry entry
        if run is not None and not session.late and type(item) is self.command_class:
            entry = self.entry_of(item)
            if entry is not None and entry.function is None:
                run.commands.append(item)
                run.results.append(UNANSWERED)
                self.commands += 1
                return 0
        if type(item) is self.command_class or not self.protocol.urgent(session, item):
            session.backlog.append(item)
            if len(session.backlog) >= self.in_flight and not session.paused:
                session.paused = True
                self.reactor.pause(session.number)
        return 0

    cdef object subject(self, op):
        """What a command's op is about: its object, or itself where it is executed as a whole; None for neither."""
        cdef object kind = type(op)
        cdef object found = self.kinds.get(kind)
        if found is None:
            found = self.kinds[kind] = kind in self.entries or hasattr(op, "object") and Field("object")
        if type(found) is Field:
            return (<Field>found).of(op)
        return op if found else None

    cdef Entry find(self, op, subject):
        """The entry of a command that needs no closer look; None: the protocol looks."""
        cdef object found = self.entries.get(type(subject))
        cdef Entry entry
        if found is None:
            return None
        entry = <Entry>found
        if subject is not op and (entry.op is not type(op) or entry.many is not None and entry.too_many(subject)):
            return None
        return entry

    cdef Entry entry_of(self, command):
        cdef object op = OP.of(command)
        return self.find(op, self.subject(op))

    cdef int process(self, SessionCore session, item) except -1:
        cdef object op, subject
        cdef Entry entry
        if session.ready and type(item) is self.command_class:
            op = OP.of(item)
            subject = self.subject(op)
            entry = self.find(op, subject)
            if entry is not None:
                self.execute(session, item, subject, entry)
                return 0
        self.other(session, item)
        return 0

    cpdef int execute(self, SessionCore session, command, obj, Entry entry) except -1:
        """Execute a command that passed every check of the session."""
        cdef Run run
        self.commands += 1
        session.strikes = 0
        if entry.function is None:
            run = Run.__new__(Run)
            run.session = session
            run.loop = self
            run.commands = [command]
            run.results = [UNANSWERED]
            session.run = run
            session.busy = True
            self.runs.append(run)
            if not self.in_turn:
                self.protocol.kick()
            return 0
        return self.call(session, command, obj, entry)

    cpdef int call(self, SessionCore session, command, obj, Entry entry) except -1:
        """Call the handler of an entry, in the session's context, and act on its result."""
        cdef object result, coroutine
        cdef PyObject *given = NULL
        if session.context is None:
            session.context = PyContext_Copy(self.context)
        if entry.waits and (not self.in_place or self.in_turn and entry.likely >= LIKELY):
            session.busy = True
            self.protocol.start(self.job(session, command, obj, entry))
            return 0
        PyContext_Enter(session.context)
        try:
            result = entry.function(session, command, obj)
            if entry.waits:
                coroutine = result if type(result) is CoroutineType else result.__await__()
                if PyIter_Send(coroutine, None, &given) == PYGEN_NEXT:
                    return self.stop(session, command, obj, entry, coroutine, given_object(given))
                result = given_object(given)
                entry.learn(False)
        except Exception as error:
            result = self.protocol.failed(session, command, error)
        finally:
            PyContext_Exit(session.context)
        return self.conclude(session, command, entry, result)

    cdef Job job(self, SessionCore session, command, obj, Entry entry):
        cdef Job job = Job.__new__(Job)
        job.session = session
        job.command = command
        job.entry = entry
        job.function = entry.function
        job.argument = obj
        job.context = session.context
        return job

    cdef int stop(self, SessionCore session, command, obj, Entry entry, coroutine, trap) except -1:
        """A coroutine that was begun in place waits: everything stops until the caller has it."""
        session.busy = True
        self.trapped = self.job(session, command, obj, entry)
        self.trapped.coroutine = coroutine
        self.trapped.trap = trap
        self.trapped.waited = True
        return 0

    cdef int conclude(self, SessionCore session, command, Entry entry, result) except -1:
        if entry.finish is None:
            return self.reply(session, command, result)
        entry.finish(session, command, result)
        return 0

    cpdef Job done(self, Job job):
        """A job was awaited: answer its command, then work off what arrived meanwhile.

        Returns None, or the next job that the calling task must await. Call `turn()` afterwards.
        """
        cdef SessionCore session = job.session
        cdef object result = job.result
        cdef Job following
        if job.error is not None:
            result = self.protocol.failed(session, job.command, job.error)
        if session is None:
            self.close_runs(job.runs)
            return None
        job.entry.learn(job.waited)
        self.in_place = True
        try:
            if not session.closed:
                self.conclude(session, job.command, job.entry, result)
            session.busy = False
            self.work_off(session)
        finally:
            self.in_place = False
            following = self.trapped
            self.trapped = None
        return following

    def within(self, SessionCore session, function, *arguments):
        """Call a function in the session's context."""
        if session.context is None:
            session.context = PyContext_Copy(self.context)
        return session.context.run(function, *arguments)

    cdef int work_off(self, SessionCore session) except -1:
        cdef object backlog = session.late
        while backlog and not session.busy:
            self.process(session, backlog.popleft())
        if session.run is not None and backlog:
            # A run was opened by the backlog: what follows may belong to it.
            self.extend(session)
        if session.paused and (0 if backlog is None else len(backlog)) * 2 <= self.in_flight:
            session.paused = False
            if not session.closed:
                self.reactor.resume(session.number)
        return 0

    cdef int extend(self, SessionCore session) except -1:
        cdef Entry entry
        cdef object backlog = session.backlog
        while backlog and type(backlog[0]) is self.command_class:
            entry = self.entry_of(backlog[0])
            if entry is None or entry.function is not None:
                return 0
            session.run.commands.append(backlog.popleft())
            session.run.results.append(UNANSWERED)
            self.commands += 1
        return 0

    # ---------------------------------------------------------------------------------------------------------- replies

    cpdef int reply(self, SessionCore session, command, result) except -1:
        """Send the reply to `command` (None: one that could not be read) made of what a handler returned."""
        cdef object kind = type(result)
        cdef object head = self.success
        cdef object data = result
        cdef long code = 1000
        if kind is int or isinstance(result, int):
            head = self.results.get(result)
            if head is None:
                return self.unusual(session, command, result)
            code = result
            data = ()
        elif result is None:
            data = ()
        elif PyType_IsSubtype(kind, self.reply_class):
            return self.unusual(session, command, result)
        try:
            self.send(session, head, CL_TRID.of(command), self.ids.next(), data)
        except Exception as error:
            self.send_failure(session, command, error)
        return self.after(session, code)

    cdef inline int send(self, SessionCore session, head, cl_trid, sv_trid, data) except -1:
        if self.direct == 0:
            self.send_reply(session.number, self.template, head, cl_trid, sv_trid, data)
        else:
            (<DirectReply>self.direct)(<PyObject *>self.reactor, session.number, <PyObject *>self.template,
                                       <PyObject *>head, <PyObject *>cl_trid, <PyObject *>sv_trid, <PyObject *>data)
        return 0

    cdef int unusual(self, SessionCore session, command, result) except -1:
        cdef object message
        try:
            message = self.protocol.reply(session, command, result)
        except Exception as error:
            # A handler returned what no handler may: its command failed, the server goes on.
            message = self.protocol.reply(session, command, self.protocol.failed(session, command, error))
        try:
            self.send_message(session.number, message)
        except Exception as error:
            self.send_failure(session, command, error)
        return self.after(session, message.results[0].code)

    cdef int send_failure(self, SessionCore session, command, error) except -1:
        """What the handler returned cannot be encoded; nothing of it was queued."""
        failure = self.protocol.failed(session, command, error)
        self.send_message(session.number, self.protocol.reply(session, command, failure))
        return 0

    cdef int after(self, SessionCore session, long code) except -1:
        if code >= 2500 or code == 1500:
            self.protocol.ended(session, code)
        return 0

    # ---------------------------------------------------------------------------------------------------------- batches

    cdef int run_batch(self) except -1:
        cdef list runs = self.runs
        cdef Job job
        self.runs = []
        for item in runs:
            (<Run>item).session.run = None      # from here on the run is the handler's: nothing is appended any more
        if self.batch_waits:
            job = Job.__new__(Job)
            job.function = self.batch
            job.runs = runs
            job.context = PyContext_Copy(self.context)
            self.protocol.start(job)
            return 0
        try:
            rest = self.batch(runs)
        except Exception as error:
            rest = None
            self.protocol.failed(None, None, error)
        if type(rest) is not CoroutineType:
            self.close_runs(runs)
            return 0
        job = Job.__new__(Job)
        job.coroutine = rest
        job.runs = runs
        job.context = PyContext_Copy(self.context)
        self.protocol.start(job)
        return 0

    cpdef int close_runs(self, list runs) except -1:
        """The batch handler returned: what it left unanswered failed."""
        cdef Run run
        for item in runs:
            run = <Run>item
            if run.sent < len(run.commands):
                for i in run.unanswered:
                    run.reply(i, self.protocol.failed(run.session, run.commands[i], None))
        return 0

    cdef int run_done(self, Run run) except -1:
        cdef SessionCore session = run.session
        session.busy = False
        if session.late or session.paused:
            self.woken.append(session)
            if not self.in_turn:
                self.protocol.kick()
        return 0

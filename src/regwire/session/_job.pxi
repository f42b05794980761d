"""Part of `_loop.pyx`: how commands are executed (`Entry`), and what a task must await (`Job`)."""

from types import CoroutineType

from cpython.tuple cimport PyTuple_GET_SIZE


cdef extern from "Python.h":
    # Negative is PYGEN_ERROR, with the exception set; what it gives (a trap, or the result) is a new reference.
    int PyIter_Send(object iterator, object value, PyObject **given) except -1
    int PYGEN_NEXT
    object PyContext_CopyCurrent()
    object PyContext_Copy(object context)
    int PyContext_Enter(object context) except -1
    int PyContext_Exit(object context) except -1
    void Py_DECREF(PyObject *)


cdef enum:
    LIKELY = 2          # of `Entry.likely`: from here on a handler is expected to wait
    CERTAIN = 3         # its highest value: two commands in a row that do not wait change the expectation


cdef class Entry:
    """How commands of one class are executed.

    `function` is the handler, `op` the class that the command's `op` must have, `waits` whether the handler is an
    `async def`, `many` the name of the field whose length may not exceed `limit` (None: no such field). `finish(session,
    command, result)`, when given, is called in place of answering with the handler's result.
    """

    cdef readonly object function
    cdef readonly object op
    cdef readonly bint waits
    cdef readonly str many
    cdef readonly Py_ssize_t limit
    cdef readonly object finish
    cdef Field field    # that of `many`
    cdef int likely     # whether it will wait, judged by the last commands

    def __init__(self, function, op, *, bint waits=False, str many=None, Py_ssize_t limit=0, finish=None):
        self.function = function
        self.op = op
        self.waits = waits
        self.many = many
        self.limit = limit
        self.finish = finish
        self.field = None if many is None else Field(many)
        self.likely = 0

    cdef bint too_many(self, subject) except -1:
        """Whether the field `many` of a command's object has more items than `limit`."""
        cdef object items = self.field.of(subject)
        return (PyTuple_GET_SIZE(items) if type(items) is tuple else len(items)) > self.limit

    cdef void learn(self, bint waited) noexcept:
        if waited:
            if self.likely < CERTAIN:
                self.likely += 1
        elif self.likely:
            self.likely -= 1


cdef class Job:
    """A call of an `async def` handler that a task has to await (`await job`), and then to report: `Loop.done(job)`.

    A job that `events()`, `resume()` or `done()` returned has been begun: awaiting it gives on what the handler's
    coroutine is waiting for, in the task that called them and before anything else. A job of `protocol.start` has not
    been begun: any task may await it.

    Awaiting returns None and raises nothing of what a handler may raise (any Exception: the loop answers for it); what
    ends the task goes through (trio.Cancelled, KeyboardInterrupt). `fail(error)` then says how the command ended.
    """

    cdef readonly SessionCore session
    cdef readonly object command
    cdef Entry entry
    cdef object function, argument, context, coroutine, trap, result, error
    cdef list runs
    cdef bint waited

    def __init__(self):
        raise TypeError("the loop makes jobs")

    def fail(self, error):
        """Whatever became of the coroutine, the command failed with this."""
        self.error = error

    cdef object begin(self):
        if self.session is None:
            coroutine = self.function(self.runs)
        else:
            coroutine = self.function(self.session, self.command, self.argument)
        self.coroutine = coroutine if type(coroutine) is CoroutineType else coroutine.__await__()

    cdef int step(self, value, PyObject **given) except -1:
        """One step of the coroutine, in the context of its session."""
        PyContext_Enter(self.context)
        try:
            if self.coroutine is None:
                self.begin()
            return PyIter_Send(self.coroutine, value, given)
        finally:
            PyContext_Exit(self.context)

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    cpdef object send(self, value):
        cdef PyObject *given = NULL
        cdef object taken
        if self.trap is not None:
            taken = self.trap
            self.trap = None
            return taken
        try:
            if self.step(value, &given) == PYGEN_NEXT:
                self.waited = True
                return given_object(given)
            self.result = given_object(given)
        except Exception as error:
            self.error = error
        raise StopIteration

    def throw(self, *error):
        self.trap = None
        PyContext_Enter(self.context)
        try:
            return self.coroutine.throw(*error)
        except StopIteration as stop:
            self.result = stop.value
        except Exception as raised:
            self.error = raised
        finally:
            PyContext_Exit(self.context)
        raise StopIteration

    def close(self):
        self.trap = None
        if self.coroutine is not None:
            self.coroutine.close()

    @property
    def cr_frame(self):
        """For tools that walk the frames of a waiting task."""
        return getattr(self.coroutine, "cr_frame", None)

    @property
    def cr_await(self):
        """For tools that walk the frames of a waiting task."""
        return getattr(self.coroutine, "cr_await", None)


cdef inline object given_object(PyObject *given):
    """Own the new reference of `PyIter_Send`."""
    cdef object found = <object>given
    Py_DECREF(given)
    return found

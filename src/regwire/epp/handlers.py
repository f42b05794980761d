"""What answers commands: the registry of an application's handlers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from regwire.epp.limits import Limits
from regwire.epp.messages.core import (
    Check,
    Create,
    Delete,
    Info,
    Login,
    Logout,
    Poll,
    Renew,
    Transfer,
    Update,
)
from regwire.epp.state import EPP_URI
from regwire.errors import ConfigError
from regwire.schema import Schema
from regwire.session import Entry

__all__ = ["Handlers"]

F = TypeVar("F", bound=Callable[..., Any])

_OPS: dict[str, type] = {
    "check": Check,
    "create": Create,
    "delete": Delete,
    "info": Info,
    "renew": Renew,
    "transfer": Transfer,
    "update": Update,
}


class Handlers:
    """Handlers by command, in three kinds.

    - `command(DomainCheck)` on a plain `def`: called in the server's loop; it must not block. The fast path.
    - `command(DomainInfo)` on an `async def`: it may wait; meanwhile only its session waits. One that need not wait
      (an answer out of a cache) costs little more than a plain `def`. A command is awaited in one task from beginning
      to end, which before and after does those of other sessions: what a handler opens (cancel scopes, nurseries) it
      closes before it returns.
    - `batch` on a `def` or `async def`: takes a list of `Run`, each the commands of one session in order, and replies
      to all of them. It gets every command that no `command` handler claims. A `def` that returns a coroutine
      answered at once what it could, and does the rest there: only then a task is needed.

    A `command` handler is called with (session, command, obj), where `obj` is the object element (`DomainCheck`), or
    the op where a command has no object (`Poll`). It returns a resData element or a tuple of them (answered 1000), a
    result code, or a `Reply`. An exception is logged and answered 2400.

    `login` is called with (session, login, command) and returns the account (any object but an int or Reply), an int
    code of 2000 and above, a `Reply` of such a code, or (account, Reply) to extend the answer. It runs before the
    session has a `client_id`; the session counts failed logins and sessions by account.

    Context variables that handlers of a session set (`login` too, not `batch`) keep their values until the session is
    over, and no other session sees them.

    `answered` is called with (session, item, response) for what a session answered itself: logins, logouts, and frames
    that never became a command for a handler (``item`` is then a `Fault`, or a command that was refused).

    `closed` is called with (session, reason) when a session is over, for what `session.data` holds.
    """

    def __init__(self) -> None:
        self._commands: dict[type, Callable[..., Any]] = {}
        self._batch: Callable[..., Any] | None = None
        self._login: Callable[..., Any] | None = None
        self._closed: Callable[..., Any] | None = None
        self._answered: Callable[..., Any] | None = None

    def command(self, cls: type) -> Callable[[F], F]:
        """Register the handler of one class of commands: an object command (`DomainCreate`), or `Poll`.

        Raises ConfigError for a class that is no command, or that has a handler already.
        """
        if cls in {Login, Logout}:
            raise ConfigError(cls.__name__, "the session answers it", "use Handlers.login for logins")
        op_of(cls)
        if cls in self._commands:
            raise ConfigError(cls.__name__, "has a handler already")

        def register(function: F) -> F:
            self._commands[cls] = function
            return function

        return register

    def batch(self, function: F) -> F:
        """Register the handler of every command that no other claims. Raises ConfigError if there is one."""
        if self._batch is not None:
            raise ConfigError("batch", "has a handler already")
        self._batch = function
        return function

    def login(self, function: F) -> F:
        """Register the handler of logins. Raises ConfigError if there is one."""
        if self._login is not None:
            raise ConfigError("login", "has a handler already")
        self._login = function
        return function

    def answered(self, function: F) -> F:
        """Register what is told of answers of the session (plain `def`). Raises ConfigError if there is one."""
        if self._answered is not None:
            raise ConfigError("answered", "has a handler already")
        self._answered = function
        return function

    def closed(self, function: F) -> F:
        """Register what is told when a session is over (plain `def`). Raises ConfigError if there is one."""
        if self._closed is not None:
            raise ConfigError("closed", "has a handler already")
        self._closed = function
        return function

    # ---------------------------------------------------------------------------------------------- for the engine

    @property
    def batch_handler(self) -> Callable[..., Any] | None:
        """The batch handler, if any."""
        return self._batch

    @property
    def login_handler(self) -> Callable[..., Any] | None:
        """The login handler, if any."""
        return self._login

    @property
    def answered_handler(self) -> Callable[..., Any] | None:
        """What is told of answers of the session, if anything."""
        return self._answered

    @property
    def closed_handler(self) -> Callable[..., Any] | None:
        """What is told when a session is over, if anything."""
        return self._closed

    def entries(self, schema: Schema, limits: Limits) -> dict[type, Entry]:
        """How the loop executes each class of commands under this schema."""
        found = {cls: self._entry(cls, function, limits) for cls, function in self._commands.items()}
        if self._batch is not None:
            for cls in (Poll, *object_commands(schema)):
                found.setdefault(cls, self._entry(cls, None, limits))
        return found

    def _entry(self, cls: type, function: Callable[..., Any] | None, limits: Limits) -> Entry:
        op = op_of(cls)
        many = next((name for name in ("names", "ids") if op is Check and hasattr(cls, name)), None)
        return Entry(function, op, waits=is_async(function), many=many, limit=limits.check_names)


def is_async(function: Callable[..., Any] | None) -> bool:
    """Whether calling it gives a coroutine: `async def`, also behind partial or a callable object."""
    if function is None:
        return False
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def op_of(cls: type) -> type:
    """The class of `Command.op` that a class of commands comes in."""
    if cls is Poll:
        return Poll
    tag, ns = getattr(cls, "__tag__", None), getattr(cls, "__ns__", None)
    if tag not in _OPS or ns is None or ns.uri == EPP_URI:
        raise ConfigError(getattr(cls, "__name__", repr(cls)), "is no command", "register an object command, or Poll")
    return _OPS[tag]


def object_commands(schema: Schema) -> list[type]:
    """The classes of all object commands of a schema."""
    return [cls for cls in schema.elements if cls.__tag__ in _OPS and cls.__ns__ and cls.__ns__.uri != EPP_URI]

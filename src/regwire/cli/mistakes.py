"""How a mistake is told: one line on standard error that names the thing and the cure, an exit status, no traceback."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer

from regwire.errors import CommandError, OperatorRefused, OutcomeUnknown, RegwireError, TransportError

__all__ = ["EXIT_CONNECTION", "EXIT_REFUSED", "EXIT_UNKNOWN", "EXIT_USAGE", "run_command"]

#: The server or the registry's rules refused it, or an outcome of the demonstration was not as expected.
EXIT_REFUSED = 1
#: The command line or a file it names is wrong.
EXIT_USAGE = 2
#: No connection, or it was lost before the command left.
EXIT_CONNECTION = 3
#: The command left and its reply is lost.
EXIT_UNKNOWN = 4
#: Interrupted by its user: 128 and the number of the signal, as shells have it.
EXIT_INTERRUPTED = 130

#: What typer raises of a command line that it cannot read; typer has no public name for it.
_UsageError: Any = typer.BadParameter.__base__


def run_command(app: Callable[..., Any]) -> NoReturn:
    """Run the command line of this process and exit with its status."""
    try:
        _refuse_octets(sys.argv[1:])
        status = app(prog_name="regwire", standalone_mode=False)
        if sys.stdout is not None:  # None: closed by whoever started us
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away (`regwire … | head`), which typer, if it sees it first, makes an exit of:
        # not our failure, and nobody is left to tell.
        _forget_output()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except typer.Abort:
        sys.exit(_told("stopped; nothing was done", EXIT_REFUSED))
    except _UsageError as error:
        sys.exit(_told_usage(error))
    except RegwireError as error:
        sys.exit(_told(str(error), _exit_status(error)))
    except OSError as error:
        _forget_output()
        sys.exit(_told(_of_system(error), EXIT_USAGE))
    sys.exit(status if isinstance(status, int) else 0)


def _refuse_octets(arguments: list[str]) -> None:
    """Refuse arguments that are no text: they could be neither stored nor sent nor shown."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise typer.BadParameter("not UTF-8", param_hint=ascii(argument)) from None


def _exit_status(error: RegwireError) -> int:
    if isinstance(error, OutcomeUnknown):
        return EXIT_UNKNOWN
    if isinstance(error, CommandError | OperatorRefused):
        return EXIT_REFUSED
    return EXIT_CONNECTION if isinstance(error, TransportError) else EXIT_USAGE


def _told(text: str, status: int) -> int:
    """Write the one line, and return the status."""
    # Who closed standard error does not want to know.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"regwire: {_one_line(text)}\n")
        sys.stderr.flush()
    return status


def _told_usage(error: Any) -> int:
    """Say what is wrong with the command line, and which help has it right; a group alone prints its help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return EXIT_USAGE
    text = error.format_message().strip().rstrip(".")
    command = error.ctx.command_path if error.ctx is not None else "regwire"
    text = text[:1].lower() + text[1:]
    return _told(text if text.endswith("?") else f"{text}; `{command} --help` shows how it is written", EXIT_USAGE)


def _one_line(text: str) -> str:
    """A text as one line that does nothing to a terminal: what is not printable is escaped."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def _of_system(error: OSError) -> str:
    """What the system refused: the file if it named one, and its reason."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def _forget_output() -> None:
    """Point standard output at nothing: what is left in its buffer would fail once more when the process ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError), open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())

"""The root of the tree, and how its errors are pickled."""

from __future__ import annotations

from typing import Any

__all__ = ["RegwireError"]


def _rebuild(cls: type[RegwireError], args: tuple[Any, ...], state: dict[str, Any]) -> RegwireError:
    """Restore a pickled error without running its constructor, whose parameters differ by class."""
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class RegwireError(Exception):
    """The root: everything regwire raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state; constructors take fields, `args` holds the finished text."""
        return _rebuild, (type(self), self.args, dict(self.__dict__))

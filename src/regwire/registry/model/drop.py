"""Names that become free: what the drop feature keeps."""

from __future__ import annotations

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record

__all__ = ["DropDay"]


@record
class DropDay:
    """How many names of a zone drop on one day, one after another.

    Attributes:
        day: in ISO form.
        count: places given out; the next name gets this one (from 0).

    """

    zone: str
    day: str
    count: int = 0

    @property
    def key(self) -> str:
        """The day, with its zone."""
        return f"{self.zone} {self.day}"


DROP_DAY = register(Kind("dropDay", DropDay, key=lambda value: value.key, history=False))

"""The index of variants, for names that were registered before their zone had the tables it has."""

from __future__ import annotations

from itertools import islice
from typing import Final

from regwire.registry.engine import Registry
from regwire.registry.model.idn import IndexVariants

__all__ = ["index_variants"]

#: Names in one request: a few milliseconds of the writer.
_AT_ONCE: Final = 200


async def index_variants(registry: Registry) -> int:
    """Look at every name and write down what its variants are found by; return how many names changed.

    To be done after tables of a zone have changed and the registry has been started with them; commands go on
    meanwhile.
    Two names that are variants of each other both stay.
    """
    changed, after = 0, ""
    while True:
        with registry.store.snapshot() as snapshot:
            names = tuple([domain.name for domain in islice(snapshot.domains(after=after), _AT_ONCE)])
        if not names:
            return changed
        (outcome,) = await registry.submit([registry.call("-", IndexVariants(names))])
        changed += outcome.data if isinstance(outcome.data, int) else 0
        after = names[-1]

"""IDN tables: what labels a zone registers beyond ASCII, and which of them exclude each other.

`load_table` reads a table (RFC 7940 rulesets, and the line forms before them), `ZoneTables` is what a zone makes of
its tables. Everything here is pure; the registry's rules are in `regwire.registry.rules.features.idn`.

Evaluated are repertoires, sequences, conditional contexts, whole-label rules, variants with types, contexts and
reflexive mappings, and actions. Contextual rules of IDNA2008 itself (joiners, middle dots, bidi) hold besides, whatever
a table says: labels get here only after the idna library has accepted them.
"""

from regwire.registry.idn.collision import Collisions
from regwire.registry.idn.table import Table
from regwire.registry.idn.zone import ZoneTables, load_table, packaged_tables, to_unicode

__all__ = ["Collisions", "Table", "ZoneTables", "load_table", "packaged_tables", "to_unicode"]

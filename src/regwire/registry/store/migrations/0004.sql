-- From version 3 to 4: number resources, and what objects are searched by.

-- IP networks and ranges of autonomous system numbers. "first" and "last": 4 octets, of IPv6 16, so that they sort.
-- "fork": the longest common prefix of both, its length in the first octet; what contains an address is found at one
-- of the prefixes of the address. "source": the registry whose file it is from; empty: the operator's own.
CREATE TABLE number (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    first BLOB NOT NULL,
    last BLOB NOT NULL,
    fork BLOB NOT NULL,
    handle TEXT NOT NULL COLLATE NOCASE,
    organisation TEXT NOT NULL COLLATE NOCASE,
    source TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX number_handle ON number (type, handle);
CREATE INDEX number_range ON number (type, first, last DESC);
CREATE INDEX number_fork ON number (type, fork);
CREATE INDEX number_organisation ON number (organisation) WHERE organisation <> '';
CREATE INDEX number_by_source ON number (source);

-- Organisations ("organisation") and points of contact ("numberContact") of number resources.
CREATE TABLE party (
    kind TEXT NOT NULL,
    handle TEXT NOT NULL COLLATE NOCASE,
    source TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (kind, handle)
) STRICT, WITHOUT ROWID;

-- The last file of each registry.
CREATE TABLE number_source (
    registry TEXT PRIMARY KEY,
    date TEXT NOT NULL,
    serial TEXT NOT NULL,
    imported INTEGER NOT NULL,
    resources INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What objects are searched by (regwire.registry.store.terms): of number resources always; of domains, hosts and
-- contacts once somebody asked for it, which the counter "search" tells.
CREATE TABLE term (
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    text TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (kind, field, text, key)
) STRICT, WITHOUT ROWID;

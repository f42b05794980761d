-- The registry in SQLite, version 4. Instants are milliseconds since 1970 UTC.
-- "detail" is JSON: what no query looks for.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied INTEGER NOT NULL
) STRICT;

CREATE TABLE domain (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    roid TEXT NOT NULL UNIQUE,
    sponsor TEXT NOT NULL,
    creator TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    updater TEXT,
    updated INTEGER,
    transferred INTEGER,
    registrant TEXT,
    auth TEXT,
    due INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX domain_due ON domain (due);

CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    roid TEXT NOT NULL UNIQUE,
    sponsor TEXT NOT NULL,
    creator TEXT NOT NULL,
    created INTEGER NOT NULL,
    updater TEXT,
    updated INTEGER,
    transferred INTEGER,
    superordinate TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX host_superordinate ON host (superordinate) WHERE superordinate IS NOT NULL;

CREATE TABLE contact (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    roid TEXT NOT NULL,
    sponsor TEXT NOT NULL,
    creator TEXT NOT NULL,
    created INTEGER NOT NULL,
    updater TEXT,
    updated INTEGER,
    transferred INTEGER,
    auth TEXT,
    due INTEGER,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX contact_due ON contact (due) WHERE due IS NOT NULL;

-- Which domains (by domain.id) use a host (by ROID: hosts can be renamed) or a contact; derived from domain.detail.
-- The ids grow: the links of new domains go to the ends of few ranges, where names would go everywhere.
CREATE TABLE domain_host (
    host TEXT NOT NULL,
    domain INTEGER NOT NULL,
    PRIMARY KEY (host, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE domain_contact (
    contact TEXT NOT NULL,
    domain INTEGER NOT NULL,
    PRIMARY KEY (contact, domain)
) STRICT, WITHOUT ROWID;

-- Records of every other kind (regwire.registry.model.kinds); "detail" is their JSON.
CREATE TABLE record (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    due INTEGER,
    detail TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_due ON record (due) WHERE due IS NOT NULL;

-- What records are looked up by; derived from record.detail by their kind.
CREATE TABLE record_index (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (kind, name, value, key)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE poll (
    account TEXT NOT NULL,
    id INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    text TEXT NOT NULL,
    data TEXT,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

-- One row for each object that a command changed. "detail" NULL: the object is gone. No secrets.
-- Found by ROID, which grows; those of an object that is gone or renamed are found by its name in "former".
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    account TEXT NOT NULL,
    txn TEXT NOT NULL,
    client_txn TEXT,
    operation TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    roid TEXT NOT NULL,
    sponsor TEXT,
    expires INTEGER,
    detail TEXT
) STRICT;
CREATE INDEX history_roid ON history (roid);

-- One row for each command that [audit] keeps, also refused ones. "frame": its XML without secrets.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    account TEXT NOT NULL,
    txn TEXT NOT NULL,
    client_txn TEXT,
    command TEXT NOT NULL,
    session INTEGER NOT NULL,
    peer TEXT NOT NULL,
    code INTEGER NOT NULL,
    fault TEXT,
    frame TEXT
) STRICT;
CREATE INDEX audit_txn ON audit (txn);
CREATE INDEX audit_account ON audit (account, at);

CREATE TABLE former (
    key TEXT NOT NULL,
    roid TEXT NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (key, roid, gone)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('poll', 0);

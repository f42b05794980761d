-- The registry in SQLite, version 5. Instants are milliseconds since 1970 UTC.
-- "detail" is JSON: what no query looks for.

CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied INTEGER NOT NULL
) STRICT;

-- Found by its ROID through the history, which knows it.
CREATE TABLE domain (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    roid TEXT NOT NULL,
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

-- Which domains use a host (by ROID: hosts can be renamed) or a contact; derived from domain.detail. "domains": a JSON
-- array of some of their domain.id, in order; "first" is the first of them. The rows of one holder do not overlap.
CREATE TABLE host_domains (
    host TEXT NOT NULL,
    first INTEGER NOT NULL,
    domains TEXT NOT NULL,
    PRIMARY KEY (host, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_domains (
    contact TEXT NOT NULL,
    first INTEGER NOT NULL,
    domains TEXT NOT NULL,
    PRIMARY KEY (contact, first)
) STRICT, WITHOUT ROWID;

-- The same, a row for each link.
CREATE VIEW domain_host AS SELECT list.host, link.value AS domain
FROM host_domains AS list CROSS JOIN json_each(list.domains) AS link;

CREATE VIEW domain_contact AS SELECT list.contact, link.value AS domain
FROM contact_domains AS list CROSS JOIN json_each(list.domains) AS link;

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

-- What commands changed: a JSON array for each group, of an array for each object, as the view "history" names them.
-- Its record n has the number id + n; "count" is how many there are. No secrets.
CREATE TABLE history_block (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;

-- The commands that [audit] keeps, also refused ones: likewise, as the view "audit" names them. "low" and "high": the
-- first and the last instant in it.
CREATE TABLE audit_block (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;

-- In which blocks to look. "what": "history": "key" is the ROID of an object, or what precedes the last two digits and
-- the hyphen of a new one's; "account"; "transaction": "key" is the identifier without its last two characters.
CREATE TABLE block_of (
    what TEXT NOT NULL,
    key TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (what, key, block)
) STRICT, WITHOUT ROWID;

-- One row for each object that a command changed. "detail" NULL: the object is gone. Objects that are gone or renamed
-- are found by their name in "former".
CREATE VIEW history AS SELECT
    block.id + record.key AS id,
    json_extract(record.value, '$[0]') AS at,
    json_extract(record.value, '$[1]') AS account,
    json_extract(record.value, '$[2]') AS txn,
    json_extract(record.value, '$[3]') AS client_txn,
    json_extract(record.value, '$[4]') AS operation,
    json_extract(record.value, '$[5]') AS kind,
    json_extract(record.value, '$[6]') AS key,
    json_extract(record.value, '$[7]') AS roid,
    json_extract(record.value, '$[8]') AS sponsor,
    json_extract(record.value, '$[9]') AS expires,
    json_extract(record.value, '$[10]') AS detail
FROM history_block AS block CROSS JOIN json_each(block.data) AS record;

-- One row for each command. "frame": its XML without secrets.
CREATE VIEW audit AS SELECT
    block.id + record.key AS id,
    json_extract(record.value, '$[0]') AS at,
    json_extract(record.value, '$[1]') AS account,
    json_extract(record.value, '$[2]') AS txn,
    json_extract(record.value, '$[3]') AS client_txn,
    json_extract(record.value, '$[4]') AS command,
    json_extract(record.value, '$[5]') AS session,
    json_extract(record.value, '$[6]') AS peer,
    json_extract(record.value, '$[7]') AS code,
    json_extract(record.value, '$[8]') AS fault,
    json_extract(record.value, '$[9]') AS frame
FROM audit_block AS block CROSS JOIN json_each(block.data) AS record;

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

-- From version 1 to 2: records of registered kinds, and the audit of commands.

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

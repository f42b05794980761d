-- From version 1 to 2: records of registered kinds.

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

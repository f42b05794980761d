-- From version 4 to 5: history, audit and links in blocks; domains have no index by ROID.

DROP INDEX domain_due;
ALTER TABLE domain RENAME TO domain_4;
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
INSERT INTO domain SELECT id, name, roid, sponsor, creator, created, expires, updater, updated, transferred, registrant, auth, due, detail FROM domain_4 ORDER BY id;
DROP TABLE domain_4;
CREATE INDEX domain_due ON domain (due);

CREATE TABLE host_domains (
    host TEXT NOT NULL,
    first INTEGER NOT NULL,
    domains TEXT NOT NULL,
    PRIMARY KEY (host, first)
) STRICT, WITHOUT ROWID;
INSERT INTO host_domains
    SELECT host, min(domain), '[' || group_concat(domain) || ']'
    FROM (
        SELECT host, domain, (row_number() OVER (PARTITION BY host ORDER BY domain) - 1) / 256 AS part
        FROM domain_host ORDER BY host, domain
    )
    GROUP BY host, part;
DROP TABLE domain_host;
CREATE TABLE contact_domains (
    contact TEXT NOT NULL,
    first INTEGER NOT NULL,
    domains TEXT NOT NULL,
    PRIMARY KEY (contact, first)
) STRICT, WITHOUT ROWID;
INSERT INTO contact_domains
    SELECT contact, min(domain), '[' || group_concat(domain) || ']'
    FROM (
        SELECT contact, domain, (row_number() OVER (PARTITION BY contact ORDER BY domain) - 1) / 256 AS part
        FROM domain_contact ORDER BY contact, domain
    )
    GROUP BY contact, part;
DROP TABLE domain_contact;
CREATE VIEW domain_host AS SELECT list.host, link.value AS domain
FROM host_domains AS list CROSS JOIN json_each(list.domains) AS link;
CREATE VIEW domain_contact AS SELECT list.contact, link.value AS domain
FROM contact_domains AS list CROSS JOIN json_each(list.domains) AS link;

CREATE TABLE block_of (
    what TEXT NOT NULL,
    key TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (what, key, block)
) STRICT, WITHOUT ROWID;

-- Numbers that are missing end a block: within one they follow each other.
CREATE TEMP TABLE numbered AS
    SELECT id, min(id) OVER (PARTITION BY run, (id - run) / 256) AS block
    FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS run FROM history);
CREATE UNIQUE INDEX temp.numbered_id ON numbered (id);
CREATE TABLE history_block (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
INSERT INTO history_block
    SELECT block, count(*),
        json_group_array(json_array(at, account, txn, client_txn, operation, kind, key, roid, sponsor, expires, detail))
    FROM (SELECT * FROM history JOIN temp.numbered USING (id) ORDER BY history.id)
    GROUP BY block;
INSERT INTO block_of SELECT DISTINCT 'history', roid, block FROM history JOIN temp.numbered USING (id);
DROP TABLE history;
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
DROP TABLE temp.numbered;

CREATE TEMP TABLE numbered AS
    SELECT id, min(id) OVER (PARTITION BY run, (id - run) / 256) AS block
    FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS run FROM audit);
CREATE UNIQUE INDEX temp.numbered_id ON numbered (id);
CREATE TABLE audit_block (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
INSERT INTO audit_block
    SELECT block, count(*), min(at), max(at),
        json_group_array(json_array(at, account, txn, client_txn, command, session, peer, code, fault, frame))
    FROM (SELECT * FROM audit JOIN temp.numbered USING (id) ORDER BY audit.id)
    GROUP BY block;
INSERT INTO block_of SELECT DISTINCT 'account', account, block FROM audit JOIN temp.numbered USING (id);
INSERT INTO block_of
    SELECT DISTINCT 'transaction', substr(txn, 1, max(length(txn) - 2, 0)), block FROM audit JOIN temp.numbered USING (id);
DROP TABLE audit;
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
DROP TABLE temp.numbered;

-- What open launch applications name is found by them: it is linked from now on.
INSERT OR IGNORE INTO record_index
    WITH pending AS (
        SELECT record.key AS application, detail FROM record
        WHERE kind = 'application' AND coalesce(json_extract(detail, '$.status'), '') NOT IN ('allocated', 'rejected')
    )
    SELECT 'application', 'contact', json_extract(detail, '$.domain.registrant'), application FROM pending
    WHERE json_extract(detail, '$.domain.registrant') IS NOT NULL
    UNION SELECT 'application', 'contact', json_extract(link.value, '$.id'), application
    FROM pending, json_each(pending.detail, '$.domain.contacts') AS link
    UNION SELECT 'application', 'host', link.value, application
    FROM pending, json_each(pending.detail, '$.domain.hosts') AS link;

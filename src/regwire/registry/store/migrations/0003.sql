-- From version 2 to 3: domain_host and domain_contact know domains by their short ids instead of ROIDs.

ALTER TABLE domain_host RENAME TO domain_host_2;
CREATE TABLE domain_host (
    host TEXT NOT NULL,
    domain INTEGER NOT NULL,
    PRIMARY KEY (host, domain)
) STRICT, WITHOUT ROWID;
INSERT INTO domain_host
    SELECT link.host, domain.id FROM domain_host_2 AS link JOIN domain ON domain.roid = link.domain
    ORDER BY link.host, domain.id;
DROP TABLE domain_host_2;

ALTER TABLE domain_contact RENAME TO domain_contact_2;
CREATE TABLE domain_contact (
    contact TEXT NOT NULL,
    domain INTEGER NOT NULL,
    PRIMARY KEY (contact, domain)
) STRICT, WITHOUT ROWID;
INSERT INTO domain_contact
    SELECT link.contact, domain.id FROM domain_contact_2 AS link JOIN domain ON domain.roid = link.domain
    ORDER BY link.contact, domain.id;
DROP TABLE domain_contact_2;

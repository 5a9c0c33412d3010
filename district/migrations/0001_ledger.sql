-- What gates wrote, and what the district knows of them. Immutable since 0.1.0: later changes are later files.

CREATE TABLE gate(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  token_sha256 BLOB NOT NULL UNIQUE,
  added_us INTEGER NOT NULL,
  -- The rest is what its last contact said.
  incarnation_id INTEGER REFERENCES incarnation(id),
  contact_us INTEGER,
  head INTEGER,
  oldest_us INTEGER,
  -- The newest passage that ended, as a ledger row.
  passage_id INTEGER REFERENCES ledger(id)
) STRICT;

-- One per journal a gate ever spoke from. acknowledged counts on from the sequence before its first
-- row and head_hash is the hash the next row must follow on; both are NULL before that row came.
CREATE TABLE incarnation(
  id INTEGER PRIMARY KEY,
  gate_id INTEGER NOT NULL REFERENCES gate(id),
  name TEXT NOT NULL,
  first_us INTEGER NOT NULL,
  acknowledged INTEGER,
  head_hash BLOB,
  head INTEGER,
  replaced INTEGER NOT NULL DEFAULT 0,
  UNIQUE(gate_id, name)
) STRICT;

-- The ledger: every row of every gate, once. rejected is why a row was refused for good; such a row
-- is kept aside here and counted nowhere. body is the canonical JSON the hash was made over.
CREATE TABLE ledger(
  id INTEGER PRIMARY KEY,
  incarnation_id INTEGER NOT NULL REFERENCES incarnation(id),
  sequence INTEGER NOT NULL,
  kind TEXT,
  version INTEGER,
  lane TEXT,
  boot INTEGER,
  mono_us INTEGER,
  at_us INTEGER,
  clock TEXT,
  body TEXT,
  personal TEXT,
  sealed_sha256 BLOB,
  previous_hash BLOB,
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  rejected TEXT,
  received_us INTEGER NOT NULL,
  UNIQUE(incarnation_id, sequence)
) STRICT;

CREATE INDEX ledger_refused ON ledger(incarnation_id) WHERE rejected IS NOT NULL;

-- How many passages ended one way on one day of the district's calendar.
CREATE TABLE day_count(
  gate_id INTEGER NOT NULL REFERENCES gate(id),
  day TEXT NOT NULL,
  outcome TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY(gate_id, day, outcome)
) STRICT, WITHOUT ROWID;

-- What somebody must look at. A later sequence about the same subject opens it again; over_us says
-- that the cause has gone, seen_us that somebody looked.
CREATE TABLE alarm(
  id INTEGER PRIMARY KEY,
  gate_id INTEGER NOT NULL REFERENCES gate(id),
  code TEXT NOT NULL,
  subject TEXT NOT NULL,
  incarnation TEXT,
  sequence INTEGER,
  hash BLOB,
  detail TEXT NOT NULL CHECK(json_valid(detail)),
  first_us INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  over_us INTEGER,
  seen_us INTEGER,
  seen_by TEXT,
  UNIQUE(gate_id, code, subject)
) STRICT;

CREATE INDEX alarm_open ON alarm(gate_id, last_us) WHERE seen_us IS NULL;

-- Lists for the gates: content as it was pushed, a new version whenever it differs.
CREATE TABLE list(
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  content TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  pushed_us INTEGER NOT NULL,
  PRIMARY KEY(name, version)
) STRICT;

CREATE TABLE account(
  name TEXT PRIMARY KEY,
  password TEXT NOT NULL,
  made_us INTEGER NOT NULL
) STRICT;

CREATE TABLE login(
  token_sha256 BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(name),
  form_token TEXT NOT NULL,
  until_us INTEGER NOT NULL
) STRICT;

-- Programs that read the JSON pages.
CREATE TABLE program(
  name TEXT PRIMARY KEY,
  token_sha256 BLOB NOT NULL UNIQUE,
  made_us INTEGER NOT NULL
) STRICT;

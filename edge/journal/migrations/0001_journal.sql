-- The journal, its keys and its first projections. Immutable since 0.1.0: later changes are later files.

CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

-- One row per incarnation that this file went through; the newest is also in meta.
CREATE TABLE incarnation(
  first_seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE journal(
  seq INTEGER PRIMARY KEY,
  boot INTEGER NOT NULL,
  mono_us INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  clock TEXT NOT NULL,
  kind TEXT NOT NULL,
  lane TEXT,
  body TEXT NOT NULL CHECK(json_valid(body)),
  key_id INTEGER,
  sealed BLOB,
  hash BLOB NOT NULL CHECK(length(hash) = 32),
  CHECK((key_id IS NULL) = (sealed IS NULL))
) STRICT;

-- Rare kinds are found without reading the passages; a passage writes nothing here.
CREATE INDEX journal_kind ON journal(kind) WHERE kind NOT GLOB 'passage.*';

-- Keys of the sealed fields, by number. wrapped is NULL once the key is destroyed.
CREATE TABLE seal_key(
  key_id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  opened_us INTEGER NOT NULL,
  trusted INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  wrapped BLOB
) STRICT;

CREATE INDEX seal_key_scope ON seal_key(scope) WHERE wrapped IS NOT NULL;

-- Projections: rebuilt equal from the journal.

CREATE TABLE passage(
  id INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  mentions TEXT NOT NULL,
  lane TEXT NOT NULL,
  direction TEXT NOT NULL,
  stage TEXT NOT NULL,
  outcome TEXT,
  reasons TEXT NOT NULL,
  opened_us INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  temperature TEXT NOT NULL,
  surface_mdegc INTEGER,
  body_mdegc INTEGER,
  category TEXT,
  decided_by TEXT,
  override INTEGER NOT NULL,
  musts INTEGER NOT NULL,
  musts_asked INTEGER NOT NULL,
  second INTEGER NOT NULL,
  ticket INTEGER,
  key_id INTEGER,
  tokens BLOB
) STRICT;

-- Nearly every passage ends as admit and is in neither index.
CREATE INDEX passage_outcome ON passage(outcome) WHERE outcome <> 'admit';
CREATE INDEX passage_waiting ON passage(lane) WHERE stage <> 'ended';

-- low and high bound the passage ids counted, so that a list by time needs no index of its own.
CREATE TABLE hour_count(
  hour_us INTEGER NOT NULL,
  lane TEXT NOT NULL,
  outcome TEXT NOT NULL,
  n INTEGER NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  PRIMARY KEY(hour_us, lane, outcome)
) STRICT, WITHOUT ROWID;

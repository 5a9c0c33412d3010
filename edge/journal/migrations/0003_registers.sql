-- Adds only: a file is brought to this version in place, without a copy of it first.
-- Registers: every list kept at the gate, one line per entry. Projections, rebuilt equal from the rows
-- `register.*`; rows from before hold none. Immutable since its release.

-- The keys of entries are wrapped under the key of a bucket, which is itself a key of this table: turning the
-- master then takes as long with 100,000 people as with none, and each can still be forgotten alone.
ALTER TABLE seal_key ADD COLUMN bucket INTEGER;
CREATE INDEX seal_key_bucket ON seal_key(bucket) WHERE bucket IS NOT NULL;

CREATE TABLE register_entry(
  register TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  fields TEXT NOT NULL,
  lane TEXT,
  from_us INTEGER,
  until_us INTEGER,
  entered_us INTEGER NOT NULL,
  -- The newest row, with its place on both clocks.
  boot INTEGER NOT NULL,
  mono_us INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  -- The import that brought it, 0 for what was entered by hand.
  imported INTEGER NOT NULL,
  ended_seq INTEGER,
  seqs TEXT NOT NULL,
  key_id INTEGER,
  forgotten INTEGER NOT NULL,
  -- What it is found by, side by side: so that its lines of `register_token` are found without an index.
  tokens BLOB,
  PRIMARY KEY(register, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX register_open ON register_entry(register, number) WHERE state = 'open';
CREATE INDEX register_until ON register_entry(until_us) WHERE state = 'open' AND until_us IS NOT NULL;
CREATE INDEX register_import ON register_entry(imported) WHERE imported <> 0;
CREATE INDEX register_ended ON register_entry(ended_seq) WHERE ended_seq IS NOT NULL AND forgotten = 0;
CREATE INDEX register_key ON register_entry(key_id) WHERE key_id IS NOT NULL;

-- What an entry is found by, where its fields are sealed. Gone with its key.
CREATE TABLE register_token(
  token BLOB NOT NULL,
  register TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY(token, register, number)
) STRICT, WITHOUT ROWID;

-- Commands that were carried out, so that a repeated one does nothing twice.
CREATE TABLE register_command(
  id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Imports: how far each got (its last line that is entered), and which entries it changed, by which row.
CREATE TABLE import_file(
  number INTEGER PRIMARY KEY,
  register TEXT NOT NULL,
  state TEXT NOT NULL,
  lines INTEGER NOT NULL,
  line INTEGER NOT NULL,
  entered INTEGER NOT NULL,
  amended INTEGER NOT NULL,
  begun_us INTEGER NOT NULL,
  begun_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE import_change(
  imported INTEGER NOT NULL,
  register TEXT NOT NULL,
  number INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY(imported, register, number, seq)
) STRICT, WITHOUT ROWID;

-- Vehicles, and who came in them. Projections of the passages' rows: rows from before hold none.
CREATE TABLE vehicle_passage(
  id INTEGER PRIMARY KEY,
  lane TEXT NOT NULL,
  direction TEXT NOT NULL,
  outcome TEXT,
  at_us INTEGER NOT NULL,
  -- How many people were told of, and how many of them were seen to.
  told INTEGER,
  aboard INTEGER NOT NULL,
  kind TEXT,
  disinfected INTEGER,
  leaflet INTEGER
) STRICT;

CREATE TABLE occupant(
  passage INTEGER PRIMARY KEY,
  vehicle INTEGER NOT NULL,
  outcome TEXT,
  temperature TEXT NOT NULL
) STRICT;

CREATE INDEX occupant_vehicle ON occupant(vehicle);

-- Who went in and out, by the numbers of their entries: quotas and household balances are counted from it.
-- A correction is a line of its own, under the number of its row below nought.
CREATE TABLE access_use(
  passage INTEGER NOT NULL,
  register TEXT NOT NULL,
  entry INTEGER NOT NULL,
  direction TEXT NOT NULL,
  day INTEGER,
  n INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY(passage, register, entry)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_use_of ON access_use(register, entry, seq);

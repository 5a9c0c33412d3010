-- Adds only: a file is brought to this version in place, without a copy of it first.
-- Cases: what follows a person who was handed over, until it is closed. A projection, rebuilt equal from
-- the rows `case.*`; rows from before it hold none. Immutable since its release.

CREATE TABLE case_file(
  number INTEGER PRIMARY KEY,
  passage INTEGER,
  lane TEXT NOT NULL,
  why TEXT NOT NULL,
  stage TEXT NOT NULL,
  unit TEXT,
  result TEXT,
  opened_us INTEGER NOT NULL,
  -- The newest row that set the due time, with its place on both clocks.
  due_us INTEGER,
  boot INTEGER NOT NULL,
  mono_us INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  closed_seq INTEGER,
  seqs TEXT NOT NULL,
  key_id INTEGER,
  forgotten INTEGER NOT NULL
) STRICT;

CREATE INDEX case_open ON case_file(number) WHERE stage <> 'closed';
CREATE INDEX case_kept ON case_file(number) WHERE stage = 'closed' AND forgotten = 0;
CREATE INDEX case_passage ON case_file(passage);

-- Adds only: a file is brought to this version in place, without a copy of it first.
-- Which row holds the photograph of an entry now: a projection of the rows `photograph.*`, rebuilt equal from
-- them. The photograph itself stands sealed in its row, under the key of the entry, and goes with it.

CREATE TABLE photograph(
  register TEXT NOT NULL,
  number INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  PRIMARY KEY(register, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX photograph_key ON photograph(key_id);

-- One code at two gates, and figures that stay cheap to read. Immutable once released.

-- Where and when a code that one person shows live was first seen in a passage. `code` is a keyed hash of
-- the digest the gate forwarded (the key is not in this file); rows go with age. The key finds a code in
-- the order of its times, and makes the rows of one passage (parked, held, decided) one.
CREATE TABLE sighting(
  code BLOB NOT NULL CHECK(length(code) = 16),
  at_us INTEGER NOT NULL,
  gate_id INTEGER NOT NULL REFERENCES gate(id),
  passage INTEGER NOT NULL,
  incarnation_id INTEGER NOT NULL REFERENCES incarnation(id),
  lane TEXT,
  carrier TEXT NOT NULL,
  trusted INTEGER NOT NULL,
  received_us INTEGER NOT NULL,
  PRIMARY KEY(code, at_us, gate_id, passage, incarnation_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sighting_age ON sighting(received_us);

-- Whether the newest passage with such a code came with what it takes to compare it; NULL before one came.
ALTER TABLE gate ADD COLUMN compares_codes INTEGER;

-- The page reads the newest alarms of all gates, and the newest refused rows, without sorting them all.
CREATE INDEX alarm_newest ON alarm(last_us, id) WHERE seen_us IS NULL;
CREATE INDEX ledger_refused_newest ON ledger(id) WHERE rejected IS NOT NULL;
DROP INDEX ledger_refused;

-- How many passages ended one way since the gate is known: the sum of day_count.
CREATE TABLE outcome_count(
  gate_id INTEGER NOT NULL REFERENCES gate(id),
  outcome TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY(gate_id, outcome)
) STRICT, WITHOUT ROWID;

INSERT INTO outcome_count SELECT gate_id, outcome, SUM(n) FROM day_count GROUP BY gate_id, outcome;

-- Daily reports of gates, and of posts that have no machine. Immutable since its release.

-- Which ledger rows are reports; the first of a day is what was sent, later ones correct it.
CREATE TABLE day_report(
  ledger_id INTEGER PRIMARY KEY REFERENCES ledger(id),
  gate_id INTEGER NOT NULL REFERENCES gate(id),
  day TEXT NOT NULL
) STRICT;

CREATE INDEX day_report_day ON day_report(day, gate_id);

-- A post without a machine (散居楼院): what it says comes by telephone or on paper.
CREATE TABLE post(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  series TEXT NOT NULL,
  site TEXT,
  added_us INTEGER NOT NULL
) STRICT;

-- What somebody entered for it. Nothing is changed: the first of a day is what was sent, later ones correct it.
CREATE TABLE post_report(
  id INTEGER PRIMARY KEY,
  post_id INTEGER NOT NULL REFERENCES post(id),
  day TEXT NOT NULL,
  how TEXT NOT NULL,
  figures TEXT NOT NULL CHECK(json_valid(figures)),
  by TEXT NOT NULL,
  entered_us INTEGER NOT NULL
) STRICT;

CREATE INDEX post_report_day ON post_report(day, post_id);

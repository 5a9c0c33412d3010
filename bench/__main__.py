"""`python -m bench [NAME ...]`: run the named benches, or all of them."""

import importlib
import json
import sys

# name -> what it measures; each is a module with `rows()`, and with `report()` where a table helps.
BENCHES = {
    "verdict": "last evidence in the inbox to commit, and bytes written for it",
    "journal": "commits a second, bytes a passage, a page of 50 at a million passages",
    "review": "the review page of 50 at a million passages, over HTTP",
    "qr": "codes read and milliseconds a photograph",
    "camera": "processor share at 1280x720, 15 frames a second, and code in view to scan",
    "codes": "codes judged right and milliseconds a check, beside cwt and pycose",
    "fuzz": "a million inputs into every reader of codes: exceptions, and work beside its caps",
    "decoders": "a million random bytes into every decoder: values a checksum refuses, memory",
    "platforms": "an hour of passages before a simulated platform in each mood: added time, wrong admissions",
    "faults": "25 x kill -9 of the gate, 10 x of the district, while people pass",
    "screening": "who has a fever: volunteers, a simulated year, simpler rules; a table, pictures",
    "gate_year_run": "false alarms and fevers found in a simulated year, by weather, beside simpler rules",
    "instrument_years": "thermometers that cannot be right: false reports a year, people until one is found",
    "twice_daily": "the page of 3,000 people and 10,000 passages a day; appends meanwhile",
    "registers": "an import of 100,000 lines while people pass: time, memory, verdicts meanwhile",
    "reports": "a year of reports beside a recount by plain SQL; seconds for a day and for the year",
    "day": "a day at a post: ten minutes at 30 people a minute on the fast lane, and everything else",
    "vehicles": "10,000 vehicles with everybody in them: wrong pairings, people lost, barrier, verdict",
    "idle": "memory and processor share of the whole gate with nobody there",
}


def main(names: list[str]) -> int:
    """Print the rows of the named benches; return the exit status."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench is called {', '.join(unknown)}; there are:", file=sys.stderr)
        for name, what in BENCHES.items():
            print(f"  {name:16} {what}", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        module = importlib.import_module(f"bench.{name}")
        found = []
        for row in module.rows():
            print(json.dumps(row, ensure_ascii=False), flush=True)
            found.append(row)
        if hasattr(module, "report"):  # the same for reading, beside the lines for programs
            module.report(found, sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A million inputs into every reader of codes: no exception, and no more work than its caps allow.

Two engines share them: seeded changes of good codes and noise, and atheris, which looks for inputs that
reach new lines (x86-64 only; a row says where it is missing, and chance takes its share). By itself:
`python -m bench.fuzz [--inputs N] [--seconds S] [--seed N] [TARGET ...]`; what is at fault is told on
standard error, with the input, and the exit status is 1.
"""

import argparse
import base64
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bench.figures import figure
from bench.fuzz_guided import NOT_HERE
from bench.fuzz_meter import CAPS
from bench.fuzz_readers import READERS
from bench.fuzz_run import Fault, Outcome, Target, at_random
from bench.fuzz_whole import whole_targets

INPUTS = 1_000_000
SECONDS = 1800.0
SEED = 20200123
GUIDED = 0.3  # of the inputs
_ROOT = Path(__file__).resolve().parent.parent
_STARTING_S = 60.0  # a child may take to import everything on a slow machine


@cache
def targets() -> tuple[Target, ...]:
    """Return every target there is here."""
    return (*READERS, *whole_targets())


def target_named(name: str) -> Target:
    """Return one target; KeyError where there is none of that name."""
    return {target.name: target for target in targets()}[name]


def rows(
    inputs: int = INPUTS,
    seconds: float = SECONDS,
    seed: int = SEED,
    names: Sequence[str] = (),
    share_guided: float = GUIDED,
) -> Iterator[dict[str, Any]]:
    """Yield the figures of each target, then those of all. Faults are told on standard error."""
    chosen = [target for target in targets() if not names or target.name in names]
    whole, begun = Outcome(), time.monotonic()
    guiding = has_atheris()
    sought = share_guided if guiding else 0.0
    for number, target in enumerate(chosen):
        # Time a target leaves is the next ones'.
        rest = chosen[number:]
        share = target.weight / sum(each.weight for each in rest)
        until = time.monotonic() + (begun + seconds - time.monotonic()) * share
        wanted = round((inputs - whole.inputs) * share)
        outcome = _both(target, wanted, seed, until, sought)
        for fault in outcome.faults.values():
            _tell(target, fault)
        yield from _figures(target.name, outcome)
        whole.add(outcome)
    yield figure("fuzz.inputs", whole.inputs, "inputs", peer="wanted", peer_value=inputs)
    where = "inputs" if guiding else "inputs (skipped: atheris is not installed here)"
    yield figure("fuzz.guided", whole.guided, where, n=whole.inputs)
    yield figure("fuzz.faulty", whole.faulty, "inputs", n=whole.inputs)
    yield figure("fuzz.seconds", time.monotonic() - begun, "s", peer="allowed", peer_value=seconds)


def has_atheris() -> bool:
    """Say whether inputs can be looked for, instead of drawn, on this machine."""
    import importlib.util

    return importlib.util.find_spec("atheris") is not None


def guided(target: Target, inputs: int, seed: int, seconds: float) -> Outcome:
    """Let atheris feed a target in a process of its own; a process that dies is a fault too."""
    command = [sys.executable, "-m", "bench.fuzz_guided", target.name, str(inputs), str(seconds), str(seed)]
    try:
        ended = subprocess.run(
            command, cwd=_ROOT, capture_output=True, timeout=seconds + _STARTING_S, check=False
        )
    except subprocess.TimeoutExpired:
        return _died("did not end in time")
    if ended.returncode == NOT_HERE:
        return Outcome()
    try:
        found = json.loads(ended.stdout)
    except ValueError:
        return _died(f"ended with {ended.returncode}: {ended.stderr[-2000:].decode(errors='replace')}")
    faults = [Fault(one["what"], one["where"], base64.b64decode(one["data"])) for one in found["faults"]]
    return Outcome(
        inputs=found["inputs"],
        guided=found["inputs"],
        faulty=found["faulty"],
        # No time: being followed is what takes most of it there.
        most=Counter(found["most"]),
        faults={fault.where: fault for fault in faults},
    )


def _both(target: Target, inputs: int, seed: int, until: float, sought: float) -> Outcome:
    outcome = Outcome()
    if round(inputs * sought):
        left_s = until - time.monotonic()
        outcome.add(guided(target, round(inputs * sought), seed, max(1.0, left_s / 3)))
    outcome.add(at_random(target, inputs - outcome.inputs, seed, until))
    return outcome


def _died(why: str) -> Outcome:
    return Outcome(faulty=1, faults={"process": Fault(why, "process", b"")})


def _figures(name: str, outcome: Outcome) -> Iterator[dict[str, Any]]:
    label = f"fuzz.{name.replace(', ', '_').replace(' ', '_')}"
    yield figure(f"{label}.faulty", outcome.faulty, "inputs", n=outcome.inputs)
    yield figure(f"{label}.worst", outcome.worst_ms, "ms", n=outcome.inputs)
    for work, count in sorted(outcome.most.items()):
        short = work.replace(" ", "_").lower()
        yield figure(f"{label}.{short}", count, work, peer="cap", peer_value=CAPS[work], n=outcome.inputs)


def _tell(target: Target, fault: Fault) -> None:
    print(f"fuzz: {target.name}: {fault.where}: {fault.what}", file=sys.stderr)
    print(f"      {base64.b64encode(fault.data[:3000]).decode()}", file=sys.stderr, flush=True)


def main(words: Sequence[str]) -> int:
    """Run as a command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz")
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("names", nargs="*", metavar="TARGET")
    given = parser.parse_args(words)
    unknown = set(given.names) - {target.name for target in targets()}
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    faulty = 0.0
    for row in rows(given.inputs, given.seconds, given.seed, given.names):
        print(json.dumps(row, ensure_ascii=False), flush=True)
        if row["name"] == "fuzz.faulty":
            faulty = row["value"]
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

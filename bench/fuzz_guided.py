"""The child that lets atheris look for inputs: `python -m bench.fuzz_guided TARGET INPUTS SECONDS SEED`.

Atheris follows which lines of `edge.codes` an input reaches and keeps those that reach new ones. It takes
the whole process, so it gets one of its own. On standard output: one JSON object, what came of it.
"""

import base64
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

NOT_HERE = 3  # the exit status where there is no atheris


def main(name: str, inputs: int, seconds: float, seed: int) -> None:
    """Feed one target and end the process."""
    try:
        import atheris  # type: ignore[import-untyped]
    except ImportError:
        sys.exit(NOT_HERE)
    # libFuzzer talks to standard output as well: what came of it goes to a copy.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with atheris.instrument_imports(include=["edge.codes"]):
        from bench.fuzz import target_named
        from bench.fuzz_meter import Meter
        from bench.fuzz_run import MAX_INPUT, Run
    target = target_named(name)
    meter = Meter()
    run = Run(target, meter)
    until = time.monotonic() + seconds

    def one(data: bytes) -> None:
        run.feed(data)
        if run.outcome.inputs >= inputs or time.monotonic() > until:
            json.dump(_written(run.outcome), answer)
            answer.flush()
            os._exit(0)  # atheris has no other way to stop that tells what was found

    with tempfile.TemporaryDirectory() as folder, meter.running():
        for number, data in enumerate(target.seeds):
            (Path(folder) / str(number)).write_bytes(data)
        longest = min(MAX_INPUT, 2 * max(map(len, target.seeds)) + 100)
        how = [f"-seed={seed % 2**31 or 1}", f"-max_len={longest}", "-verbosity=0", "-timeout=60"]
        atheris.Setup([sys.argv[0], *how, folder], one)
        atheris.Fuzz()


def _written(outcome: Any) -> dict[str, Any]:
    return {
        "inputs": outcome.inputs,
        "faulty": outcome.faulty,
        "most": outcome.most,
        "faults": [
            {"what": fault.what, "where": fault.where, "data": base64.b64encode(fault.data).decode()}
            for fault in outcome.faults.values()
        ],
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))

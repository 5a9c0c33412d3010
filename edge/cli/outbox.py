"""`gatepost outbox`: what the district has not acknowledged, and trying again at once.

Reads the journal beside a running daemon and never talks to the district itself: two senders of one
outbox would only get in each other's way.
"""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from edge.cli.opening import find_store, journal_faults, store_options
from edge.journal import Reader, State
from edge.uplink.memory import NAME, PARKED, RETRY, load
from edge.uplink.segments import segments, start_at

EXIT_UNREACHABLE = 6


@dataclass(frozen=True, slots=True)
class _Outbox:
    reader: Reader
    state: State

    def standing(self) -> dict[str, Any]:
        """How far the district has it, and what it last said."""
        remembered = load(self.state)
        stretches = segments(self.reader.incarnations())
        acknowledged = start_at(stretches, remembered.incarnation, remembered.acknowledged)
        head = self.reader.head()
        waiting = self.reader.rows_after(acknowledged, 1)
        return {
            "incarnation": stretches[-1].incarnation,
            "head": head,
            "acknowledged": acknowledged,
            "backlog": head - acknowledged,
            "oldest_us": waiting[0].at_us if waiting else None,
            "contact": remembered.told or "never",
            "code": remembered.code,
            "failures": remembered.failures,
            "last_us": remembered.last_us or None,
        }

    def parked(self) -> Iterator[dict[str, Any]]:
        """Rows the district refused for good."""
        for name, value in self.state.items(PARKED):
            incarnation, _, sequence = name.removeprefix(PARKED).partition("/")
            yield {"parked": int(sequence), "incarnation": incarnation} | value


@click.group()
def outbox() -> None:
    """What the district has not acknowledged."""


@outbox.command()
@store_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def status(store: Path | None, config: Path | None, as_json: bool) -> None:
    """Say how many rows wait, since when, and which the district refused."""
    with _opened(store, config) as box:
        lines = [box.standing(), *box.parked()]
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else _sentence(line))


@outbox.command()
@store_options
@click.option("--seconds", default=20.0, show_default=True, help="How long to wait for the answer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def retry(store: Path | None, config: Path | None, seconds: float, as_json: bool) -> None:
    """Have the daemon end its pause and try at once. Ends with 6 when the district stays away."""
    with _opened(store, config) as box:
        before = box.state.get(NAME)
        box.state.put(RETRY, {"at_us": time.time_ns() // 1000})
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not _answered(box, before):
            time.sleep(0.2)
        reached = _answered(box, before) and load(box.state).failures == 0
        line = box.standing() | {"reached": reached, "taken": box.state.get(RETRY) is None}
    click.echo(json.dumps(line, ensure_ascii=False) if as_json else _sentence(line))
    if not reached:
        untaken = "门岗程序没有在运行，下次启动时再试 / the gate does not run; it tries when it starts"
        away = "区级服务器没有回应 / the district did not answer"
        click.echo(away if line["taken"] else untaken, err=True)
        sys.exit(EXIT_UNREACHABLE)


def _answered(box: _Outbox, before: dict[str, Any] | None) -> bool:
    """The wish was taken, and either nothing was wrong or something has been tried since."""
    if box.state.get(RETRY) is not None:
        return False
    return load(box.state).failures == 0 or box.state.get(NAME) != before


@contextlib.contextmanager
def _opened(store: Path | None, config: Path | None) -> Iterator[_Outbox]:
    from edge.journal.schema import FILE

    place = find_store(store, config)
    with journal_faults(), contextlib.ExitStack() as stack:
        reader = Reader(place.folder / FILE)
        stack.callback(reader.close)
        state = State.open(place.folder)
        stack.callback(state.close)
        yield _Outbox(reader, state)


def _sentence(line: dict[str, Any]) -> str:
    if "parked" in line:
        return f"被拒收 / refused: {line['parked']} ({line['incarnation'][:8]}) {line['reason']}"
    sentence = (
        f"未送达 / waiting: {line['backlog']}  已确认 / acknowledged: {line['acknowledged']}"
        f"  最新 / newest: {line['head']}  联系 / contact: {line['contact']}"
    )
    return f"{sentence} {line['code']}".rstrip()

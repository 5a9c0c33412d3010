"""Runs a gate: starts the threads of its parts, watches them, ends them in order.

Which parts there are, `edge.app.parts` says.
"""

import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import metadata

from edge.app.folder import boot_id
from edge.app.keeping import start_keeper
from edge.app.pages import gate_of
from edge.app.parts import Parts
from edge.app.watching import watch
from edge.config import Loaded
from edge.health import STOPPED, Notifier
from edge.journal import Row, State
from edge.keeper import publish, publish_access

log = logging.getLogger(__name__)


def run_gate(
    loaded: Loaded,
    *,
    environ: Mapping[str, str] = os.environ,
    on_ready: Callable[[int], None] = lambda _port: None,
    on_secrets: Callable[[Sequence[tuple[str, str, str]]], None] = lambda _accounts: None,
) -> int:
    """Run the daemon until SIGTERM or SIGINT; return the exit status.

    `on_ready` gets the port of the pages; `on_secrets` the accounts a first start made, once.
    Raises ConfigError and JournalError before anything is started.
    """
    with ExitStack() as stack:
        parts = Parts(loaded, environ, stack)
        on_secrets(_first_accounts(parts.state))
        return _run(parts, on_ready)


def _first_accounts(state: State) -> list[tuple[str, str, str]]:
    """Make the accounts a gate needs when there are none; return (name, role, secret) of each."""
    from edge.web.users import ensure_first_users

    return ensure_first_users(state)


def _run(parts: Parts, on_ready: Callable[[int], None]) -> int:
    """Start every thread, watch them, end them in order."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: parts.stop.set())
    _announce(parts)
    watch(parts)
    parts.equipment.start(parts.station)
    parts.platforms.start()
    parts.recipients.start()
    parts.threads.start("station", partial(parts.station.run, parts.stop))
    if parts.uplink is not None:
        parts.threads.start("uplink", partial(parts.uplink.run, parts.stop))
    start_keeper(parts)
    beat = parts.health.heart("reports", 900.0).beat
    parts.threads.start("reports", partial(parts.reports.run, parts.stop, beat))
    _start_pages(parts, on_ready)
    status = parts.health.watch(parts.stop, Notifier.from_environ(parts.environ))
    parts.stop.set()
    parts.bell.ring()
    parts.views.ring()
    parts.equipment.end()
    stuck = parts.threads.join(10.0)
    if stuck:
        log.error("threads did not end: %s", ", ".join(stuck))
    if parts.threads.refused is not None:
        raise parts.threads.refused
    return STOPPED if parts.threads.failed or stuck else status


def _announce(parts: Parts) -> None:
    now = parts.now()
    version, config = metadata.version("gatepost"), parts.loaded.text_hash
    limits = {limit.step.value: limit.us for limit in parts.duty.rules.limits}
    body = {"version": version, "config": config, "boot_id": boot_id(), "response_us": limits}
    parts.journal.append(Row("gate.started", now, body))
    lanes = [(lane.spec, lane.chosen.text) for lane in parts.lanes.values()]
    publish_access(parts.journal, parts.state, now, parts.access.rules)
    publish(parts.journal, parts.state, now, lanes=lanes)


def _start_pages(parts: Parts, on_ready: Callable[[int], None]) -> None:
    from edge.web import create_app
    from edge.web.server import serve

    app = create_app(gate_of(parts))
    beat = parts.health.heart("pages", 30.0).beat
    listen = parts.settings.web.listen
    work = partial(serve, app, listen, parts.stop, on_ready=on_ready, beat=beat)
    parts.threads.start("pages", work)

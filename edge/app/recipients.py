"""Who is told by message: from tables to threads."""

from collections.abc import Callable, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from drivers import registry
from edge.config import Settings
from edge.config.words import Text
from edge.domain.model import Instant
from edge.health import Health
from edge.health.remedies import REMEDIES
from edge.journal import Reader, State
from edge.notices import Messenger, Recipient, Sources
from edge.threads import Threads

KIND = "notifier"
HEART_S = 120.0


class Recipients:
    """Every recipient of a gate."""

    def __init__(
        self,
        settings: Settings,
        threads: Threads,
        health: Health,
        now: Callable[[], Instant],
        *,
        reader: Callable[[], Reader],
        state: State,
    ) -> None:
        """Raises ConfigError for a driver that is not there or is told what it cannot be told."""
        self._threads = threads
        self._messengers: list[tuple[str, Messenger]] = []
        sources = Sources(
            gate=settings.gate.name,
            reader=reader,
            problems=partial(_problems, health),
            lanes={lane.name: lane.name for lane in settings.lane},
            zone=ZoneInfo(settings.gate.timezone),
        )
        for table in settings.notify:
            driver = registry.load(KIND, table.notifier)
            if driver.name == "none":
                continue
            recipient = Recipient(table.name, frozenset(table.what), table.language, table.every_s)
            messenger = Messenger(
                recipient,
                driver.connect,
                sources,
                memory=state,
                status=health.device("", KIND, table.name, driver.name, driver.simulated),
                now=now,
                beat=health.heart(f"notify-{table.name}", HEART_S).beat,
            )
            self._messengers.append((table.name, messenger))

    def start(self) -> None:
        """Start a thread for each."""
        for name, messenger in self._messengers:
            self._threads.start(f"notify-{name}", partial(messenger.run, self._threads.stop))


def _problems(health: Health) -> Sequence[tuple[str, str, str, Text]]:
    found = []
    for problem in health.problems():
        remedy = REMEDIES.get(problem.code)
        title = remedy.title if remedy else Text(problem.code, problem.code)
        found.append((problem.code, problem.what, problem.severity, title))
    return found

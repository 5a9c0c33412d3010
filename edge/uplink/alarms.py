"""A lane beside the ledger for rows the district should hear of before a backlog has drained.

The same events, sent to `<url>/alarms`, newest first; storing them twice is harmless and they are
acknowledged only by the ledger, which still carries them in their order.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping

from edge import wire
from edge.uplink.answer import failure
from edge.uplink.batch import Composer, hash_before
from edge.uplink.memory import Standing
from edge.uplink.ports import RowReader, Transport
from edge.wire import WireRow

log = logging.getLogger(__name__)

_KINDS = wire.URGENT | wire.SOMETIMES_URGENT
_PAGE = 500
_COME_BACK = (401, 403, 429)


class AlarmLane:
    """Looks for urgent rows beyond the batch that is about to go. Remembers how far it looked, also
    while the district is away: a backlog of weeks is looked through once, not at every try. `beat`
    is called for every page of it."""

    def __init__(
        self, composer: Composer, transport: Transport, standing: Standing, beat: Callable[[], object]
    ) -> None:
        self._composer = composer
        self._transport = transport
        self._standing = standing
        self._beat = beat
        self._refused = False
        self._looked = 0
        self._found: deque[WireRow] = deque(maxlen=wire.MAX_EVENTS)

    def send(self, reader: RowReader, covered: int, head: int, headers: Mapping[str, str]) -> None:
        """Send urgent rows after `covered`, which the ledger's next batch reaches, up to `head`.

        Raises Unreachable when the district does not answer. A district without this lane is left
        in peace until the next start.
        """
        after = max(self._standing.alarmed, covered)
        if head <= after or self._refused:
            return
        self._look(reader, after, head)
        found = [row for row in self._found if row.seq > after]
        if found:
            rows = [(row, hash_before(reader, row.seq)) for row in found]
            response = self._transport.post("/alarms", self._composer.newest(rows), headers)
            if response.status != 200:
                if 400 <= response.status < 500 and response.status not in _COME_BACK:
                    log.warning("the district has no lane for alarms (%d)", response.status)
                    self._refused = True
                    return
                raise failure(response)
        self._standing.alarmed = head
        self._found.clear()

    def _look(self, reader: RowReader, after: int, head: int) -> None:
        """Find the newest urgent rows, at most one batch of them, oldest first."""
        self._looked = max(self._looked, after)
        while True:
            rows = reader.rows_after(self._looked, _PAGE, kinds=_KINDS)
            self._found.extend(row for row in rows if wire.urgent(row.kind, row.body))
            self._beat()
            if len(rows) < _PAGE:
                self._looked = max(self._looked, head, *(row.seq for row in rows))
                return
            self._looked = rows[-1].seq

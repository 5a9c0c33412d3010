"""Whether a platform is there, as the gate tells it: once when it goes and once when it is back."""

import logging
from collections.abc import Callable

from edge.devices import Place
from edge.domain.errors import DeviceUnavailable
from edge.domain.model import Instant
from edge.messages import DeviceChanged

log = logging.getLogger(__name__)


class Standing:
    """What was told of one platform last. `is_up` is None while nobody knows: no code was answered yet, and
    too few were in vain. `tell` takes what goes to the station. Not thread-safe."""

    def __init__(self, name: str, driver: str, place: Place, tell: Callable[[DeviceChanged], None]) -> None:
        self.is_up: bool | None = None
        self._name, self._driver, self._place, self._tell = name, driver, place, tell
        place.status.starting()

    def turned(self, *, up: bool, now: Instant, error: DeviceUnavailable | None = None) -> None:
        """Tell that the platform is there, or gone with `error`, where that is new."""
        before, self.is_up = self.is_up, up
        if before is up:
            return
        code, message = (error.code, str(error)) if error is not None else ("", "")
        if up:
            self._place.status.up()
        else:
            self._place.status.down(code, message)
        if up and before is None:
            return  # it was never gone
        log.warning("the platform %s %s", self._name, "answers again" if up else f"is gone: {message}")
        self._tell(
            DeviceChanged(self._place.lane, "verifier", self._name, self._driver, up, now, code, message)
        )

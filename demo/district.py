"""The district's server of the demo: the real one, on a free port, in a thread of this process."""

import threading
import time
from pathlib import Path

from district import registry
from district.committer import Committer
from district.config import Settings
from district.server import Server
from district.store import Store
from district.web import create_app


class EmbeddedDistrict:
    """Runs until closed. `password` is the administrator's, new at every start."""

    def __init__(self, folder: Path) -> None:
        self._store = Store.open(folder)
        with self._store.write() as connection:
            self.password = registry.new_admin_password(connection, _now_us())
        self._committer = Committer(self._store)
        self._server = Server(create_app(self._store, self._committer, Settings()), "127.0.0.1:0")
        self.port = self._server.port
        self._stop = threading.Event()
        self._committer.start()
        self._thread = threading.Thread(target=self._server.run, args=(self._stop, self._committer))
        self._thread.start()

    def add_gate(self, name: str) -> str:
        """Register a gate; return its token."""
        with self._store.write() as connection:
            return registry.add_gate(connection, name, _now_us())

    def passages(self) -> int:
        """Return how many passages that ended the district has."""
        with self._store.read() as connection:
            found = connection.execute("SELECT count(*) FROM ledger WHERE kind='passage.decided'").fetchone()
        return int(found[0])

    def close(self) -> None:
        """Stop serving."""
        self._stop.set()
        self._thread.join()
        self._committer.stop()
        self._store.close()


def _now_us() -> int:
    return time.time_ns() // 1000

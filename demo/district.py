"""The district's server of the demo: the real one, on a free port, in a thread of this process."""

import socket
import threading
import time
from pathlib import Path

from district import registry
from district.store import Store


class EmbeddedDistrict:
    """Made at once, listens after `start`. `password` is the administrator's, new at every start."""

    def __init__(self, folder: Path) -> None:
        self._store = Store.open(folder)
        with self._store.write() as connection:
            self.password = registry.new_admin_password(connection, _now_us())
        self.port = _free_port()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def start(self) -> None:
        """Begin to listen; the gate tries until somebody does."""
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
        self._store.close()

    def _serve(self) -> None:
        # The web framework is loaded while the gate loads its own.
        from district.committer import Committer
        from district.config import Settings
        from district.server import Server
        from district.web import create_app

        committer = Committer(self._store)
        app = create_app(self._store, committer, Settings())
        server = Server(app, f"127.0.0.1:{self.port}")
        committer.start()
        server.run(self._stop, committer)
        committer.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _now_us() -> int:
    return time.time_ns() // 1000

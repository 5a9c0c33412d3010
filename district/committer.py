"""Group commit: submissions that arrive within a few milliseconds share one transaction.

One thread owns the writing; a request waits until its rows are on disk and only then answers. Many
gates posting a row each would otherwise cost one flush each (about 2,000 a second at best).
"""

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from district.errors import StoreError
from district.store import Store

log = logging.getLogger(__name__)

_GATHER_S = 0.02
_MOST = 64
_PATIENCE_S = 30.0

Work = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work
    done: Future[Any]


class Committer:
    """Runs pieces of work in shared transactions. `stop` ends the thread after what is queued."""

    def __init__(self, store: Store, queue_limit: int = 256) -> None:
        self._store = store
        self._jobs: queue.Queue[_Job | None] = queue.Queue(queue_limit)
        self._coming = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._fault: str | None = None
        self.transactions = 0

    def start(self) -> None:
        """Start the writing thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued and end."""
        self._jobs.put(None)
        self._thread.join(_PATIENCE_S)

    @property
    def alive(self) -> bool:
        """Say whether the writing thread runs."""
        return self._thread.is_alive()

    @property
    def fault(self) -> str | None:
        """What the last commit failed with, None after a good one."""
        return self._fault

    @contextlib.contextmanager
    def coming(self) -> Iterator[None]:
        """Announce that a submission is being read, so that the thread waits a moment for it."""
        with self._lock:
            self._coming += 1
        try:
            yield
        finally:
            with self._lock:
                self._coming -= 1

    def commit(self, work: Work) -> Any:
        """Run `work` in a transaction and return its result once that is on disk.

        Raises StoreError when it could not be stored or the queue is full; what `work` itself
        raises comes back, and undoes only its own part.
        """
        if not self.alive:
            raise StoreError("nothing writes")
        job = _Job(work, Future())
        try:
            self._jobs.put_nowait(job)
        except queue.Full as error:
            raise StoreError("too many gates at once") from error
        try:
            return job.done.result(_PATIENCE_S)
        except TimeoutError as error:
            raise StoreError("the store is too slow") from error

    def _run(self) -> None:
        while True:
            first = self._jobs.get()
            if first is None:
                return
            jobs, ended = self._gather(first)
            self._commit(jobs)
            if ended:
                return

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        """Take what is queued, and wait up to 20 ms for submissions that are being read."""
        jobs = [first]
        until = time.monotonic() + _GATHER_S
        while len(jobs) < _MOST:
            waiting_for_more = self._coming > len(jobs)
            left = until - time.monotonic() if waiting_for_more else 0.0
            try:
                job = self._jobs.get(timeout=left) if left > 0 else self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit(self, jobs: list[_Job]) -> None:
        results: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            with self._store.write() as connection:
                for job in jobs:
                    results.append((job, *_one(connection, job)))
        except StoreError as error:
            if self._fault is None:
                log.error("%s", error)
            self._fault = str(error)
            results = [(job, None, error) for job in jobs]
        else:
            if self._fault is not None:
                log.warning("the store can be written again")
            self._fault = None
            self.transactions += 1
        for job, result, fault in results:
            if fault is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(fault)


def _one(connection: sqlite3.Connection, job: _Job) -> tuple[Any, BaseException | None]:
    """Run one piece of work so that it can fail alone. A fault of the store itself ends them all."""
    connection.execute("SAVEPOINT job")
    try:
        result = job.work(connection)
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is belongs to the request that brought it
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        return None, error
    connection.execute("RELEASE job")
    return result, None

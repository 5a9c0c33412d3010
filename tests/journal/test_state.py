"""What is no fact: accounts, back-off, acknowledgements."""

import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.domain.errors import JournalError
from edge.journal import State

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6) | st.sampled_from(
    ["user:a", "user:b", "user:", "user%", "uplink"]
)
values = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers()),
)


class StateMachine(RuleBasedStateMachine):
    @initialize(folder=st.builds(lambda: tempfile.mkdtemp(prefix="gatepost-state-")))
    def open(self, folder: str) -> None:
        self.folder = Path(folder)
        self.state = State.open(self.folder)
        self.known: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        if hasattr(self, "state"):
            self.state.close()
            shutil.rmtree(self.folder)

    @rule(name=names, value=values)
    def put(self, name: str, value: dict[str, Any]) -> None:
        self.state.put(name, value)
        self.known[name] = value

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.state.delete(name)
        self.known.pop(name, None)

    @rule()
    def restart(self) -> None:
        self.state.close()
        self.state = State.open(self.folder)

    @rule(prefix=names)
    def look(self, prefix: str) -> None:
        assert dict(self.state.items(prefix)) == {n: v for n, v in self.known.items() if n.startswith(prefix)}
        assert self.state.get(prefix) == self.known.get(prefix)

    @invariant()
    def all_is_there(self) -> None:
        if hasattr(self, "state"):
            assert dict(self.state.items("")) == self.known


TestStateMachine = StateMachine.TestCase
TestStateMachine.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)


def test_two_who_have_it_open_see_each_other(tmp_path: Path) -> None:
    one, other = State.open(tmp_path), State.open(tmp_path)
    one.put("user:li", {"role": "attendant"})
    assert other.get("user:li") == {"role": "attendant"}
    threads = [
        threading.Thread(target=lambda n=n, s=s: s.put(f"n{n}", {"n": n}))
        for n in range(20)
        for s in (one, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(one.items("n")) == 20
    one.close()
    other.close()


def test_a_newer_or_damaged_file_is_refused_and_nothing_is_readable_by_others(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    state.put("a", {})
    state.close()
    path = tmp_path / "state.db"
    assert path.stat().st_mode & 0o077 == 0
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(JournalError, match=r"升级.*upgrade"):
        State.open(tmp_path)
    path.write_bytes(b"junk" * 2000)
    with pytest.raises(JournalError):
        State.open(tmp_path)
    with pytest.raises(JournalError):
        state.get("a")


def test_the_owner_sets_a_damaged_file_aside_and_begins_a_new_one(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    state.put("user:a", {"x": 1})
    state.close()
    (tmp_path / "state.db").write_bytes(b"not a database at all " * 500)
    with pytest.raises(JournalError):
        State.open(tmp_path)
    state = State.open(tmp_path, owner=True)
    assert state.get("user:a") is None
    state.put("user:b", {"x": 2})
    state.close()
    assert (tmp_path / "state-aside-1.db").read_bytes().startswith(b"not a database")

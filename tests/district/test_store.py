"""The store, the group commit, the configuration and the command."""

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from district import alarms, config, views
from district.cli import main
from district.committer import Committer
from district.errors import ConfigError, Refused, StoreError
from district.store import FILE, Store, migrations
from tests.paths import ROOT


def test_commits_are_on_disk_when_they_return(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.write() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_relative_folder_is_as_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.open(Path("a #%20?b"))
    with store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM gate").fetchone()[0] == 0
    store.close()


def test_a_store_from_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version=999")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        Store.open(tmp_path)


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(tmp_path)


def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [(1, "CREATE TABLE one(x);\nCREATE TABLE one(x);\n")]
    monkeypatch.setattr("district.store.migrations", lambda: bad)
    with pytest.raises(StoreError):
        Store.open(tmp_path)
    connection = sqlite3.connect(tmp_path / FILE)
    assert connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


def test_a_store_of_the_first_release_keeps_its_figures(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.executescript(migrations()[0][1])
    connection.execute("PRAGMA user_version=1")
    connection.execute("INSERT INTO gate(id, name, token_sha256, added_us) VALUES(1,'g',x'00',0)")
    days = [("2020-02-07", "admit", 3), ("2020-02-08", "admit", 4), ("2020-02-08", "refer", 1)]
    connection.executemany("INSERT INTO day_count VALUES(1,?,?,?)", days)
    connection.commit()
    connection.close()
    store = Store.open(tmp_path)
    with store.read() as reader:
        noon_us = 1_581_134_400_000_000
        (gate,) = views.gates(reader, noon_us, ZoneInfo("Asia/Shanghai"), 60)
    store.close()
    assert gate["today"] == {"admit": 4, "refer": 1}
    assert gate["total"] == {"admit": 7, "refer": 1}


def test_the_page_costs_no_more_with_ten_times_the_alarms_and_days(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.write() as connection:
        connection.execute("INSERT INTO gate(id, name, token_sha256, added_us) VALUES(1,'g',x'00',0)")
        connection.execute("INSERT INTO incarnation(id, gate_id, name, first_us) VALUES(1,1,'i',0)")
        _fill(connection, 0, 1500)
    few = _steps(store)
    with store.write() as connection:
        _fill(connection, 1500, 15_000)
    many = _steps(store)
    store.close()
    assert few > 0
    assert many <= few * 1.2


def _fill(connection: sqlite3.Connection, first: int, last: int) -> None:
    connection.executemany(
        "INSERT INTO alarm(gate_id, code, subject, detail, first_us, last_us) "
        "VALUES(1,'referred',?,'{}',?,?)",
        ((str(n), n, n) for n in range(first, last)),
    )
    connection.executemany(
        "INSERT INTO ledger(incarnation_id, sequence, hash, rejected, received_us) "
        "VALUES(1,?,?,'conflict',?)",
        ((n + 1, bytes(32), n) for n in range(first, last)),
    )
    connection.executemany(
        "INSERT INTO day_count VALUES(1,?,'admit',1)", ((f"d{n}",) for n in range(first, last))
    )


def _steps(store: Store) -> int:
    """How much SQLite has to do for one look at the page and at the JSON beside it."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with store.read() as connection:
        connection.set_progress_handler(count, 100)
        assert len(alarms.unseen(connection)) == 200
        assert len(views.refused(connection)) == 200
        assert views.gates(connection, 0, ZoneInfo("UTC"), 60)[0]["alarms"] == views.MOST_ALARMS
        connection.set_progress_handler(None, 0)
    return steps


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_many_gates_share_a_commit_and_one_failure_is_its_own(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    committer = Committer(store)
    committer.start()
    barrier = threading.Barrier(20)

    def work(n: int) -> Any:
        with committer.coming():
            barrier.wait(10)
            return committer.commit(lambda connection: _insert(connection, n))

    with ThreadPoolExecutor(20) as pool:
        results = [pool.submit(work, n) for n in range(20)]
        faults = [n for n, result in enumerate(results) if isinstance(result.exception(), Refused)]
    committer.stop()
    assert faults == [7]
    assert committer.transactions < 15
    with store.read() as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM gate")}
    assert names == {f"g{n}" for n in range(20) if n != 7}
    store.close()


def _insert(connection: sqlite3.Connection, n: int) -> int:
    connection.execute("INSERT INTO gate(name, token_sha256, added_us) VALUES(?,?,0)", (f"g{n}", bytes([n])))
    if n == 7:
        raise Refused(400, "no", "half done, then refused")
    return n


def test_nothing_is_promised_when_nothing_writes(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    committer = Committer(store)
    with pytest.raises(StoreError):
        committer.commit(lambda connection: None)
    store.close()


def test_the_example_shows_the_defaults() -> None:
    assert config.load(ROOT / "config" / "district.example.toml", {}) == config.Settings()


def test_every_fault_of_a_configuration_is_named_at_once(tmp_path: Path) -> None:
    place = tmp_path / "district.toml"
    place.write_text(
        '[district]\ntimezone = "Mars/Olympus"\nlanguage = "fr"\n[wep]\nx = 1\n[web]\nlisten = "everywhere"\n'
        "thread = 3\nthreads = 0\n",
        "utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        config.load(place, {})
    faults = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 6
    assert all(str(place) in fault for fault in caught.value.faults)
    for words in (
        "[district] timezone",
        "Mars/Olympus",
        "[district] language",
        "[web] listen",
        "[web] threads",
    ):
        assert words in faults
    assert "[wep]: unknown; did you mean web?" in faults
    assert "[web] thread: unknown; did you mean threads?" in faults


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    place = tmp_path / "district.toml"
    place.write_text('[web]\nlisten = "127.0.0.1:1"\n', "utf-8")
    environ = {
        "GATEPOST_DISTRICT_CONFIG": str(place),
        "GATEPOST_DISTRICT_WEB__THREADS": "3",
        "GATEPOST_DISTRICT_WEB__SECURE_COOKIE": "true",
    }
    settings = config.load(None, environ)
    assert (settings.web.listen, settings.web.threads, settings.web.secure_cookie) == ("127.0.0.1:1", 3, True)
    with pytest.raises(ConfigError, match="thread"):
        config.load(place, {"GATEPOST_DISTRICT_WEB__THREAD": "3"})


@pytest.mark.parametrize("content", [b"\xff", b"[web", b"web = 3"])
def test_a_file_that_is_no_configuration_is_said(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "district.toml"
    place.write_bytes(content)
    with pytest.raises(ConfigError):
        config.load(place, {})
    with pytest.raises(ConfigError):
        config.load(tmp_path / "absent.toml", {})


def called(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == code, done.output
    return done.output


def test_a_gate_is_registered_once_and_its_token_shown_once(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path))
    made = json.loads(called("gate", "add", "jiangbei-03", *store, "--json"))
    assert made["gate"] == "jiangbei-03"
    called("gate", "add", "jiangbei-03", *store, code=2)
    called("gate", "add", "two words", *store, code=2)
    renewed = json.loads(called("gate", "add", "jiangbei-03", "--renew", *store, "--json"))
    assert renewed["token"] != made["token"]
    called("gate", "add", "unknown", "--renew", *store, code=2)
    assert made["token"].encode() not in (tmp_path / FILE).read_bytes()


def test_lists_are_pushed_from_files(tmp_path: Path) -> None:
    file = tmp_path / "watch.csv"
    file.write_text("姓名\n", "utf-8")
    store = ("--store", str(tmp_path), "--json")
    pushed = json.loads(called("list", "push", "watch", str(file), *store))
    assert pushed["list"] == "watch"
    assert json.loads(called("list", "push", "watch", str(file), *store)) == pushed, "the same text"
    file.write_bytes(b"\xff\xfe")
    called("list", "push", "watch", str(file), *store, code=2)
    called("list", "push", "Watch", __file__, *store, code=2)


def test_the_command_ends_with_the_documented_codes(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[web]\nlisten = 3\n", "utf-8")
    called("migrate", "--config", str(bad), code=3)
    (tmp_path / "file").write_text("", "utf-8")
    called("migrate", "--store", str(tmp_path / "file" / "x"), code=5)
    assert (
        json.loads(called("migrate", "--store", str(tmp_path / "s"), "--json"))["version"]
        == migrations()[-1][0]
    )
    called("no-such-command", code=2)


def test_passwords_and_program_tokens_can_be_made_anew(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path))
    first = called("admin", "password", *store)
    assert first != called("admin", "password", *store)
    assert json.loads(called("admin", "token", "demo", *store, "--json"))["program"] == "demo"

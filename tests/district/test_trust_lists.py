"""Trust lists at the district: what may be pushed, which version it gets, how it travels, who refused it."""

import gzip
import json
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from district import lists
from district.cli import main
from district.errors import Refused
from district.store import Store
from edge.codes import TrustList
from edge.codes.trust_text import dump_list
from edge.domain.model import Carrier
from tests.codes.hc1_samples import hc1_trust
from tests.codes.samples import NOW_US
from tests.district.desk import Desk, FakeJournal, events_of

NAME = "trust-hc1"
CONTENT = dump_list(TrustList(Carrier.HC1, (hc1_trust(),), NOW_US))


NOW_S = NOW_US // 1_000_000
DAY_US = 86_400_000_000


def push(desk: Desk, content: str, now_us: int = NOW_US, **more: Any) -> int:
    with desk.store.write() as connection:
        return lists.push(connection, NAME, content, now_us, **more)


def changed(**fields: object) -> str:
    return json.dumps(json.loads(CONTENT) | fields)


def test_a_version_only_ever_rises(desk: Desk) -> None:
    assert push(desk, CONTENT) == NOW_S
    assert push(desk, CONTENT, NOW_US + DAY_US) == NOW_S  # the same text keeps its version
    assert push(desk, CONTENT, least=NOW_S + 40) == NOW_S + 40
    assert push(desk, changed(revoked=["uci:" + "0" * 32])) == NOW_S + 41
    assert push(desk, CONTENT, least=2) == NOW_S + 42
    assert push(desk, changed(revoked=["uci:" + "1" * 32]), NOW_US + DAY_US) == NOW_S + 86_400
    with pytest.raises(Refused, match="version"):
        push(desk, CONTENT, least=2**53)


def test_a_clock_that_was_ahead_and_is_set_back_does_not_stop_versions_from_rising(desk: Desk) -> None:
    ahead = push(desk, CONTENT, NOW_US + 5000 * DAY_US)
    assert push(desk, changed(revoked=["uci:" + "0" * 32]), NOW_US) == ahead + 1


def test_a_store_put_back_from_a_backup_goes_on_above_what_the_gates_hold(tmp_path: Path) -> None:
    def pushed(content: str, now_us: int) -> int:
        store = Store.open(tmp_path / "store")
        with closing(store), store.write() as connection:
            return lists.push(connection, NAME, content, now_us)

    pushed(CONTENT, NOW_US)
    shutil.copytree(tmp_path / "store", tmp_path / "backup")
    held = [pushed(changed(revoked=["uci:" + f"{n:032x}"]), NOW_US + n * DAY_US) for n in range(1, 5)]
    shutil.rmtree(tmp_path / "store")
    shutil.copytree(tmp_path / "backup", tmp_path / "store")
    assert pushed(changed(revoked=["uci:" + "f" * 32]), NOW_US + 5 * DAY_US) > max(held)


def test_a_list_of_the_future_is_refused_in_both_languages(desk: Desk) -> None:
    for as_of in ("2022-01-02T00:00:00Z", "2022-01-01T00:00:00-20:00", "2022-01-02"):
        assert push(desk, changed(as_of=as_of)) >= NOW_S
    for as_of in ("2022-01-02T00:00:01Z", "2999-01-01", "9999-12-31T23:59:59-23:00"):
        with pytest.raises(Refused, match=r"lies ahead of this machine's clock.*请检查时钟"):
            push(desk, changed(as_of=as_of))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "{}",
        changed(carrier="shc"),
        changed(as_of=None),
        changed(as_of="yesterday"),
        changed(as_of="1970-01-01T00:00:00Z"),
        changed(as_of="20220101T000000Z"),  # no gate reads that
        changed(as_of="2022-W01-1"),
        changed(keys={}),
        changed(keys=[]),
        changed(keys=[], replace="yes"),
    ],
)
def test_what_every_gate_would_refuse_is_not_stored(desk: Desk, content: str) -> None:
    with pytest.raises(Refused):
        push(desk, content)
    with desk.store.read() as connection:
        assert lists.versions(connection) == {}


def test_an_empty_list_is_stored_where_it_is_meant(desk: Desk) -> None:
    assert push(desk, changed(keys=[], replace=True)) == NOW_S


def test_a_large_list_travels_packed(desk: Desk) -> None:
    push(desk, CONTENT)
    headers = {"authorization": f"Bearer {desk.token}"}
    plain = desk.client.get(f"/ingest/lists/{NAME}", headers=headers)
    packed = desk.client.get(f"/ingest/lists/{NAME}", headers=headers | {"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert plain.json is not None
    assert plain.json["content"] == CONTENT


def test_a_gate_that_refuses_a_list_is_an_alarm_until_it_takes_one(desk: Desk) -> None:
    journal = FakeJournal()
    refused = {"name": NAME, "version": 3, "why": "trust-hc1: as_of"}
    journal.append("list.refused", refused)
    desk.post(events_of(journal))
    assert "list_refused" in desk.alarms()
    received = {"name": NAME, "version": 4, "kind": "trust", "as_of_us": 5, "count": 1, "withdrawn": 0}
    journal.append("list.received", received)
    desk.post(events_of(journal))
    with desk.store.read() as connection:
        row = connection.execute("SELECT subject, over_us FROM alarm WHERE code='list_refused'").fetchone()
    assert row[0] == NAME
    assert row[1] is not None


def command(folder: Path, *words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words), "--store", str(folder)])


def test_the_command_pushes_replaces_and_goes_on_after_a_lost_store(tmp_path: Path) -> None:
    file = tmp_path / "hc1.json"
    file.write_text(CONTENT, "utf-8")
    store = tmp_path / "store"
    before_s = int(time.time())

    def version(*options: object) -> int:
        result = command(store, "list", "push", NAME, file, *options, "--json")
        return int(json.loads(result.stdout)["version"])

    first = version()
    assert before_s <= first <= time.time()
    assert version() == first
    assert version("--version", first + 9) == first + 9
    assert version("--replace") == first + 10
    assert command(store, "list", "push", NAME, file, "--version", 2**53).exit_code == 2
    file.write_text("{", "utf-8")
    for options in ([], ["--replace"]):
        result = command(store, "list", "push", NAME, file, *options)
        assert (result.exit_code, "not JSON" in result.stderr) == (2, True)
    file.write_text("names", "utf-8")
    assert command(store, "list", "push", "watch", file, "--replace").exit_code == 2
    assert command(store, "list", "push", "watch", file).exit_code == 0

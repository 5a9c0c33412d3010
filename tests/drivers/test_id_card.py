"""ID-card readers: frames, the text in them, the photograph that is kept nowhere. All cards invented."""

import contextlib
import gc
import json
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.scanner import id_card
from drivers.scanner._id_frames import (
    FIND,
    READ,
    SELECT,
    CardTextError,
    OtherLayout,
    Replies,
    Reply,
    parse,
    request,
)
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Scan
from tests.drivers.lines import reading_thread
from tests.drivers.scanner_modules import IdReader, Scripted, card_data, card_text, id_number, id_reply
from tests.waiting import until

pytestmark = pytest.mark.system
relaxed = settings(deadline=None)

DONE = b"\0\0\x90"
PHOTOGRAPH = IdReader.PHOTOGRAPH
CARD = id_reply(DONE, card_data(card_text(), PHOTOGRAPH))


def _cut(stream: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, *(cut for cut in cuts if cut < len(stream))})
    for begin, end in zip(places, [*places[1:], len(stream)], strict=True):
        yield stream[begin:end]


def _decoded(stream: bytes, cuts: list[int] | None = None) -> list[Reply]:
    replies = Replies()
    return [reply for chunk in _cut(stream, cuts or []) for reply in replies.feed(chunk)]


@pytest.mark.parametrize(
    ("command", "frame"),
    [
        (FIND, "AA AA AA 96 69 00 03 20 01 22"),
        (SELECT, "AA AA AA 96 69 00 03 20 02 21"),
        (READ, "AA AA AA 96 69 00 03 30 01 32"),
    ],
)
def test_requests_are_the_published_ones(command: bytes, frame: str) -> None:
    assert request(command) == bytes.fromhex(frame)


def test_a_card_reply_has_the_known_length_and_gives_its_text() -> None:
    assert CARD[5:7] == bytes.fromhex("05 08")
    assert _decoded(CARD) == [Reply(DONE, card_text())]
    with_fingers = id_reply(DONE, card_data(card_text(), PHOTOGRAPH, bytes(1024)))
    assert with_fingers[5:7] == bytes.fromhex("09 0A")
    assert _decoded(with_fingers) == [Reply(DONE, card_text())]


@relaxed
@given(
    st.lists(st.sampled_from([CARD, id_reply(b"\0\0\x80"), id_reply(b"\0\0\x9f", bytes(4))]), max_size=4),
    st.lists(st.integers(0, 6000), max_size=8),
    st.lists(st.binary(max_size=20), min_size=5, max_size=5),
)
def test_frames_come_out_whatever_the_cuts_and_the_noise_between(
    frames: list[bytes], cuts: list[int], noise: list[bytes]
) -> None:
    # Noise with a whole head in it begins a frame that swallows what follows: the time-out's business.
    assume(all(b"\xaa\xaa" not in each for each in noise))
    stream = b"".join(dirt + frame for dirt, frame in zip(noise, frames, strict=False))
    assert _decoded(stream, cuts) == [reply for frame in frames for reply in _decoded(frame)]


@relaxed
@given(st.integers(7, len(CARD) - 1), st.integers(1, 255))
def test_one_wrong_byte_anywhere_gives_no_text(place: int, change: int) -> None:
    spoilt = CARD[:place] + bytes([CARD[place] ^ change]) + CARD[place + 1 :]
    assert all(not reply.text for reply in _decoded(spoilt + bytes(5000)))


@relaxed
@given(st.binary(max_size=400))
def test_no_bytes_whatever_make_it_raise_or_hoard(data: bytes) -> None:
    replies = Replies()
    for prefix in (b"", request(FIND)[:5], CARD[:9]):
        replies.feed(prefix + data)
        assert len(replies._kept) <= 2 + 3 + 6 + 256
    replies.reset()
    assert replies.feed(CARD) == [Reply(DONE, card_text())]


def test_the_photograph_is_kept_nowhere() -> None:
    replies = Replies()
    half = len(CARD) - len(PHOTOGRAPH) // 2
    replies.feed(CARD[:half])
    assert b"FACE" not in bytes(replies._kept)
    (reply,) = replies.feed(CARD[half:])
    assert b"FACE" not in reply.text
    assert len(replies._kept) == 0
    gc.collect()
    frames = (
        value for owner in (replies, reply) for value in gc.get_referents(owner) if type(value) is bytearray
    )
    assert all(b"FACE" not in bytes(value) for value in frames)


def test_a_card_is_read_field_by_field() -> None:
    number = id_number("50010119920229123")
    assert parse(card_text("欧阳测试", number, sex="1")) == {
        "name": "欧阳测试",
        "sex": "male",
        "birth_date": "1992-02-29",
        "address": "某市某区某路 1 号",
        "id_number": number,
    }


def test_a_name_with_a_rare_character_of_the_private_area_is_a_name() -> None:
    assert parse(card_text("王\ue863"))["name"] == "王\ue863"


@pytest.mark.parametrize("layout", ["I", "J"])
def test_another_layout_is_recognised_and_not_read(layout: str) -> None:
    with pytest.raises(OtherLayout) as error:
        parse(card_text(layout=layout))
    assert error.value.layout == layout


@pytest.mark.parametrize(
    "text",
    [
        *(b"", bytes(256), card_text()[:255], card_text(name="")),
        *(card_text(born="19900229"), card_text(born="1990O101"), card_text(name="甲\x07")),
        *(card_text(number="110101199202290010"), card_text(number="1101011992022900")),
        b"\x00\xd8" + card_text()[2:],
    ],
)
def test_a_text_that_contradicts_itself_is_no_card(text: bytes) -> None:
    with pytest.raises(CardTextError) as error:
        parse(text)
    assert "11010119" not in str(error.value)


@relaxed
@given(st.binary(min_size=256, max_size=256))
def test_any_text_is_judged_without_another_error(text: bytes) -> None:
    with contextlib.suppress(CardTextError):
        assert set(parse(text)) == {"name", "sex", "birth_date", "address", "id_number"}


# --- the reader ------------------------------------------------------------------------------------


@pytest.fixture
def reader() -> Iterator[tuple[IdReader, Scripted]]:
    script = IdReader()
    with Scripted(script.answer) as device:
        yield script, device


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_card, "AWAY_S", 0.1)
    monkeypatch.setattr(id_card, "_POLL_S", 0.01)
    # On a busy machine an answer that came late would be taken for the next one: what is answered has time.
    monkeypatch.setattr(id_card, "REPLY_S", {FIND: 2.0, SELECT: 2.0, READ: 0.6})


def _connect(device: Scripted, **options: object) -> id_card.IdCardReader:
    port = registry.load("scanner", {"driver": "id_card", "port": device.port, **options}).connect()
    assert isinstance(port, id_card.IdCardReader)
    return port


def test_a_card_is_one_scan_until_it_was_taken_away(
    reader: tuple[IdReader, Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(id_card, "AWAY_S", 0.1)
    monkeypatch.setattr(id_card, "_POLL_S", 0.01)
    script, device = reader
    port = _connect(device)
    try:
        assert port.read() == []
        script.card = card_text()
        (scan,) = until(port.read, what="the card")
        assert port.started
        assert scan.symbology == "IDCard"
        number = id_number("11010119920229001")
        assert scan.payload.decode() == f'{{"id_number":"{number}","name":"测试者甲"}}'
        asked = len(script.requests)
        until(lambda: port.read() or len(script.requests) > asked + 20, what="further looks")
        assert script.requests[asked:].count(request(READ)) == 0
        script.card = None
        until(lambda: port.read() or port._seen is None, what="its removal")
        script.card = card_text("另一人")
        assert json.loads(until(port.read, what="the next card")[0].payload)["name"] == "另一人"
    finally:
        port.close()


def test_only_the_fields_asked_for_leave_the_driver(reader: tuple[IdReader, Scripted]) -> None:
    script, device = reader
    script.card = card_text()
    port = _connect(device, fields=["birth_date", "sex", "address"])
    try:
        (scan,) = until(port.read, what="the card")
        assert json.loads(scan.payload) == {
            "address": "某市某区某路 1 号",
            "birth_date": "1992-02-29",
            "sex": "female",
        }
    finally:
        port.close()


def test_a_foreigners_card_gives_a_scan_that_says_it_was_not_read(
    reader: tuple[IdReader, Scripted], caplog: pytest.LogCaptureFixture
) -> None:
    script, device = reader
    script.card = card_text("SOMEBODY, SOME", layout="I")
    port = _connect(device)
    try:
        assert until(port.read, what="the card") == [
            Scan(b'{"layout":"I","unread":true}', symbology="IDCard", decoder="id_card")
        ]
    finally:
        port.close()
    assert "SOMEBODY" not in caplog.text


def test_a_wrong_checksum_is_read_again_and_not_complained_of(
    reader: tuple[IdReader, Scripted], hurried: None
) -> None:
    script, device = reader
    script.card, script.spoil = card_text(), 2
    port = _connect(device)
    try:
        (scan,) = until(port.read, what="the card")
        assert b"id_number" in scan.payload
        assert port.decoder.bad_frames == 2
        script.card = None
        until(lambda: port.read() == [] and port._seen is None, what="its removal, in silence")
    finally:
        port.close()


UNREAD = [Scan(b'{"unread":true}', symbology="IDCard", decoder="id_card")]


def _spoil(script: IdReader, what: str) -> None:
    script.card = card_text(number="1") if what == "text" else card_text()
    script.spoil = 99 if what == "checksum" else 0
    script.refuse = {SELECT} if what == "select" else {READ} if what == "read" else set()
    script.deaf = {READ} if what == "hangs" else set()


@pytest.mark.parametrize("what", ["checksum", "text", "select", "read", "hangs"])
def test_a_card_that_stays_unreadable_is_said_once_and_the_reader_goes_on(
    reader: tuple[IdReader, Scripted], what: str, hurried: None
) -> None:
    script, device = reader
    _spoil(script, what)
    port = _connect(device)
    try:
        assert until(port.read, what="the word about it") == UNREAD
        asked = len(script.requests)
        until(lambda: port.read() or len(script.requests) > asked + 10, what="further looks")
        assert set(script.requests[asked:]) == {request(FIND)}, "it is not tried again where it lies"
        script.card = None
        until(lambda: port.read() or port._seen is None, what="its removal")
        _spoil(script, "nothing")
        assert b"id_number" in until(port.read, what="the next card")[0].payload
    finally:
        port.close()


def test_a_card_taken_away_before_it_was_read_is_said(
    reader: tuple[IdReader, Scripted], hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(id_card, "TRIES", 99)
    script, device = reader
    _spoil(script, "select")
    port = _connect(device)
    try:
        until(lambda: port.read() or port._tries, what="a try")
        script.card = None
        assert until(port.read, what="the word about it") == UNREAD
        assert port.read() == []
    finally:
        port.close()


def test_a_reader_whose_answers_cannot_be_read_is_garbled_and_names_the_speed() -> None:
    with Scripted(lambda waiting: (len(waiting), b"\xf8\x00" * 8 if waiting else b"")) as device:
        port = _connect(device)
        try:
            with pytest.raises(DeviceUnavailable) as error:
                until(lambda: port.read() and False, what="the end of patience")
            assert error.value.code == "garbled"
            assert "115200 baud" in str(error.value)
            assert not port.started
        finally:
            port.close()


def test_a_reader_that_does_not_answer_is_silent(reader: tuple[IdReader, Scripted]) -> None:
    script, device = reader
    script.mute = True
    port = _connect(device)
    try:
        with pytest.raises(DeviceUnavailable) as error:
            until(lambda: port.read() and False, what="the silence")
        assert error.value.code == "silent"
        assert not port.started, "an open line alone is no reader"
    finally:
        port.close()
    assert id_card.TRIES * id_card.REPLY_S[FIND] < 3.0


def test_a_reader_that_is_pulled_out_is_lost(reader: tuple[IdReader, Scripted]) -> None:
    _, device = reader
    port = _connect(device)
    try:
        assert port.read() == []
        device.unplug()
        with pytest.raises(DeviceUnavailable) as error:
            until(lambda: port.read() and False, what="the loss")
        assert error.value.code == "lost"
    finally:
        port.close()


def test_closing_unblocks_a_reader_within_a_second(reader: tuple[IdReader, Scripted]) -> None:
    _, device = reader
    port = _connect(device)
    with reading_thread(port) as ended:
        port.close()
        until(lambda: ended, timeout_s=1.0, what="the reader to end")
    assert isinstance(ended[0], DeviceUnavailable)


def test_only_the_three_published_requests_are_ever_sent(reader: tuple[IdReader, Scripted]) -> None:
    script, device = reader
    script.card = card_text()
    port = _connect(device)
    try:
        until(port.read, what="the card")
        assert set(script.requests) <= {request(command) for command in (FIND, SELECT, READ)}
    finally:
        port.close()


@pytest.mark.parametrize("fields", [[], ["photo"], "name"])
def test_only_known_fields_may_be_asked_for(fields: object) -> None:
    with pytest.raises(ConfigError, match="fields"):
        registry.load("scanner", {"driver": "id_card", "port": "x", "fields": fields})

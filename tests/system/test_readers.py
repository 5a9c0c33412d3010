"""A scanner that types and a reader of identity cards at a real gate: cables, halves, cards unread."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.scanner._id_frames import FIND, READ, request
from drivers.scanner._keys import DOWN, EV_KEY, KEY_ENTER, UP, Key, typed
from tests.drivers.scanner_modules import IdReader, Scripted, card_text, id_number
from tests.system.faults import QUICK, Office
from tests.system.processes import Gate
from tests.system.stage import Stage
from tests.system.typed_gate import Keyboard
from tests.waiting import until

pytestmark = pytest.mark.system

SOON_S = 20.0
ENTER = [Key(EV_KEY, KEY_ENTER, DOWN), Key(EV_KEY, KEY_ENTER, UP)]


def problems(gate: Gate) -> set[str]:
    return {code for code in gate.problems() if code.startswith("device_")}


class TypedGate(Gate):
    """A gate whose keyboards are sockets."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.system.typed_gate", "run", "--config", str(self.config)]


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[Keyboard]:
    keyboard = Keyboard(tmp_path / "scanner-event-kbd")
    keyboard.plug()
    yield keyboard
    keyboard.unplug()


def test_a_scanner_that_types_is_read_lost_in_the_middle_of_a_code_and_read_again(
    tmp_path: Path, stage: Stage, office: Office, keyboard: Keyboard
) -> None:
    hid = '[lane.scanner]\ndriver = "hid"\nport = "{folder}/scanner-event-kbd"\n'
    gate = TypedGate(tmp_path, extra=QUICK, scanner=hid)
    office.trusted_by(gate.store)
    gate.start()
    try:
        until(lambda: not problems(gate), SOON_S, "every device up")
        code = office.issue("赵一").decode("ascii")
        keyboard.type(typed(code[: len(code) // 2]))
        keyboard.unplug()
        until(lambda: problems(gate) & {"device_lost", "device_absent"}, SOON_S, "the loss said")
        keyboard.plug()
        until(lambda: not problems(gate), SOON_S, "the scanner back")
        assert gate.lane()["passage"] is None, "half a code is no code"
        keyboard.type([*typed(code), *ENTER])
        until(lambda: gate.lane()["person"].get("name") == "赵一", SOON_S, "the code read")
        stage.stand(36.6)
        until(lambda: gate.lane()["temperature"]["verdict"] == "normal", SOON_S, "measuring beside it")
        stage.stand(None)
        assert gate.stop() == 0
        lost = [row.body for row in gate.rows("device.lost")]
        assert [(body["device"], body["driver"], body["code"]) for body in lost] == [
            ("scanner", "hid", "lost")
        ]
        assert len(gate.rows("device.back")) == 1
        assert code not in gate.text()
    finally:
        gate.end()


class CardReader:
    """A reader of identity cards behind a stable link."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.script = IdReader()
        self._device: Scripted | None = None

    def plug(self) -> None:
        self._device = Scripted(self.script.answer)
        self.link.symlink_to(self._device.port)

    def unplug(self) -> None:
        if self._device is not None:
            self.link.unlink()
            self._device.unplug()
            self._device = None

    def lay(self, card: bytes, *, spoil: int = 0) -> None:
        """Lay a card down once the gate has seen the one before taken away, and let it be read."""
        self.script.card = None
        asked = len(self.script.requests)
        until(lambda: len(self.script.requests) >= asked + 6, SOON_S, "looks at an empty reader")
        self.script.card, self.script.spoil = card, spoil
        begun = len(self.script.requests)
        until(lambda: request(READ) in self.script.requests[begun:], SOON_S, "the card being read")
        begun = len(self.script.requests)
        until(lambda: self.script.requests[begun:].count(request(FIND)) > 1, SOON_S, "looks after it")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[CardReader]:
    reader = CardReader(tmp_path / "scanner-in")
    reader.plug()
    yield reader
    reader.unplug()


@pytest.fixture
def carded(tmp_path: Path, reader: CardReader) -> Iterator[Gate]:
    """A gate with a reader of identity cards and no thermometer."""
    card = '[lane.scanner]\ndriver = "id_card"\nport = "{folder}/scanner-in"\n'
    gate = Gate(tmp_path, extra=QUICK, thermometer='[lane.thermometer]\ndriver = "none"\n', scanner=card)
    gate.start()
    until(lambda: not problems(gate), SOON_S, "every device up")
    yield gate
    gate.end()


def test_a_card_answers_at_the_gate_and_leaves_no_trace_in_the_open(carded: Gate, reader: CardReader) -> None:
    number = id_number("50010119930811002")
    reader.lay(card_text("欧阳测试", number))
    until(lambda: carded.lane()["person"].get("name") == "欧阳测试", SOON_S, "the name")
    asked = {question["id"] for question in carded.lane()["ask"]}
    answered = carded.lane()["pieces"]
    assert not asked & {"name", "id_number"}
    reader.unplug()
    until(lambda: problems(carded) & {"device_lost", "device_absent"}, SOON_S, "the loss said")
    reader.plug()
    until(lambda: not problems(carded), SOON_S, "the reader back")
    reader.lay(card_text("欧阳测试", number))
    assert carded.lane()["pieces"] == answered, "the same card answers once"
    assert carded.stop() == 0
    for file in (carded.log, *carded.store.rglob("*")):
        if file.is_file():
            kept = file.read_bytes()
            for secret in ("欧阳测试".encode(), number.encode(), b"FACE", "欧阳测试".encode("utf-16-le")):
                assert secret not in kept, file.name


def test_a_card_that_cannot_be_read_is_said_to_the_attendant_and_is_no_fault_of_the_reader(
    carded: Gate, reader: CardReader
) -> None:
    reader.lay(card_text(), spoil=99)
    until(lambda: carded.lane()["notices"] == ["card_unread"], SOON_S, "the word about the card")
    reader.lay(card_text("SOMEBODY", layout="I"))
    until(lambda: carded.lane()["notices"] == ["card_layout"], SOON_S, "the word about its kind")
    assert carded.lane()["passage"] is None
    reader.lay(card_text("测试者乙"))
    until(lambda: carded.lane()["person"].get("name") == "测试者乙", SOON_S, "the next card")
    assert carded.lane()["notices"] == []
    assert not problems(carded)
    assert carded.stop() == 0
    assert carded.rows("device.lost") == []

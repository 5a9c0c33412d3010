"""Ten people, two thermometers: the walk that `gatepost calibrate` takes somebody through.

Watches the lane's snapshot for measurements of one thermometer, ends each of these passages so that the
figures of the gate stay what they are, and asks for the clinical thermometer's value. Must not open a
device and writes no calibration: that comes last, and only when somebody said yes.
"""

import re
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from edge.cli.gate_client import Away, GateClient, Refused
from edge.config import Text
from edge.domain.calibration import OFFSET_MDEGC, PAIRS, REFERENCE_MDEGC, Pair, distances, offset_of
from edge.domain.errors import FormError
from edge.domain.given import contact_mdegc
from edge.web.troubles import ERRORS

LOOK_EVERY_S = 0.3
PATIENCE_S = 60.0
HINT_S = 20.0
REASON = "calibration"
Json = Mapping[str, Any]


class Stopped(Exception):
    """The walk cannot go on, or somebody ended it; nothing was written."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


@dataclass(slots=True)
class Walk:
    """One walk along one lane's thermometer. `say` shows a sentence, `ask` returns what was typed."""

    gate: GateClient
    lane: str
    device: str
    say: Callable[[Text], None]
    ask: Callable[[Text], str]
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _known: set[tuple[int, int]] = field(default_factory=set)
    _said: str = ""

    def pairs(self) -> list[Pair]:
        """Return the pairs somebody confirmed. Raises Stopped, Away, Refused."""
        self._wait_until_free()
        pairs: list[Pair] = []
        while True:
            while len(pairs) < PAIRS:
                pair = self._pair(len(pairs) + 1)
                pairs += [] if pair is None else [pair]
            dropped = self._judged(pairs)
            if not dropped:
                return pairs
            pairs = [pair for number, pair in enumerate(pairs, 1) if number not in dropped]

    def _pair(self, number: int) -> Pair | None:
        """Return one pair, or None where it has to be taken again."""
        self._forget()
        self.say(
            Text(
                f"Pair {number} of {PAIRS}: one healthy person steps up and looks at the sensor.",
                f"第 {number} 对，共 {PAIRS} 对：请一位健康的人站好，正对测温仪。",
            )
        )
        found = self._measurement()
        surface = int(found["surface_mdegc"])
        self.say(
            Text(
                f"The gate's thermometer: {surface / 1000:.2f} °C on the skin. Measure the same person now "
                "with the clinical thermometer.",
                f"本门测温仪：体表 {surface / 1000:.2f} °C。请马上用医用体温计测同一个人。",
            )
        )
        while True:
            typed = _plain(
                self.ask(
                    Text("Clinical thermometer, °C (r: again, q: stop)", "体温计读数 °C（r 重测，q 停止）")
                )
            )
            if typed in ("r", "d"):
                return None
            _stop_at(typed)
            try:
                reference = contact_mdegc(typed)
            except FormError:
                self.say(Text("Type it in degrees, such as 36.6.", "请按度数输入，例如 36.6。"))
                continue
            low, high = REFERENCE_MDEGC
            if not low <= reference <= high:
                self.say(_words("reference_implausible"))
                continue
            low, high = OFFSET_MDEGC
            if not low <= reference - surface <= high:
                self.say(_words("offset_implausible"))
                return None
            return Pair(surface, reference)

    def _judged(self, pairs: Sequence[Pair]) -> set[int]:
        """Show all pairs; return the numbers of those to measure again, none when all is to be kept."""
        self.say(table(pairs))
        try:
            offset, spread = offset_of(pairs)
        except FormError as error:
            sound = False
            self.say(_words(error.code))
        else:
            sound = True
            self.say(
                Text(
                    f"The thermometer will add {offset / 1000:+.2f} °C; spread {spread / 1000:.2f} °C.",
                    f"测温仪将加上 {offset / 1000:+.2f} °C；离散程度 {spread / 1000:.2f} °C。",
                )
            )
        yes = Text("y: write it down; ", "y 写入；") if sound else Text("", "")
        choices = Text("numbers: measure these again; q: stop", "输入序号：重测这些；q 停止")
        while True:
            typed = _plain(self.ask(yes + choices))
            if sound and typed in ("y", "yes"):
                return set()
            _stop_at(typed)
            numbers = {int(word) for word in re.findall(r"[0-9]{1,3}", typed)}
            if numbers and numbers <= set(range(1, len(pairs) + 1)):
                return numbers

    def _measurement(self) -> Json:
        """Return the next good measurement of the thermometer; its passage is ended."""
        hint_at = self.clock() + HINT_S
        while True:
            self.pause(LOOK_EVERY_S)
            view = self._view()
            self._tell_device(view)
            if self.clock() > hint_at:
                self._once(
                    "nobody",
                    "Nobody was measured yet: step away for a moment, then stand before the sensor.",
                    "还没有测到人：请先离开一下，再站到测温仪前。",
                )
            passage, found = self._newest(view)
            if found is None:
                continue
            self._known.add((passage, int(found["at_us"])))
            if _has_others(view):
                self._once(
                    "others",
                    "Somebody with a code or an answer is passing and is left alone: finish that passage on "
                    "the page, and keep visitors from this lane until all pairs are taken.",
                    "有人正在通行，不计入校准：请先在页面上办完，校准期间请勿让访客走这条通道。",
                )
                continue
            if view["passage"] is not None:
                self._end(passage)
            if self._is_good(found):
                return found

    def _newest(self, view: Json) -> tuple[int, Json | None]:
        shown = view["passage"] if view["passage"] is not None else (view["last"] or {}).get("passage")
        for found in reversed(view["measured"]):
            mine = found["device"] == self.device and found["method"] == "infrared"
            if mine and shown is not None and (shown, int(found["at_us"])) not in self._known:
                return int(shown), found
        return 0, None

    def _is_good(self, found: Json) -> bool:
        if found["conversion"] == "none:array":
            raise Stopped(
                Text(
                    f"{self.device} is an array: it finds faces and is not calibrated.",
                    f"{self.device} 是热像阵列，只用于找人，不做校准。",
                )
            )
        if found["conversion"] == "none:ambient":
            self._once(
                "ambient",
                "It is too hot or too cold here for this thermometer. Go on when it is not.",
                "环境过热或过冷，超出测温仪可信范围，请待温度合适再继续。",
            )
            return False
        if found["surface_mdegc"] is None:
            raise Stopped(
                Text(
                    f"{self.device} gives body values only: set its surface (object) mode first.",
                    f"{self.device} 只给出体温值：请先把模块设为表面（物温）模式。",
                )
            )
        if found["quality"] != "ok":
            self._once(
                f"quality {found['at_us']}",
                "Not held still. Step away for a moment, then step up again.",
                "读数不稳。请先离开一下，再重新站好。",
            )
            return False
        return True

    def _forget(self) -> None:
        """Pass over whatever was measured while nobody was asked for: whoever stepped up meanwhile, or
        stepped up twice, is not the person of the next pair."""
        view = self._view()
        self._tell_device(view)
        passage, found = self._newest(view)
        if found is not None and view["passage"] is not None and not _has_others(view):
            self._end(passage)
        while found is not None:
            self._known.add((passage, int(found["at_us"])))
            passage, found = self._newest(view)

    def _end(self, passage: int) -> None:
        body = {"passage": passage, "command_id": uuid4().hex, "outcome": "abandoned", "reason": REASON}
        try:
            self._patiently(lambda: self.gate.post(f"/api/v1/lanes/{self.lane}/decision", body))
        except Refused as error:
            if error.code != "passage_not_open":  # the rules were faster: it has ended by itself
                raise

    def _wait_until_free(self) -> None:
        while (view := self._view())["passage"] is not None:
            self._once(
                "busy",
                "Somebody is in the lane: finish that passage first.",
                "通道内有人，请先办完这次通行。",
            )
            self.pause(LOOK_EVERY_S)
        last = (view["last"] or {}).get("passage")
        self._known |= {(last, int(found["at_us"])) for found in view["measured"] if last is not None}

    def _view(self) -> Json:
        return self._patiently(lambda: self.gate.get(f"/api/v1/lanes/{self.lane}"))

    def _patiently(self, ask: Callable[[], Json]) -> Json:
        """Ask, for a minute where need be: a gate that is away or busy may be starting again, and the
        pairs taken so far are somebody's time."""
        deadline = self.clock() + PATIENCE_S
        while True:
            try:
                return ask()
            except (Away, Refused) as error:
                if self.clock() > deadline or (isinstance(error, Refused) and error.status != 503):
                    raise
                self._once("away", "The gate does not answer; waiting.", "门岗程序没有应答，正在等待。")
                self.pause(1.0)

    def _tell_device(self, view: Json) -> None:
        if any(one["name"] == self.device and one["state"] == "down" for one in view["devices"]):
            en, zh = "does not work; see the page Devices.", "不工作，请看“设备”页面。"
            self._once("down", f"{self.device} {en}", f"{self.device} {zh}")

    def _once(self, what: str, en: str, zh: str) -> None:
        """Say it, unless it was the last thing said like this."""
        if self._said != what:
            self._said = what
            self.say(Text(en, zh))


def _has_others(view: Json) -> bool:
    """Say whether the passage holds more than what instruments measured: a code, an answer."""
    return bool(view["pieces"] > sum(one["method"] == "infrared" for one in view["measured"]))


def table(pairs: Sequence[Pair]) -> Text:
    """Return every pair with its difference and its distance from the middle one."""
    _, each = distances(pairs)
    lines = [
        f"{number:>3}  {pair.surface_mdegc / 1000:7.2f}  {pair.reference_mdegc / 1000:7.2f}  "
        f"{(pair.reference_mdegc - pair.surface_mdegc) / 1000:+7.2f}  {distance / 1000:6.2f}"
        for number, (pair, distance) in enumerate(zip(pairs, each, strict=True), 1)
    ]
    head = "  #     skin  clinical  differ  apart     (体表  体温计  相差  离中值)"
    text = "\n".join([head, *lines])
    return Text(text, text)


def _plain(typed: str) -> str:
    """Return what was typed without the unit, in narrow letters and digits."""
    return unicodedata.normalize("NFKC", typed).lower().rstrip("\N{DEGREE SIGN}c ").strip()


def _stop_at(typed: str) -> None:
    if typed in ("q", "quit"):
        raise Stopped(Text("Stopped; nothing was written.", "已停止，没有写入。"))


def _words(code: str) -> Text:
    word = ERRORS[code]
    return Text(word.en, word.zh)

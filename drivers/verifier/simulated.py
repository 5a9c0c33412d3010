"""A platform in software, for demonstrations and tests: asked by real HTTP on this machine.

With `url` it asks a simulated platform that runs elsewhere on this machine (the demo's, a test's); without,
it starts one of its own that knows the made-up people in the file `people` and is in the mood `mood`: prompt,
slow (answers after `delay_s`), wrong, down, lying, half.
Source: the protocol is ours alone, `drivers/verifier/_platform.py`.
Limits: knows nobody real; the page carries a banner while it is configured. Without `url` every worker has a
platform of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from drivers.options import option
from drivers.verifier._address import address, path_of
from drivers.verifier._line import HttpVerifier, Line, Question, text_of
from drivers.verifier._platform import SLOW_S, SimulatedPlatform, digest
from drivers.verifier._reading import Meaning, Said, composed, garbled, meant, personal, stamped, whole
from edge.domain.errors import DeviceUnavailable
from edge.domain.facts import Colour, Fact, Result, TestKind
from edge.domain.ports import Inquiry, PlatformAnswer, PlatformState

SIMULATED = True
COLOURS: Mapping[str, Meaning] = MappingProxyType(
    {
        "green": Colour.GREEN,
        "yellow": Colour.YELLOW,
        "orange": Colour.ORANGE,
        "red": Colour.RED,
        "grey": Colour.GREY,
    }
)
STATES: Mapping[str, Meaning] = MappingProxyType(
    {
        "found": PlatformState.FOUND,
        "expired": PlatformState.EXPIRED,
        "not_found": PlatformState.NOT_FOUND,
        "failed": PlatformState.FAILED,
    }
)
_RESULTS = {str(result) for result in Result}
_PERSONAL = {"name": "name", "id_number": "id_number", "phone": "phone"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Where the simulated platform is, or what one of our own is like."""

    url: str = option("", "address of a simulated platform on this machine; empty: one of its own")
    people: str = option("", "JSON file: code text -> what the platform knows of it; empty: nobody")
    mood: Literal["prompt", "slow", "wrong", "down", "lying", "half"] = option("prompt", "what it is like")
    id_numbers: bool = option(False, "ask by ID number as well, where somebody has no code")
    delay_s: float = option(SLOW_S, "seconds it takes when it is slow", least=0, most=60)

    def __post_init__(self) -> None:
        if self.url and address(self.url).host != "127.0.0.1":
            raise ValueError(
                "url: a simulated platform is on this machine, http://127.0.0.1:... / "
                "模拟平台在本机上，请写 http://127.0.0.1:…"
            )


def question(options: Options, inquiry: Inquiry, url: str = "") -> Question:
    """Return the request."""
    asked = "code" if inquiry.id_number is None else "id_number"
    body = json.dumps({asked: _asked(inquiry)}).encode()
    return Question("POST", path_of(url or options.url), body, {"content-type": "application/json"})


def reduced(inquiry: Inquiry, document: Any) -> PlatformAnswer:
    """Return what the answer amounts to. Raises DeviceUnavailable (`garbled`) for one to another question."""
    answer = whole(document)
    if answer.get("code") != digest(_asked(inquiry)):
        raise garbled("it belongs to another question")
    state = meant(STATES, answer.get("state"))
    issued_us, odd_issue = stamped(answer.get("issued"))
    until_us, odd_end = stamped(answer.get("until"))
    found = state is PlatformState.FOUND
    said = Said(
        health=_colour(answer, "health") if found else state,
        itinerary=_colour(answer, "itinerary") if found else state,
        facts={**_test(answer), **personal(answer, {Fact.PLACE: "place"})},
        personal=personal(answer, _PERSONAL),
        issued_us=issued_us,
        until_us=until_us,
        odd=odd_issue or odd_end,
    )
    return composed(inquiry.kind, said)


def connect(options: Options) -> "Simulated":
    """Return the port, and start a platform where none is named. Raises DeviceUnavailable."""
    return Simulated(options)


class Simulated(HttpVerifier):
    """The port, with the platform behind it where it is our own."""

    def __init__(self, options: Options) -> None:
        self._own = None if options.url else _started(options)
        url = self._own.url if self._own is not None else options.url
        super().__init__(Line(url), lambda inquiry: question(options, inquiry, url), reduced)

    def close(self) -> None:
        """Break the line off, and end the platform where it is our own. Idempotent."""
        super().close()
        if self._own is not None:
            self._own.close()


def _asked(inquiry: Inquiry) -> str:
    return text_of(inquiry.payload) if inquiry.id_number is None else inquiry.id_number


def _started(options: Options) -> SimulatedPlatform:
    people: dict[str, dict[str, Any]] = {}
    if options.people:
        try:
            people = json.loads(Path(options.people).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DeviceUnavailable(f"people {options.people}: {type(error).__name__}", "absent") from error
    platform = SimulatedPlatform(people, mood=options.mood)
    platform.delay_s = options.delay_s
    return platform


def _colour(answer: Mapping[str, Any], name: str) -> Meaning | None:
    return meant(COLOURS, answer[name]) if name in answer else None


def _test(answer: Mapping[str, Any]) -> dict[str, str]:
    result, taken = answer.get("test"), answer.get("test_taken")
    if not isinstance(result, str) or result not in _RESULTS or not isinstance(taken, str):
        return {}
    facts = {Fact.TEST_RESULT: result, Fact.TEST_KIND: str(TestKind.NAAT), Fact.TEST_TAKEN: taken}
    return {str(fact): text for fact, text in facts.items()}

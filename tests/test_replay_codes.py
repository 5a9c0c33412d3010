"""Passages decided by health codes, decided again from the journal alone, also under rules long replaced."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge import acceptance, procedures
from edge.bell import Bell
from edge.codes import times
from edge.codes.eu_rules import applied
from edge.codes.hc1 import hcert
from edge.codes.outcome import proven
from edge.codes.reasons import CodeReason
from edge.domain.events import Decide, Give
from edge.domain.lane_state import LaneSpec, LaneState
from edge.domain.model import Carrier, Code, CodeVerdict, Outcome
from edge.domain.ports import PlatformAnswer, PlatformState
from edge.domain.procedure import Procedure
from edge.domain.statements import EDITION
from edge.journal import State
from edge.keeper import publish
from edge.platforms.answers import Route, answered, unanswered
from edge.replay import Replay, Replayed
from edge.station import Station, Surroundings
from tests.codes.hc1_samples import RECOVERY, TEST, VACCINATION, Content, content, hc1_code, hc1_store, token
from tests.codes.test_eu_rules import HERE, rule, rules
from tests.domain.people import POLICY
from tests.station.rig import Rig
from tests.station.test_station import submit

TITLE = '{ zh_Hans = "扫码", en = "Code" }'
TEXT = f"""
title = {TITLE}
[[step]]
id = "code"
kind = "code"
title = {TITLE}
carriers = ["gatepost_pass", "hc1", "china_health", "china_itinerary"]
[step.ladder]
phone = ["unanswered"]
[[step.instead]]
id = "phone_shows"
rung = "phone"
title = {TITLE}
choices = [{{ value = "green", title = {TITLE} }}]
[[step.instead]]
id = "id_number"
kind = "id_number"
rung = "document"
personal = true
title = {TITLE}
[[reason]]
value = "known"
title = {TITLE}
"""
_MORE = "".join(
    f'[[step.instead]]\nid = "{name}"\nkind = "text"\npersonal = true\nrung = "document"\ntitle = {TITLE}\n'
    for name in ("name", "phone", "room", "whom", "why")
)
LADDER = '[step.ladder]\nphone = ["unanswered"]\n'
# As a site had it before: no ladder, so that a phone stands for anything, and more than four inputs.
OLD_TEXT = (
    TEXT.replace(LADDER, "").replace('"hc1",', '"hc1", "nzcp",').replace("[[reason]]", f"{_MORE}[[reason]]")
)
EAST_8 = 8 * 3600
DAY_S = 86_400


class Gate(Rig):
    """A gate that reads certificates and asks a platform that always answers; `rules` can be replaced, as
    by a restart."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder)
        self._folder = folder
        self._payloads: dict[bytes, Code] = {}
        self._boot = 1
        self.follow(name)

    def follow(
        self, name: str, *, kept_text: str | None = None, procedure_text: str = TEXT, edition: int = EDITION
    ) -> None:
        """Start anew by these rules. `kept_text`: what the journal is told the rules were."""
        self._boot += 1
        path = acceptance.find(name, self._folder)
        text = name if path is None else path.read_text("utf-8")
        accepted = acceptance.parse("site", text, utc_offset_s=EAST_8)
        if kept_text is not None:
            accepted = replace(accepted, text=kept_text)
        parsed = procedures.parse("health", procedure_text, stored=True, edition=edition)
        procedure = procedures.accepting(parsed, accepted)
        spec = LaneSpec("in", "in", procedure, POLICY, self._boot)
        state = State.open(self._folder)
        publish(self.journal, state, self.now(), lanes=[(spec, procedure_text)])
        state.close()
        self.station = Station({"in": (spec, LaneState())}, self._around())

    def certificate(self, certificate: Content, *, ruled: bool = False) -> str:
        """Return what to show for a certificate that is in date."""
        now_s = self.now().at_us // 1_000_000
        payload = hc1_code(token(certificate, iat=now_s - DAY_S, exp=now_s + 30 * DAY_S))
        found, claims = hcert(payload, hc1_store())
        code = proven(Carrier.HC1, claims, self.now().at_us, clock_trusted=True)
        if ruled:
            as_of = times.text(self.now().at_us)
            code = applied(code, found, rules(rule(), as_of=as_of), self.now().at_us)
        return self.put(payload, code)

    def told(self, carrier: Carrier, person: str = "", **subject: str) -> str:
        """Return what to show for a code of which the platform says so."""
        payload = f"{carrier}:{len(self._payloads)}".encode()
        answer = PlatformAnswer(PlatformState.FOUND, subject=subject, person=person or None)
        route = Route("platform", carrier, re.compile(b".*"))
        return self.put(payload, answered(route, payload, answer, self.now()))

    def code(self, payload: bytes) -> Code:
        return self._payloads[payload]

    def pass_by(self, *shown: str) -> None:
        """Somebody shows all this, then leaves: whoever is not done is decided as abandoned."""
        for text in shown:
            self.show(text)
            self.turn(1.0)
        self.turn(95.0)
        self.turn(15.0)  # the code of whoever just left is no new passage

    def give(self, **answers: str) -> None:
        passage = self.view()["passage"]
        command = f"g{self.seconds}"
        submit(self, Give("in", passage, command, "door1", self.now(), tuple(answers.items())))
        self.turn(1.0)

    def decide(self, outcome: Outcome) -> None:
        submit(
            self,
            Decide("in", self.view()["passage"], f"c{self.seconds}", "door1", self.now(), outcome, "known"),
        )
        self.turn(1.0)

    def day(self, days_ago: int) -> str:
        return times.text(self.now().at_us - days_ago * DAY_S * 1_000_000)[:10]

    def replayed(self) -> list[Replayed]:
        with self.journal.reader() as reader:
            return list(Replay(self.journal, reader).walk())

    def put(self, payload: bytes, code: Code) -> str:
        """Return what to show for a code."""
        self._payloads[payload] = code
        return payload.decode()

    def _around(self) -> Surroundings:
        return Surroundings(
            journal=self.card,
            read_code=lambda _lane, _device, payload, _at: self.code(payload),
            now=self.now,
            perform=lambda _lane, _do: False,
            devices=lambda _lane: [],
            beat=lambda: None,
            count=lambda _name, **_labels: None,
            bell=Bell(),
            views=Bell(),
        )


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path, "usual")
    yield gate
    gate.close()


def vaccinated(gate: Gate, days_ago: int, *, ruled: bool = False, **changes: object) -> str:
    entry = VACCINATION | {"dt": gate.day(days_ago)} | changes
    return gate.certificate(content(v=[entry]), ruled=ruled)


def swabbed(gate: Gate, hours_ago: int, result: str = "260415000") -> str:
    taken = times.text(gate.now().at_us - hours_ago * 3_600_000_000)
    return gate.certificate(content(t=[TEST | {"sc": taken, "tr": result}]))


def ends(found: list[Replayed]) -> list[str]:
    return [one.stored.partition(" missing")[0] for one in found]


def test_passages_decided_by_health_codes_are_decided_the_same_again(gate: Gate) -> None:
    gate.pass_by(vaccinated(gate, 30))
    gate.pass_by(vaccinated(gate, 3))
    gate.pass_by(swabbed(gate, 47))
    gate.pass_by(swabbed(gate, 49))
    gate.pass_by(gate.certificate(content(r=[RECOVERY | {"fr": gate.day(60)}])))
    gate.pass_by(
        gate.told(Carrier.CHINA_HEALTH, colour="green"), gate.told(Carrier.CHINA_ITINERARY, itinerary="green")
    )
    gate.pass_by(gate.told(Carrier.CHINA_HEALTH, colour="green"))
    gate.pass_by(
        gate.told(Carrier.CHINA_HEALTH, colour="red"), gate.told(Carrier.CHINA_HEALTH, colour="green")
    )
    gate.pass_by(swabbed(gate, 24, "260373001"), vaccinated(gate, 30))
    found = gate.replayed()
    assert [one for one in found if not one.same] == []
    refused = "abandoned [code_not_accepted:{} nobody_finished]"
    assert ends(found) == [
        "admit [complete]",
        refused.format("dose_too_recent"),
        "admit [complete]",
        refused.format("test_too_old"),
        "admit [complete]",
        "admit [complete]",
        refused.format("needs_itinerary"),
        refused.format("health_red"),
        refused.format("test_positive"),
    ]


def test_what_an_attendant_decided_is_decided_the_same_again(gate: Gate) -> None:
    gate.show(vaccinated(gate, 3))
    gate.decide(Outcome.ADMIT)
    gate.show(gate.told(Carrier.CHINA_HEALTH, colour="red"))
    gate.decide(Outcome.TURN_BACK)
    found = gate.replayed()
    assert [one.same for one in found] == [True, True]
    assert ends(found) == [
        "admit [code_not_accepted:dose_too_recent must_missing attendant]",
        "turn_back [code_not_accepted:health_red must_missing attendant]",
    ]


def test_what_the_eus_rules_said_stands_in_the_journal_and_is_not_asked_again(gate: Gate) -> None:
    gate.follow(f'title = {TITLE}\n[[way]]\nid = "eu"\ntitle = {TITLE}\neu_rules = true\n')
    gate.pass_by(vaccinated(gate, 30, ruled=True))
    gate.pass_by(vaccinated(gate, 30, ruled=True, dn=1))
    gate.pass_by(vaccinated(gate, 30))
    found = gate.replayed()
    assert [one.same for one in found] == [True] * 3
    assert ends(found) == [
        "admit [complete]",
        "abandoned [code_not_accepted:eu_rules_failed nobody_finished]",
        "abandoned [code_not_accepted:eu_rules_open nobody_finished]",
    ]
    (_passed, failed, _open) = gate.rows("passage.decided")
    (piece,) = failed.body["evidence"]
    assert piece["subject"]["eu_rule"] == f"VR-{HERE}-0001"


def test_after_the_rules_changed_each_passage_is_decided_by_those_of_its_time(gate: Gate) -> None:
    def three() -> None:
        gate.pass_by(vaccinated(gate, 30))
        gate.pass_by(swabbed(gate, 10))
        gate.pass_by(
            gate.told(Carrier.CHINA_HEALTH, colour="green"),
            gate.told(Carrier.CHINA_ITINERARY, itinerary="green"),
        )

    three()
    gate.follow("green_only")
    three()
    gate.follow("eu_2g")
    three()
    gate.follow("usual")
    three()
    found = gate.replayed()
    assert [one.same for one in found] == [True] * 12
    outcomes = [one.stored.split()[0] for one in found]
    assert outcomes == [
        *("admit", "admit", "admit"),
        *("abandoned", "abandoned", "admit"),
        *("admit", "abandoned", "abandoned"),
        *("admit", "admit", "admit"),
    ]
    published = [row.body for row in gate.rows("procedure.published")]
    assert len({body["version"] for body in published}) == 3
    assert all(
        body["acceptance"]["text"] and body["acceptance"]["utc_offset_s"] == EAST_8 for body in published
    )


def test_a_text_in_the_journal_that_was_not_the_rule_is_found_out(gate: Gate) -> None:
    gate.follow("eu_3g", kept_text=(acceptance.SHIPPED / "green_only.toml").read_text("utf-8"))
    gate.pass_by(vaccinated(gate, 30))
    (found,) = gate.replayed()
    assert not found.same
    assert found.stored.startswith("admit")
    assert "code_not_accepted:needs_health" in found.again


def test_a_procedure_without_health_codes_has_no_rules_about_them() -> None:
    accepted = acceptance.parse("site", (acceptance.SHIPPED / "usual.toml").read_text("utf-8"))
    plain: Procedure = procedures.parse(
        "plain", TEXT.replace(', "hc1", "china_health", "china_itinerary"', "")
    )
    assert procedures.accepting(plain, accepted) is plain


def five(gate: Gate) -> None:
    """Five passages that ended differently before codes were judged as they are now."""
    route = Route("platform", Carrier.CHINA_HEALTH, re.compile(b".*"))
    nowhere = PlatformAnswer(PlatformState.NOT_FOUND)

    old = b"an old screenshot"
    shown_first = gate.put(old, unanswered(route, old, CodeReason.PLATFORM_SILENT))
    gate.show(shown_first)
    gate.turn(4.0)
    gate.show(gate.told(Carrier.CHINA_HEALTH, colour="green"))
    gate.turn(4.0)
    gate.put(old, answered(route, old, nowhere, gate.now()))
    gate.pass_by(shown_first, gate.told(Carrier.CHINA_ITINERARY, itinerary="green"))

    gate.show(gate.put(b"unknown", answered(route, b"unknown", nowhere, gate.now())))
    gate.turn(1.0)
    gate.give(phone_shows="green")
    gate.pass_by()

    gate.pass_by(gate.certificate(content(r=[RECOVERY | {"fr": gate.day(5)}])), vaccinated(gate, 30))
    gate.pass_by(gate.put(b"nz", Code(Carrier.NZCP, CodeVerdict.VALID, holder="nzcp:1")))

    named = PlatformAnswer(PlatformState.FOUND, subject={"colour": "green"}, personal={"name": "王*明"})
    gate.show(gate.put(b"another", answered(route, b"another", named, gate.now())))
    gate.turn(1.0)
    gate.give(name="李小明")
    gate.pass_by(gate.told(Carrier.CHINA_ITINERARY, itinerary="green"))


def test_what_was_decided_before_codes_were_judged_as_now_is_decided_the_same_again(gate: Gate) -> None:
    gate.follow("green_only", procedure_text=OLD_TEXT, edition=1)
    five(gate)
    gate.follow("green_only", procedure_text=OLD_TEXT)
    five(gate)
    gate.follow(
        "green_only", procedure_text=OLD_TEXT.replace("[[step.instead]]", f"{LADDER}[[step.instead]]", 1)
    )
    five(gate)
    found = gate.replayed()
    assert [one for one in found if not one.same] == []
    refused = "abandoned [code_not_accepted:{} nobody_finished]"
    before = [
        refused.format("needs_health"),
        "admit [complete]",
        refused.format("needs_health code_not_accepted:needs_itinerary"),
        "admit [complete]",
        "admit [complete]",
    ]
    now = [
        "admit [complete]",
        "admit [complete]",
        refused.format("recovery_too_recent"),
        refused.format("needs_health code_not_accepted:needs_itinerary"),
        refused.format("other_person"),
    ]
    with_ladder = [now[0], "abandoned [code_unverified nobody_finished]", *now[2:]]
    assert ends(found) == [*before, *now, *with_ladder]


def two_named(gate: Gate, one: str, other: str) -> None:
    """A health and an itinerary code, both green, that say whose they are."""
    for carrier, fact, name in (
        (Carrier.CHINA_HEALTH, "colour", one),
        (Carrier.CHINA_ITINERARY, "itinerary", other),
    ):
        payload = f"{carrier}:{name}:{gate.seconds}".encode()
        answer = PlatformAnswer(PlatformState.FOUND, subject={fact: "green"}, personal={"name": name})
        route = Route("platform", carrier, re.compile(b".*"))
        gate.show(gate.put(payload, answered(route, payload, answer, gate.now())))
        gate.turn(1.0)
    gate.pass_by()


def test_whose_codes_they_were_is_decided_again_as_names_were_compared_then(gate: Gate) -> None:
    for edition in (1, EDITION):
        gate.follow("green_only", edition=edition)
        two_named(gate, "LI MING", "李明")
        two_named(gate, "XI", "LI")
    found = gate.replayed()
    assert [one for one in found if not one.same] == []
    two = "abandoned [second_identity nobody_finished]"
    assert ends(found) == [two, "admit [complete]", "admit [complete]", two]


def test_an_answer_that_was_lost_is_decided_the_same_again(gate: Gate) -> None:
    route = Route("platform", Carrier.CHINA_HEALTH, re.compile(b".*"))
    gate.show(gate.put(b"asked", unanswered(route, b"asked", CodeReason.ASK_PLATFORM)))
    gate.turn(20.0)
    gate.pass_by()
    (found,) = gate.replayed()
    assert found.same
    assert ends([found]) == ["abandoned [code_unverified nobody_finished]"]
    (decided,) = gate.rows("passage.decided")
    assert [piece["reason"] for piece in decided.body["evidence"]] == ["ask_platform", "platform_silent"]


def test_a_look_at_the_phone_is_recorded_behind_what_was_known_then(gate: Gate) -> None:
    route = Route("platform", Carrier.CHINA_HEALTH, re.compile(b".*"))
    silent = gate.put(b"silent", unanswered(route, b"silent", CodeReason.PLATFORM_SILENT))
    gate.show(silent)
    gate.turn(1.0)
    gate.give(phone_shows="green")
    (found,) = gate.replayed()
    assert found.same
    assert found.stored.startswith("admit")
    (decided,) = gate.rows("passage.decided")
    code, looked = decided.body["evidence"]
    assert (code["verdict"], code["reason"]) == ("unverified", "platform_silent")
    assert (looked["question"], looked["value"], looked["by"]) == ("phone_shows", "green", "door1")
    assert code["at_us"] < looked["at_us"]

"""What a report has to know of one passage, out of its row and what later rows corrected. Pure.

Names of figures and of what a correction may say are here; nothing of a person is kept: `who` is a value to
compare with others of the same report, never shown.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A measurement was taken and is worth something; `again` asks for another, `over` was confirmed.
MEASURED = frozenset({"normal", "again", "over"})
MUSTS = ("identity", "information", "temperature", "mask")
# By what somebody is one person, the surest first; a vehicle by its plate.
_PERSON = ("id_number", "pass_id", "phone")
# Questions of procedures that reports count, by the answers that count.
MASK, MASK_REMINDED = "mask", frozenset({"reminded"})
LEAFLET, LEAFLET_GIVEN = "leaflet", frozenset({"yes"})
DISINFECTED, NOT_DISINFECTED = "disinfected", frozenset({"no", "not_done"})
VENUE, VENUE_SCANNED = "venue", frozenset({"yes", "passed", "confirmed", "stopped"})
_VENUE_CODES = frozenset({"china_venue", "gatepost_venue", "uk_venue", "cwa_venue", "nz_venue"})
MASKED = "*"
SUSPECTED = "suspected"  # 疑似: the attendant's reason, and a class of watch lists


@dataclass(frozen=True, slots=True)
class Fact:
    """One passage, as reports count it. `entry` is who it was by the register of people, None where that does
    not say; `who` is None where nobody is named, `sealed` where somebody is and cannot be told any more.
    `paper`: taken in from a paper page."""

    passage: int
    lane: str
    direction: str
    outcome: str
    verdict: str
    vehicle: bool = False
    group: int | None = None
    category: str | None = None
    reasons: tuple[str, ...] = ()
    musts: tuple[tuple[str, bool], ...] = ()
    second: bool = False
    suspected: bool = False
    override_by: str | None = None
    mask_reminded: bool = False
    leaflets: int = 0
    disinfected: bool = False
    venue: bool = False
    occupants_lacking: bool = False
    corrected: bool = False
    paper: bool = False
    entry: int | None = None
    who: str | None = None
    sealed: bool = False
    key_id: int | None = None
    seq: int = 0
    at_us: int = 0


def fact(
    body: Mapping[str, Any],
    personal: Mapping[str, Any] | None,
    *,
    lane: str,
    seq: int,
    at_us: int,
    has_seal: bool,
    key_id: int | None = None,
    corrections: Sequence[Mapping[str, Any]] = (),
) -> Fact | None:
    """Return what counts of a passage's row; `personal` are its opened fields, None where they are not to be
    had. Of the corrections, oldest first, each says anew what it names. None for one that was taken back."""
    said: dict[str, Any] = {
        "outcome": body["outcome"],
        "direction": body["direction"],
        "category": body.get("category"),
        "suspected": body.get("chosen") == SUSPECTED or _is_listed(body, SUSPECTED),
    }
    for one in corrections:
        if one.get("void"):
            return None
        said |= {name: one[name] for name in said if name in one}
    evidence = body.get("evidence", ())
    verdict = (body.get("temperature") or {}).get("verdict", "missing")
    vehicle = bool(body.get("vehicle"))
    answers = _answers(evidence)
    return Fact(
        passage=body["passage"],
        lane=lane,
        direction=said["direction"],
        outcome=said["outcome"],
        verdict=verdict,
        vehicle=vehicle,
        group=body.get("group"),
        category=said["category"],
        reasons=_why(body),
        musts=_musts(body.get("musts") or {}, verdict),
        second=bool(body.get("second")),
        suspected=bool(said["suspected"]),
        override_by=body.get("by") if body.get("override") else None,
        mask_reminded=bool(answers.get(MASK, set()) & MASK_REMINDED),
        leaflets=int(bool(answers.get(LEAFLET, set()) & LEAFLET_GIVEN)),
        disinfected=bool(answers.get(DISINFECTED, set()) - NOT_DISINFECTED),
        venue=bool(answers.get(VENUE, set()) & VENUE_SCANNED)
        or any(piece.get("carrier") in _VENUE_CODES for piece in evidence),
        occupants_lacking=vehicle and body.get("told", 0) > len(body.get("occupants", ())),
        corrected=bool(corrections),
        entry=None if vehicle else registered(evidence),
        who=None if personal is None else identity(named(body, personal), vehicle=vehicle),
        sealed=has_seal and personal is None,
        key_id=key_id,
        seq=seq,
        at_us=at_us,
    )


def named(body: Mapping[str, Any], personal: Mapping[str, Any]) -> dict[str, str]:
    """Return the opened personal fields of a passage by name: claims of codes, and answers by question."""
    found: dict[str, str] = {}
    evidence = body.get("evidence", [])
    for index, piece in sorted(personal.get("evidence", {}).items(), key=lambda item: int(item[0])):
        said = dict(piece.get("personal") or {})
        if "value" in piece and int(index) < len(evidence):
            said[evidence[int(index)].get("question", "answer")] = piece["value"]
        # `138****1234` of an itinerary code is anybody's: it takes the place of nothing.
        found |= {name: value for name, value in said.items() if MASKED not in value}
    return found


def identity(fields: Mapping[str, str], *, vehicle: bool) -> str | None:
    """Return by what somebody is told apart from others of a day, None where nothing names them."""
    if vehicle:
        return f"plate {_same(fields['plate'])}" if fields.get("plate") else None
    for name in _PERSON:
        if fields.get(name):
            return f"{name} {_same(fields[name])}"
    if fields.get("name") and fields.get("room"):
        return f"name {_same(fields['name'])} {_same(fields['room'])}"
    return None


def registered(evidence: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the entry of the register of people that somebody is; None where no look-up says, where two say
    different ones, or where something was told that differs from it: that may be somebody else."""
    found = {
        piece["entry"]
        for piece in evidence
        if piece.get("t") == "known"
        and (piece.get("register"), piece.get("standing")) == ("people", "found")
        and piece.get("entry") is not None
        and not piece.get("differs")
    }
    return int(found.pop()) if len(found) == 1 else None


def _same(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().upper()


def _is_listed(body: Mapping[str, Any], watch: str) -> bool:
    """Say whether a list of this class stopped somebody."""
    reasons = (str(reason) for reason in body.get("reasons", ()))
    return any(reason.startswith("watch_") and reason.endswith(f":{watch}") for reason in reasons)


def _why(body: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = body.get("chosen")
    return (str(chosen),) if chosen else tuple(str(reason) for reason in body.get("reasons", ()))


def _musts(musts: Mapping[str, bool], verdict: str) -> tuple[tuple[str, bool], ...]:
    """Somebody who was measured and found over was measured: that must is fulfilled."""
    return tuple(
        (name, bool(musts[name]) or (name == "temperature" and verdict in MEASURED))  # as rules.musts_met
        for name in MUSTS
        if name in musts
    )


def _answers(evidence: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for piece in evidence:
        if piece.get("t") == "answer" and "value" in piece:
            found.setdefault(piece["question"], set()).add(piece["value"])
    return found

"""Which thermometers of a gate are compared with one another, and what the passages show of each two.

Compared are two in lanes of one direction, or in one lane, that measure the same place on the body; a site
can name another sister or none. Two in one direction see the same weather and the same people by turns, so
that hardly a site has to write anything. Each passage's first measurement teaches; a calibration begins the
comparison anew. Spans lanes, so whoever owns the lanes keeps it; a start makes the same out of the journal
with the same functions. Changes no value and judges nobody. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any

from edge.domain.doubting import DOUBTED, SIMULATED
from edge.domain.instrument import found_to_json
from edge.domain.instrument_signs import Finding, Sign
from edge.domain.instrument_told import told
from edge.domain.lane_state import LaneSpec, Note, Result
from edge.domain.learning import here, place_of
from edge.domain.model import Evidence, Measurement, Method, Quality
from edge.domain.screened import OUTSIDE
from edge.domain.sisters import Sisters, from_json, is_outside, learn, settled, to_json

COMPARED = "instrument.compared"
CALIBRATED = frozenset({"calibration.recorded", "calibration.withdrawn"})
NONE = "none"

# Two in one lane see one person at once; what is measured later is of people chosen by the first.
AT_ONCE_US = 2_000_000
# So many new differences are at most to be made again from passages at a start: some hundred people.
EVERY_BLOCKS = 20
_FLIPPED = frozenset({"apart_mdegc", "moved_mdegc", "first_mdegc"})

Whose = Callable[[str, Measurement], str | None]
"""The name of the thermometer of a lane that a measurement is of; None where that does not stand there."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two thermometers: where it stands, what it is, which place on the body it measures."""

    lane: str
    device: str
    driver: str
    port: str | None
    place: str

    def __str__(self) -> str:
        return f"{self.lane}/{self.device}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of them and what is known of how far apart they are. `kinds` is what each last gave (`site`: a body
    value by this site's calibration, `surface`, `vendor`), `unsaved` how many differences are in no row."""

    here: Side
    there: Side
    known: Sisters = field(default_factory=Sisters)
    kinds: tuple[str, str] = ("", "")
    unsaved: int = 0


def pairs(specs: Iterable[LaneSpec]) -> tuple[Pair, ...]:
    """Return which thermometers are compared, nothing being known of them yet."""
    wanted: dict[str, str] = {}
    sides: list[tuple[LaneSpec, Side]] = []
    for spec in specs:
        for device, driver in spec.drivers:
            if device in spec.arrays or driver == SIMULATED:
                continue
            port = dict(spec.ports).get(device)
            side = Side(spec.name, device, driver, port, place_of(spec, device))
            wanted[str(side)] = dict(spec.sisters).get(device, "")
            sides.append((spec, side))
    found = []
    for (one, a), (other, b) in combinations(sides, 2):
        named = {str(a): wanted[str(b)], str(b): wanted[str(a)]}
        alike = one.direction == other.direction and a.place == b.place
        # Where either names a sister, only that one counts.
        if any(named.values()) and not all(name in ("", side) for side, name in named.items()):
            continue
        if alike or any(named.values()):
            first, second = sorted((a, b), key=str)  # whatever the order in the configuration
            found.append(Pair(first, second))
    return tuple(found)


def after(
    known: tuple[Pair, ...], spec: LaneSpec, result: Result
) -> tuple[tuple[Pair, ...], tuple[tuple[str, Note], ...]]:
    """Return the pairs after a step of a lane, and the rows with their lanes: of each pair of which something
    else is found now than before, and of what was compared so far, now and then."""
    before, notes = known, list[tuple[str, Note]]()
    for note in result.notes:
        if note.kind in CALIBRATED:
            known = restarted(known, spec.name, str(note.body["device"]))
    ended = [record for record in result.records if record.kind == "passage.decided"]
    if ended:
        # What a start goes on from is written before the passage that comes next, and holds nothing of it.
        notes += [(pair.here.lane, Note(COMPARED, kept(pair))) for pair in known if _is_due(pair)]
        known = tuple(replace(pair, unsaved=0) if _is_due(pair) else pair for pair in known)
    for record in ended:
        known = watched(known, spec.name, record.passage.evidence, whose=lambda _, item: here(spec, item))
    for old, new in zip(before, known, strict=True):
        if _signs(old) != _signs(new):
            notes.append((new.here.lane, Note(DOUBTED, doubt(new, new.here))))
    return known, tuple(notes)


def watched(
    known: tuple[Pair, ...], lane: str, evidence: Sequence[Evidence], *, whose: Whose
) -> tuple[Pair, ...]:
    """Return the pairs after a passage of a lane."""
    if not any(lane in (pair.here.lane, pair.there.lane) for pair in known):
        return known
    for item, at_us in _first(evidence):
        device = whose(lane, item)
        place = (lane, device, item.site)
        known = tuple(
            _learned(pair, item, at_us, is_here=place == (pair.here.lane, pair.here.device, pair.here.place))
            if place in _places(pair)
            else pair
            for pair in known
        )
    return known


def restarted(known: tuple[Pair, ...], lane: str, device: str) -> tuple[Pair, ...]:
    """Return the pairs after a thermometer was calibrated, or a calibration of it taken back."""
    return tuple(
        replace(pair, known=settled(pair.known), unsaved=0)
        if (lane, device) in ((pair.here.lane, pair.here.device), (pair.there.lane, pair.there.device))
        else pair
        for pair in known
    )


def doubt(pair: Pair, side: Side) -> dict[str, Any]:
    """Return what is found of two thermometers as the row of one of them tells it."""
    other = pair.there if side == pair.here else pair.here
    return {
        "device": side.device,
        "driver": side.driver,
        "port": side.port,
        "place": side.place,
        "sister": {"lane": other.lane, "device": other.device, "driver": other.driver, "port": other.port},
        "people": max((finding.people for finding in pair.known.found), default=0),
        "signs": [found_to_json(_seen_from(finding, pair, side)) for finding in pair.known.found],
    }


def doubts(known: tuple[Pair, ...], lane: str) -> list[dict[str, Any]]:
    """Return the thermometers of a lane of which and another not both can be right, JSON-ready, each sign
    with its sentences."""
    found = []
    for pair in known:
        for side in (pair.here, pair.there):
            if side.lane != lane or not pair.known.found:
                continue
            signs = []
            for finding in pair.known.found:
                seen = _seen_from(finding, pair, side)
                chinese, english = told(seen)
                signs.append(found_to_json(seen) | {"told": {"zh_Hans": chinese, "en": english}})
            found.append(doubt(pair, side) | {"signs": signs})
    return found


def kept(pair: Pair) -> dict[str, Any]:
    """Return the body of the row from which a start goes on."""
    sides = {"here": asdict(pair.here), "there": asdict(pair.there)}
    return sides | {"kinds": list(pair.kinds), "known": to_json(pair.known)}


def restored(pair: Pair, body: Mapping[str, Any]) -> Pair:
    """Return the pair as such a row tells of it."""
    first, second = body["kinds"]
    return replace(pair, known=from_json(body["known"]), kinds=(first, second), unsaved=0)


def _first(evidence: Sequence[Evidence]) -> list[tuple[Measurement, int]]:
    """The first measurement of a passage, and of every other thermometer that measured at the same time."""
    found: dict[str, tuple[Measurement, int]] = {}
    began_us: int | None = None
    for piece in evidence:
        item = piece.item
        if not isinstance(item, Measurement) or item.method is not Method.INFRARED or item.grid is not None:
            continue
        if item.after_rest or (began_us is not None and piece.at.mono_us - began_us > AT_ONCE_US):
            break
        if item.quality is Quality.OK and item.device not in found:
            began_us = piece.at.mono_us if began_us is None else began_us
            found[item.device] = (item, piece.at.at_us)
    return list(found.values())


def _learned(pair: Pair, item: Measurement, at_us: int, *, is_here: bool) -> Pair:
    if item.conversion == OUTSIDE or is_outside(item.ambient_mdegc):
        # No estimate is made in that air, for this one person: it is no end of a calibration.
        return pair
    kind = _kind(item)
    kinds = (kind, pair.kinds[1]) if is_here else (pair.kinds[0], kind)
    basis, before = _basis(pair, kinds), _basis(pair, pair.kinds)
    state = pair.known if basis == before or before is None else settled(pair.known)
    pair = replace(pair, kinds=kinds, known=state)
    values = {"site": item.body_mdegc, "surface": item.surface_mdegc, "vendor": item.vendor_body_mdegc}
    value = None if basis is None else values[basis]
    if value is None:
        return pair
    known = learn(state, value, at_us, here=is_here, ambient_mdegc=item.ambient_mdegc)
    new = known.apart is not state.apart
    return replace(pair, known=known, unsaved=pair.unsaved + new)


def _kind(item: Measurement) -> str:
    if item.body_mdegc is not None and item.conversion.startswith("site/"):
        return "site"
    return "vendor" if item.surface_mdegc is None else "surface"


def _basis(pair: Pair, kinds: tuple[str, str]) -> str | None:
    """Which value of both can be compared: calibrated ones where both are, else skin; a vendor's own body
    value only beside the same vendor's."""
    if "" in kinds:
        return None
    if "vendor" in kinds:
        return "vendor" if kinds[0] == kinds[1] and pair.here.driver == pair.there.driver else None
    return "site" if kinds == ("site", "site") else "surface"


def _places(pair: Pair) -> tuple[tuple[str, str, str], ...]:
    return tuple((side.lane, side.device, side.place) for side in (pair.here, pair.there))


def _seen_from(finding: Finding, pair: Pair, side: Side) -> Finding:
    # A difference is this one's less the other's.
    if side == pair.here:
        return finding
    turned = ((name, -value if name in _FLIPPED else value) for name, value in finding.figures)
    return replace(finding, figures=tuple(turned))


def _is_due(pair: Pair) -> bool:
    return pair.unsaved >= EVERY_BLOCKS


def _signs(pair: Pair) -> set[Sign]:
    return {finding.sign for finding in pair.known.found}

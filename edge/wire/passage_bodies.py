"""The bodies of rows that tell of a passage: what was measured, read and answered, and what came of it."""

from typing import Literal

from pydantic import model_validator

from edge.wire.access_bodies import KnownPiece
from edge.wire.body import Body
from edge.wire.piece import Piece


class ProcedureName(Body):
    name: str
    version: str


class Temperature(Body):
    """The finding over all measurements of the passage, millidegrees Celsius, and the conversion of the body
    estimate. `legal` and `level` are what the legal line and the level of healthy people alone say; `ppm` is
    the probability of being over the threshold in millionths, `out_milli` how far the person stands out, in
    thousandths of the spread of healthy people, `method` the version of how both were found. `first` and
    `second` are the places in the evidence of the value over the threshold that asked for a second
    measurement, and of the one that confirmed or cleared it. Absent in rows of gates that did not say yet.
    Where the person's own history counted, `ppm` and `out_milli` are against anybody, the verdicts not."""

    verdict: str
    body_mdegc: int | None = None
    surface_mdegc: int | None = None
    ambient_mdegc: int | None = None
    conversion: str | None = None
    legal: str | None = None
    level: str | None = None
    ppm: int | None = None
    out_milli: int | None = None
    method: str | None = None
    first: int | None = None
    second: int | None = None


class Rest(Body):
    """One stay on the bench (留观). `pieces` is how much evidence there was when it began; `lasted_us`
    is absent while it lasts."""

    since_us: int
    since_mono_us: int
    since_clock: str | None = None
    since_boot: int
    why: str
    by: str | None = None
    lasted_us: int | None = None
    pieces: int | None = None


class Grid(Body):
    """How the one raw frame of an array reads as a picture (edge.domain.model.Grid)."""

    columns: int
    rows: int
    offset: int
    step_mdegc: int
    zero_mdegc: int
    little: bool
    mirrored: bool


class Expected(Body):
    """What a healthy person was expected to show at `place` when a measurement was taken: the level, how far
    people are spread about it, how well it was known, and how many people had taught it. It is
    what is expected of anybody: what is usual for one person is sealed."""

    place: str
    level_mdegc: int
    spread_mdegc: int
    doubt_mdegc: int
    people: int


class MeasurementPiece(Piece):
    t: Literal["measurement"]
    device: str
    method: str
    site: str
    surface_mdegc: int | None = None
    ambient_mdegc: int | None = None
    vendor_body_mdegc: int | None = None
    body_mdegc: int | None = None
    conversion: str
    quality: str
    frames: int
    rejected: int
    raw: list[str]
    after_rest: bool
    by: str | None = None
    command_id: str | None = None
    grid: Grid | None = None
    driver: str | None = None
    port: str | None = None
    expected: Expected | None = None


class CodePiece(Piece):
    t: Literal["code"]
    carrier: str
    verdict: str
    reason: str | None = None
    issuer: str | None = None
    key_id: str | None = None
    valid_from_us: int | None = None
    valid_until_us: int | None = None
    subject: dict[str, str]
    symbology: str
    decoder: str


class AnswerPiece(Piece):
    """`value` is absent where the answer is personal: it is sealed at the gate."""

    t: Literal["answer"]
    question: str
    value: str | None = None
    by: str
    command_id: str | None = None


class UnknownPiece(Piece):
    """Evidence of a kind this version does not know yet."""

    t: str

    @model_validator(mode="after")
    def _is_unknown(self) -> "UnknownPiece":
        if self.t in ("measurement", "code", "answer", "known"):
            raise ValueError(f"a {self.t} lacks what belongs to it")
        return self


class Occupant(Body):
    """Somebody of a vehicle whose own passage has ended; `against`: a platform said later, while the vehicle
    stood there, that a code of theirs rules them out; `before`: what they had ended in when the vehicle was
    decided about (`open`: they had not), where that changed it."""

    passage: int
    outcome: str
    against: bool | None = None
    before: str | None = None


class PassageBody(Body):
    """A whole passage so far: `passage.held`, `passage.parked`, `passage.decided`. `offered`: whoever had to
    be measured another way was asked to rest (`rest`) or to the contact thermometer at once (`contact`);
    `rushed`: the queue was long then. `vehicle`: it is a vehicle's own passage; `group` is the passage of the
    vehicle that somebody came in. `minute` of the day on the gate's wall when it was opened.
    A vehicle has `occupants`, and `told`, how many people are in it by the newest word. `corrects`: the
    passage had ended another way before, in an earlier row, and went on as its vehicle did. `access` is the
    version of the rules of who may pass; `manager`: a manager decided.
    `musts` says of each must whether its step was done; `musts_met` whether it was met: whoever is over the
    threshold was measured (R4). Absent in rows of gates that did not say yet: then it is `musts`, and
    `temperature` where the verdict is normal, again or over."""

    passage: int
    direction: str
    procedure: ProcedureName
    policy: str
    access: str | None = None
    category: str | None = None
    opened_us: int
    opened_mono_us: int
    opened_clock: str | None = None
    touched_us: int
    touched_mono_us: int
    touched_clock: str | None = None
    stage: str
    outcome: str | None = None
    reasons: list[str] = []
    missing: list[str] = []
    by: str | None = None
    override: bool | None = None
    chosen: str | None = None
    command_id: str | None = None
    manager: bool | None = None
    ticket: int | None = None
    temperature: Temperature
    musts: dict[str, bool]
    musts_met: dict[str, bool] | None = None
    second: bool
    rests: list[Rest] = []
    offered: str | None = None
    rushed: bool | None = None
    vehicle: bool | None = None
    group: int | None = None
    minute: int | None = None
    occupants: list[Occupant] | None = None
    told: int | None = None
    corrects: bool | None = None
    evidence: list[MeasurementPiece | CodePiece | AnswerPiece | KnownPiece | UnknownPiece] = []


class DecidedBody(PassageBody):
    outcome: str


class CodeAnswered(Body):
    """What a platform said of a code after the passage it was shown in had ended; `waited_us` since it
    was asked. `against`: it speaks against the person; `admitted`: that passage had ended in admit, or
    in another `outcome`; all absent in rows of gates that did not say yet."""

    passage: int
    carrier: str
    verdict: str
    reason: str | None = None
    issuer: str | None = None
    subject: dict[str, str] = {}
    waited_us: int
    against: bool | None = None
    admitted: bool | None = None
    outcome: str | None = None


class Effect(Body):
    device: str
    what: str
    ok: bool
    error: str | None = None
    at_us: int


class EffectsBody(Body):
    """What the barrier and the loudspeaker did; `decided` is the sequence of the decision, absent
    where an effect failed after the others had been written."""

    passage: int
    decided: int | None = None
    effects: list[Effect]

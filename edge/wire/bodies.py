"""The body of every kind of event, as pydantic models: typed for what is there, open for what comes.

Only the district, the schemas and the tests import this. A row whose body does not fit is still a
row: the models describe, they do not decide what is kept.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator


class Body(BaseModel):
    """Anything a row's body holds; later versions add keys, old readers ignore them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


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


class _Piece(Body):
    at_us: int
    mono_us: int
    clock: str
    source: str


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


class MeasurementPiece(_Piece):
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


class CodePiece(_Piece):
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


class AnswerPiece(_Piece):
    """`value` is absent where the answer is personal: it is sealed at the gate."""

    t: Literal["answer"]
    question: str
    value: str | None = None
    by: str
    command_id: str | None = None


class UnknownPiece(_Piece):
    """Evidence of a kind this version does not know yet."""

    t: str

    @model_validator(mode="after")
    def _is_unknown(self) -> "UnknownPiece":
        if self.t in ("measurement", "code", "answer"):
            raise ValueError(f"a {self.t} lacks what belongs to it")
        return self


class PassageBody(Body):
    """A whole passage so far: `passage.held`, `passage.parked`, `passage.decided`. `offered`: whoever had to
    be measured another way was asked to rest (`rest`) or to the contact thermometer at once (`contact`);
    `rushed`: the queue was long then."""

    passage: int
    direction: str
    procedure: ProcedureName
    policy: str
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
    ticket: int | None = None
    temperature: Temperature
    musts: dict[str, bool]
    second: bool
    rests: list[Rest] = []
    offered: str | None = None
    rushed: bool | None = None
    evidence: list[MeasurementPiece | CodePiece | AnswerPiece | UnknownPiece] = []


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


class GateStarted(Body):
    version: str
    boot_id: str | None = None


class DeviceChanged(Body):
    device: str
    name: str | None = None
    driver: str | None = None
    code: str | None = None
    message: str | None = None


class CalibrationRecorded(Body):
    """What a thermometer was found to be off by: the middle difference of `pairs` (surface, reference),
    and the median distance from it. It counts until `until_us`, for this device and this driver; `port`
    is the lasting name of where it was plugged in, null or absent where that was not known."""

    device: str
    driver: str
    offset_mdegc: int
    spread_mdegc: int
    count: int
    method: str
    reference: str
    site: str
    by: str
    at_us: int
    until_us: int
    port: str | None = None
    pairs: list[list[int]]
    command_id: str | None = None


class CalibrationWithdrawn(Body):
    """The newest calibration of a thermometer, of `recorded_us`, was taken back."""

    device: str
    recorded_us: int
    by: str
    reason: str
    command_id: str | None = None


class _Level(Body):
    """One thermometer and one place on the body; `rested`: of people who had rested indoors before."""

    device: str
    driver: str
    port: str | None = None
    place: str
    rested: bool


class LevelShifted(_Level):
    """Half of the people of late are so far off what was expected that the device or the place must have
    changed: `found_mdegc` instead of `expected_mdegc`, in air of `ambient_mdegc`, after `people`."""

    people: int
    ambient_mdegc: int | None = None
    expected_mdegc: int
    found_mdegc: int
    off_mdegc: int
    spread_mdegc: int


class LevelSettled(_Level):
    """Somebody confirmed such a shift: healthy people show `level_mdegc` in air of `ambient_mdegc`, where
    `was_mdegc` had been expected."""

    people: int
    level_mdegc: int
    ambient_mdegc: int
    was_mdegc: int
    by: str
    reason: str
    command_id: str | None = None


class LevelWithdrawn(_Level):
    """The newest confirmation of a shift was taken back."""

    by: str
    reason: str
    command_id: str | None = None


class DoubtSign(Body):
    """One sign that a thermometer's values cannot be right, since when, from how many people, and the figures
    it rests on by name."""

    sign: str
    since_us: int
    people: int
    figures: dict[str, int]


class Sister(Body):
    """The other of two thermometers that are compared."""

    lane: str
    device: str
    driver: str
    port: str | None = None


class InstrumentDoubted(Body):
    """What is found of a thermometer has changed, after `people`: every sign that holds now, the gravest
    first, none where it is doubted no more. With `sister` it is about the two of them, and what the
    thermometer shows by itself is told apart from it."""

    device: str
    driver: str
    port: str | None = None
    place: str
    sister: Sister | None = None
    people: int
    signs: list[DoubtSign]


class ComparedSide(Sister):
    place: str


class ComparedFigures(Body):
    """What two thermometers differ by: the values of the block begun at `began_us`, the newest differences
    (`here` less `there`) each with its time, and of the first differences the sum, the sum of squares and
    the count. Millidegrees, microseconds UTC."""

    began_us: int
    here: list[int]
    there: list[int]
    apart: list[list[int]]
    anchor: list[int]
    found: list[DoubtSign]


class InstrumentCompared(Body):
    """Two thermometers side by side as they stood when this was written, from which a start goes on;
    `kinds` is which value each gives."""

    here: ComparedSide
    there: ComparedSide
    kinds: list[str]
    known: ComparedFigures


class ClockCorrected(Body):
    from_us: int
    to_us: int
    quality: str


class PublishedAcceptance(Body):
    """What a procedure accepts of health codes; days are counted `utc_offset_s` east of Greenwich, from the
    moments (microseconds UTC) in `changes` on by the seconds beside them."""

    name: str
    text: str
    utc_offset_s: int
    changes: list[list[int]] = []


class ProcedurePublished(Body):
    """The texts a version stands for; `acceptance` where the procedure asks for health codes."""

    name: str
    version: str
    text: str
    acceptance: PublishedAcceptance | None = None


class SettingsChanged(Body):
    """The numbers that measurements are judged by, and the hash that decisions name them by."""

    version: str
    screening: dict[str, Any] | None = None


class InboxOverflowed(Body):
    """The station could not keep up; so many messages of devices were refused."""

    dropped: int


class PersonalOpened(Body):
    """Somebody looked at personal fields: of a passage, of a case, of both, or, with `what`, of a list of the
    pages for a local `day`."""

    passage: int | None = None
    case: int | None = None
    what: str | None = None
    day: str | None = None
    by: str
    why: str | None = None


class TemperatureReported(Body):
    """A temperature that somebody told of; who it is of is sealed. `verdict` by the threshold that held at
    the gate then; `replaces` is the sequence of the row that it corrects."""

    value_mdegc: int
    threshold_mdegc: int
    verdict: str
    taken_us: int
    how: str
    told_by: str
    by: str
    command_id: str
    replaces: int | None = None


class CaseMeasurement(Body):
    """One of the two measurements of a case; temperatures in thousandths of a degree Celsius."""

    at_us: int
    clock: str
    body_mdegc: int | None = None
    surface_mdegc: int | None = None
    ambient_mdegc: int | None = None
    method: str
    site: str
    device: str
    conversion: str
    after_rest: bool
    by: str | None = None


class CaseOpened(Body):
    """Somebody was referred, or was over the threshold at the second measurement: in the transaction of the
    passage's own row. `case` counts 1, 2, 3 … Who it is about is sealed under a key of the case."""

    case: int
    passage: int | None = None
    direction: str | None = None
    passage_us: int | None = None
    outcome: str | None = None
    why: list[str]
    verdict: str | None = None
    first: CaseMeasurement | None = None
    second: CaseMeasurement | None = None
    by: str | None = None
    due_us: int


class _CaseStep(Body):
    """`stage` is where the case is afterwards; `due_us` when the next step has to be done."""

    case: int
    passage: int | None = None
    stage: str
    by: str
    command_id: str
    due_us: int | None = None


class CaseHandedOver(_CaseStep):
    """The person was handed over to a unit, by its name."""

    unit: str


class CaseAcknowledged(_CaseStep):
    """The unit says that it has the person; who of it said so is sealed."""


class CaseFollowedUp(_CaseStep):
    """What is known now (`reached not_reached at_clinic tested controlled released`)."""

    what: str


class CaseClosed(_CaseStep):
    """What came of it (`confirmed not_fever unreachable other`)."""

    result: str


class CaseReopened(_CaseStep):
    """A closed case goes on (`news mistake`)."""

    why: str


class UplinkContact(Body):
    """The gate lost or found the district again; `code` says how it was lost."""

    code: str | None = None


class RejectedRow(Body):
    sequence: int
    reason: str


class UplinkRows(Body):
    """Rows the district refused, or with which it holds something else under the same number."""

    rows: list[RejectedRow] = []


class UserChanged(Body):
    account: str | None = None
    role: str | None = None
    by: str | None = None


class Previous(Body):
    """The journal before this one: its identity, its newest row and that row's hash."""

    incarnation: str
    head: int
    hash: str


class JournalRenewed(Body):
    """First row of a journal that goes on as another incarnation, and why."""

    why: str
    previous: Previous | None = None


class ListReceived(Body):
    """A list of the district is in force: of which `kind`, its `version`, from when it is, how many
    entries it has, how many codes it withdraws."""

    name: str
    version: int
    kind: str
    as_of_us: int | None = None
    count: int
    withdrawn: int | None = None
    sha256: str | None = None


class ListRefused(Body):
    """A list of the district cannot be used; the one before stays in force."""

    name: str
    version: int
    why: str


BODIES: dict[str, type[Body]] = {
    "passage.held": PassageBody,
    "passage.parked": PassageBody,
    "passage.decided": DecidedBody,
    "passage.effects": EffectsBody,
    "code.answered": CodeAnswered,
    "gate.started": GateStarted,
    "gate.stopped": Body,
    "device.lost": DeviceChanged,
    "device.back": DeviceChanged,
    "calibration.recorded": CalibrationRecorded,
    "calibration.withdrawn": CalibrationWithdrawn,
    "screening.shifted": LevelShifted,
    "screening.settled": LevelSettled,
    "screening.withdrawn": LevelWithdrawn,
    "instrument.doubted": InstrumentDoubted,
    "instrument.compared": InstrumentCompared,
    "clock.corrected": ClockCorrected,
    "procedure.published": ProcedurePublished,
    "settings.changed": SettingsChanged,
    "personal.opened": PersonalOpened,
    "case.opened": CaseOpened,
    "case.handed_over": CaseHandedOver,
    "case.acknowledged": CaseAcknowledged,
    "case.followed_up": CaseFollowedUp,
    "case.closed": CaseClosed,
    "case.reopened": CaseReopened,
    "temperature.reported": TemperatureReported,
    "list.received": ListReceived,
    "list.refused": ListRefused,
    "uplink.lost": UplinkContact,
    "uplink.back": UplinkContact,
    "uplink.rejected": UplinkRows,
    "uplink.conflict": UplinkRows,
    "user.added": UserChanged,
    "user.changed": UserChanged,
    "user.disabled": UserChanged,
    "user.signed_in": UserChanged,
    "user.refused": UserChanged,
    "retention.destroyed": Body,
    "retention.waiting": Body,
    "inbox.overflowed": InboxOverflowed,
    "journal.verified": Body,
    "journal.recovered": Body,
    "journal.set_aside": JournalRenewed,
    "journal.restored": JournalRenewed,
}

"""What a gate knows: instants, evidence, findings, passages, decisions.

Values only: frozen, comparable, without behaviour that needs the outside. Temperatures are integers
in thousandths of a degree Celsius (`_mdegc`), times integers in microseconds (`_us`), so that the
journal can hash them and replay can compare them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain.access import OPEN, AccessRules
from edge.domain.healthy import Expected
from edge.domain.known import Known

PASSAGES_PER_BOOT = 1 << 20


class ClockQuality(StrEnum):
    """How far the wall clock may be believed. A Pi has no battery clock: it starts in the past."""

    UNSET = "unset"
    RESTORED = "restored"
    MANUAL = "manual"
    SYNCED = "synced"

    @property
    def trusted(self) -> bool:
        return self in (ClockQuality.MANUAL, ClockQuality.SYNCED)


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks: monotonic (orders) and wall (dates, microseconds UTC)."""

    mono_us: int
    at_us: int
    clock: ClockQuality = ClockQuality.UNSET


class Quality(StrEnum):
    """What an instrument's frame is worth; said by the driver, after the raw bytes were kept."""

    OK = "ok"
    OUT_OF_RANGE = "out_of_range"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    STALE = "stale"
    UNSTEADY = "unsteady"


@dataclass(frozen=True, slots=True)
class Grid:
    """How the raw bytes of an array's frame read as a picture.

    Pixel i, row by row, is the signed 16-bit number at `offset + 2 i`, times `step_mdegc`, plus
    `zero_mdegc`. `mirrored`: the first column is the right-hand one as the sensor looks.
    """

    columns: int
    rows: int
    offset: int
    step_mdegc: int
    zero_mdegc: int = 0
    little: bool = False
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One frame of a thermometer, exactly as the device said it; None where it does not say. `grid`
    where the frame is an array's: good to find and to rank, never decisive by itself."""

    surface_mdegc: int | None
    ambient_mdegc: int | None = None
    vendor_body_mdegc: int | None = None
    quality: Quality = Quality.OK
    raw: bytes = b""
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Payload bytes a scanner read, before anybody interprets them."""

    payload: bytes
    symbology: str = "QRCode"
    decoder: str = ""


class Carrier(StrEnum):
    """Which format a payload turned out to be."""

    HC1 = "hc1"
    SHC = "shc"
    NZCP = "nzcp"
    VDS_NC = "vds_nc"
    UK_VENUE = "uk_venue"
    CWA_VENUE = "cwa_venue"
    NZ_VENUE = "nz_venue"
    GATEPOST_PASS = "gatepost_pass"  # noqa: S105 - a format, not a password
    GATEPOST_VENUE = "gatepost_venue"
    CHINA_HEALTH = "china_health"
    CHINA_ITINERARY = "china_itinerary"
    CHINA_VENUE = "china_venue"
    DIVOC = "divoc"
    UNKNOWN = "unknown"


class CodeVerdict(StrEnum):
    """What the gate can say of a code. Only VALID is good; UNVERIFIED is never green."""

    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNSUPPORTED = "unsupported"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Code:
    """What a payload turned out to be.

    `subject` holds claims that identify nobody (category, place, colour); `personal` holds those
    that do (name, birth_date, room, phone, id_number) and is sealed at rest. `holder` is a stable
    value of the person or pass, by which a second identity and a returning person are recognised;
    it is personal as well. `payload` is kept only where nothing else is known of the code.
    """

    carrier: Carrier
    verdict: CodeVerdict
    reason: str | None = None
    issuer: str | None = None
    key_id: str | None = None
    valid_from_us: int | None = None
    valid_until_us: int | None = None
    subject: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)
    holder: str | None = None
    payload: bytes | None = None
    symbology: str = ""
    decoder: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """By what a camera's model answered: the first 16 digits of the model's SHA-256, how sure it was in
    thousandths, and how many pictures in a row said so."""

    model: str
    score: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attendant recorded to one question; `personal` answers are sealed at rest. `looked`: it was no
    attendant but a model that looked."""

    question: str
    value: str
    by: str
    personal: bool = False
    command_id: str = ""
    looked: Looked | None = None


class Method(StrEnum):
    """How a temperature was taken; a second measurement by another method confirms a first."""

    INFRARED = "infrared"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Readings of one person combined into one value.

    `surface_mdegc` is that of the decisive frame, `ambient_mdegc` and `vendor_body_mdegc` belong to
    the same. `site` is the place on the body, for infrared one of `edge.domain.skin`; `driver` and `port`
    say which device it was, where that is known. `expected` is what a healthy person would have shown,
    as far as was known then; None where nothing can be told of that. `body_mdegc` is our estimate by
    `conversion` (name and version), None where no estimate holds. `frames` agreed and were used,
    `rejected` were not, `raws` are frames used. With `grid` it comes from an array, whose picture `raws`
    holds; it decides nothing.
    """

    device: str
    method: Method
    site: str = "forehead"
    surface_mdegc: int | None = None
    ambient_mdegc: int | None = None
    vendor_body_mdegc: int | None = None
    body_mdegc: int | None = None
    conversion: str = "none"
    quality: Quality = Quality.OK
    frames: int = 0
    rejected: int = 0
    raws: tuple[bytes, ...] = ()
    after_rest: bool = False
    by: str | None = None
    command_id: str = ""
    grid: Grid | None = None
    driver: str = ""
    port: str | None = None
    expected: Expected | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Anything that was measured, read, answered or found in a register; when, and by whom."""

    at: Instant
    source: str
    item: Measurement | Code | Answer | Known


class ScreeningVerdict(StrEnum):
    """What the temperature evidence of a passage amounts to."""

    MISSING = "missing"
    NORMAL = "normal"
    AGAIN = "again"
    OVER = "over"
    TOO_LOW = "too_low"
    UNRELIABLE = "unreliable"


@dataclass(frozen=True, slots=True)
class TemperatureFinding:
    """The verdict over all measurements of one passage and the one that decided it (its index in
    the evidence). `legal` and `level` are what the legal line and the level of healthy people alone say,
    whichever of them counts. `first` is the value over the threshold that asked for a second measurement (an
    index as well), the newest where there were several. Of the last readings that the level judged: `ppm`,
    the probability of being over the threshold in millionths, and `out_milli`, how far the person stands out
    in thousandths of the spread of healthy people."""

    verdict: ScreeningVerdict
    deciding: int | None = None
    body_mdegc: int | None = None
    legal: ScreeningVerdict = ScreeningVerdict.MISSING
    level: ScreeningVerdict = ScreeningVerdict.MISSING
    ppm: int | None = None
    out_milli: int | None = None
    first: int | None = None


class Outcome(StrEnum):
    """How a passage ends."""

    ADMIT = "admit"
    TURN_BACK = "turn_back"  # 劝返
    REFER = "refer"  # 移交
    ABANDONED = "abandoned"


class Stage(StrEnum):
    """Where a passage is on its way."""

    OPEN = "open"
    HOLD = "hold"
    PARKED = "parked"
    ENDED = "ended"


class Reason(StrEnum):
    """Stable codes; pages translate them, records keep them."""

    COMPLETE = "complete"
    TEMPERATURE_AGAIN = "temperature_again"
    TEMPERATURE_OVER_THRESHOLD = "temperature_over_threshold"
    TEMPERATURE_TOO_LOW = "temperature_too_low"
    TEMPERATURE_UNRELIABLE = "temperature_unreliable"
    CODE_INVALID = "code_invalid"
    CODE_EXPIRED = "code_expired"
    CODE_NOT_YET_VALID = "code_not_yet_valid"
    CODE_REVOKED = "code_revoked"
    CODE_UNKNOWN_ISSUER = "code_unknown_issuer"
    CODE_UNSUPPORTED = "code_unsupported"
    CODE_UNVERIFIED = "code_unverified"
    CODE_NOT_ACCEPTED = "code_not_accepted"
    CODE_ASKING = "code_asking"
    CODE_CHUNKS = "code_chunks"
    SECOND_IDENTITY = "second_identity"
    ANSWER_HOLD = "answer_hold"
    ANSWER_TURN_BACK = "answer_turn_back"
    ANSWER_REFER = "answer_refer"
    REGISTER_MISMATCH = "register_mismatch"
    REGISTER_SEVERAL = "register_several"
    REGISTER_UNREAD = "register_unread"
    WATCH_ALARM = "watch_alarm"
    EXIT_WATCHED = "exit_watched"
    QUOTA_USED = "quota_used"
    QUOTA_UNKNOWN = "quota_unknown"
    QUOTA_HOURS = "quota_hours"
    HOUSEHOLD_BALANCE = "household_balance"
    DUE = "due"
    MUST_MISSING = "must_missing"
    NO_STEP = "no_step"
    UNFINISHED = "unfinished"
    ATTENDANT = "attendant"
    NOBODY_FINISHED = "nobody_finished"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from the evidence: an outcome, a hold, or None for both while steps are missing.

    `reasons` are `Reason` codes, some with a detail behind a colon (`answer_hold:symptoms`).
    `missing` names the steps still open. `by` is the attendant of an attendant's decision,
    `override` whether it departs from what the rules said, `chosen` the reason the attendant gave. `manager`:
    one of them decided, who may admit against what an attendant alone may not.
    """

    outcome: Outcome | None
    hold: bool = False
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    by: str | None = None
    override: bool = False
    chosen: str | None = None
    command_id: str = ""
    manager: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """One stay on the bench: since when (and in which boot), why, and how long it has lasted once it
    ended (microseconds; None while it lasts). `pieces` is how much evidence the passage had when it
    began: what was measured before a rest and what after it."""

    since: Instant
    boot: int
    why: str
    by: str | None = None
    lasted_us: int | None = None
    pieces: int = 0


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody who came in a vehicle and whose own passage has ended. `against`: a platform said later, while
    the vehicle stood there, that a code of theirs rules them out. `before`: what they had ended in when the
    vehicle was decided about, `open` where they had not; "" where that decision changed nothing for them."""

    passage: int
    outcome: Outcome
    against: bool = False
    before: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One crossing by one person, from the first evidence to the outcome. `recorded` says that a row
    tells of it, so that it has to end in one. `offered` is how whoever had to be measured a second time was
    asked to go on (`rest` or `contact`, "" where nobody had to be), `rushed` whether the queue was long
    then, or else when the passage ended. `vehicle`: it is a vehicle's own, `group` the passage of the vehicle
    that somebody came in. `minute` of the day on the gate's wall when it was opened, None where the clock was
    not believed. `occupants` of a vehicle are those whose passages have ended, in that order. `corrects`: the
    passage had ended another way before, and went on as its vehicle did. `access` are the rules of who may
    pass that held when it was opened."""

    id: int
    lane: str
    direction: str
    procedure: str
    procedure_version: str
    policy_version: str
    opened: Instant
    touched: Instant
    evidence: tuple[Evidence, ...] = ()
    stage: Stage = Stage.OPEN
    ticket: int | None = None
    rests: tuple[Rest, ...] = ()
    decision: Decision | None = None
    recorded: bool = False
    offered: str = ""
    rushed: bool = False
    vehicle: bool = False
    group: int | None = None
    minute: int | None = None
    occupants: tuple[Occupant, ...] = ()
    corrects: bool = False
    access: AccessRules = OPEN

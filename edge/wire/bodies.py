"""The body of every kind of event, as pydantic models: typed for what is there, open for what comes.

Only the district, the schemas and the tests import this. A row whose body does not fit is still a
row: the models describe, they do not decide what is kept.
"""

from typing import Any

from edge.wire.access_bodies import AccessAlarmed, AccessCorrected, AccessPublished
from edge.wire.body import Body
from edge.wire.case_bodies import (
    CaseAcknowledged,
    CaseClosed,
    CaseFollowedUp,
    CaseHandedOver,
    CaseOpened,
    CaseReopened,
)
from edge.wire.duty_bodies import DutyCovered, DutyUncovered
from edge.wire.instrument_bodies import (
    CalibrationRecorded,
    CalibrationWithdrawn,
    DeviceChanged,
    InstrumentCompared,
    InstrumentDoubted,
    LevelSettled,
    LevelShifted,
    LevelWithdrawn,
)
from edge.wire.passage_bodies import CodeAnswered, DecidedBody, EffectsBody, PassageBody
from edge.wire.procedure_bodies import ProcedureFollowed, ProcedurePublished
from edge.wire.register_bodies import (
    ImportBegun,
    ImportEnded,
    PhotographKept,
    PhotographRemoved,
    RegisterAmended,
    RegisterDefined,
    RegisterEnded,
    RegisterEntered,
    RegisterImportUndone,
)
from edge.wire.report_bodies import CorrectionRecorded, EveningNoted, PaperEntered, ReportDaily


class GateStarted(Body):
    """`response_us` are the limits of the response clock (R87) in this run, by step."""

    version: str
    boot_id: str | None = None
    response_us: dict[str, int] | None = None


class ClockCorrected(Body):
    from_us: int
    to_us: int
    quality: str


class SettingsChanged(Body):
    """The numbers that measurements are judged by, and the hash that decisions name them by."""

    version: str
    screening: dict[str, Any] | None = None


class InboxOverflowed(Body):
    """The station could not keep up; so many messages of devices were refused."""

    dropped: int


class PersonalOpened(Body):
    """Somebody looked at personal fields: of a passage, of a case, of both, or, with `what`, of a list of the
    pages for a local `day` (to `until`), or those of a `trace`; with `what` `register:<name>`, of that
    register, or of one `entry` of it."""

    passage: int | None = None
    trace: int | None = None
    case: int | None = None
    what: str | None = None
    day: str | None = None
    entry: int | None = None
    until: str | None = None
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
    """An account was made, changed, closed or used. `until_us` is when its holder leaves, `heir` the account
    that their work was handed to."""

    account: str | None = None
    role: str | None = None
    by: str | None = None
    until_us: int | None = None
    heir: str | None = None


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
    "procedure.followed": ProcedureFollowed,
    "settings.changed": SettingsChanged,
    "personal.opened": PersonalOpened,
    "access.published": AccessPublished,
    "access.alarmed": AccessAlarmed,
    "access.corrected": AccessCorrected,
    "case.opened": CaseOpened,
    "case.handed_over": CaseHandedOver,
    "case.acknowledged": CaseAcknowledged,
    "case.followed_up": CaseFollowedUp,
    "case.closed": CaseClosed,
    "case.reopened": CaseReopened,
    "temperature.reported": TemperatureReported,
    "import.begun": ImportBegun,
    "import.ended": ImportEnded,
    "register.defined": RegisterDefined,
    "report.daily": ReportDaily,
    "correction.recorded": CorrectionRecorded,
    "paper.entered": PaperEntered,
    "evening.noted": EveningNoted,
    "register.entered": RegisterEntered,
    "register.amended": RegisterAmended,
    "register.ended": RegisterEnded,
    "register.import_undone": RegisterImportUndone,
    "photograph.kept": PhotographKept,
    "photograph.removed": PhotographRemoved,
    "duty.uncovered": DutyUncovered,
    "duty.covered": DutyCovered,
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

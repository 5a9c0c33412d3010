"""The bodies of rows about a case: somebody handed over for a check, until it is closed."""

from edge.wire.body import Body


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

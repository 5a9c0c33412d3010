"""The bodies of rows that reports are made of: what was sent, what was corrected, what paper pages hold."""

from edge.wire.body import Body


class ReportGap(Body):
    """Passages that belong to no day: rows `first` to `last`, between which moments nobody knows more of."""

    first: int
    last: int
    passages: int
    after_us: int | None = None
    before_us: int | None = None


class ReportDaily(Body):
    """The report of a local day that ended at 00:00 (日报、零报告), also with all zeros. `figures` are whole
    numbers by name, of all lanes together, `lanes` those of each that count passages. It tells the journal up
    to the row `upto`. `late` reports say by how much (`late_us` after `due_us`). `corrects` is the sequence
    of the report that this one corrects. Figures named `distinct…` count somebody once for the day; added
    up over days or gates they count once for each."""

    day: str
    upto: int
    due_us: int
    series: str
    site: str | None = None
    to: list[str] = []
    figures: dict[str, int]
    lanes: dict[str, dict[str, int]] = {}
    gaps: list[ReportGap] = []
    late: bool | None = None
    late_us: int | None = None
    corrects: int | None = None
    by: str | None = None
    command_id: str | None = None


class CorrectionRecorded(Body):
    """A passage, or with `paper` the row of a line of a paper page, was not as it was written: what is named
    is so from now on in reports, `void`: it was none at all. The row it is about stays as it is. `replaces`
    is that row, `day` the local day of the passage."""

    passage: int | None = None
    paper: int | None = None
    replaces: int
    day: str
    by: str
    command_id: str
    why: str
    void: bool | None = None
    outcome: str | None = None
    direction: str | None = None
    category: str | None = None
    suspected: bool | None = None


class PaperEntered(Body):
    """One line of a paper page, taken in afterwards: `written_us` is when it happened by the page, `day` its
    local day. Who it is of, and who wrote the page, is sealed. `verdict` by the gate's legal threshold."""

    day: str
    written_us: int
    direction: str
    outcome: str
    vehicle: bool | None = None
    verdict: str
    body_mdegc: int | None = None
    category: str | None = None
    reason: str | None = None
    suspected: bool | None = None
    page: str | None = None
    by: str
    command_id: str
    how: str | None = None


class EveningNoted(Body):
    """What somebody typed once in the evening for the reports of a day: names with texts or whole numbers. It
    leaves the gate and names nobody. The newest of a day counts."""

    day: str
    fields: dict[str, int | str]
    by: str
    command_id: str

"""The bodies of rows about procedures: which text lanes go by, from when on, and who chose it."""

from edge.wire.body import Body


class PublishedAcceptance(Body):
    """What a procedure accepts of health codes; days are counted `utc_offset_s` east of Greenwich, from the
    moments (microseconds UTC) in `changes` on by the seconds beside them."""

    name: str
    text: str
    utc_offset_s: int
    changes: list[list[int]] = []


class ProcedurePublished(Body):
    """The texts a version stands for; `acceptance` where the procedure asks for health codes. `source`: a
    manager chose it (`page`), went back to the file that the configuration names (`file`), or a start found a
    text that the journal did not have (`start`). `lanes` follow it at once, or from `from_us` on; `made_from`
    is the version that each of them was to follow before. `why` is a word of a list; `note` names nobody."""

    name: str
    version: str
    text: str
    acceptance: PublishedAcceptance | None = None
    lanes: list[str] = []
    source: str = "start"
    by: str | None = None
    why: str | None = None
    note: str | None = None
    from_us: int | None = None
    made_from: dict[str, str] = {}
    command_id: str | None = None


class ProcedureFollowed(Body):
    """A lane follows what was planned for it: the version of the row `published`."""

    name: str
    version: str
    published: int

"""The bodies of rows about duty: a position at a post that nobody fills. They name roles, never people."""

from edge.wire.body import Body


class DutyUncovered(Body):
    """A position of an open post has been filled by nobody since `from_us`, for longer than the site allows;
    `planned`: somebody is on the shift sheet and has not signed in."""

    post: str
    role: str
    from_us: int
    planned: bool


class DutyCovered(Body):
    """It is filled again, or the post has closed; `uncovered` is the sequence of the row that told of it."""

    post: str
    role: str
    from_us: int
    until_us: int
    uncovered: int

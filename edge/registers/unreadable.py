"""Why a file is no table, and how large one may be."""

MAX_LINES = 300_000
MAX_COLUMNS = 200


class Unreadable(ValueError):
    """A file that no lines can be read from. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

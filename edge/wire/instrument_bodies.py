"""The bodies of rows about devices: lost and back, calibrated, doubted, compared, and what their level is."""

from edge.wire.body import Body


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

"""The district's side of an event: the envelope as a model, its checks, the answer's model.

`parse_event` takes JSON from a stranger and gives an `Event` or an `EventFault`; it never raises
anything else. What the ledger already holds is not looked at here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.wire.bodies import BODIES
from edge.wire.chain import canonical, chain_hash
from edge.wire.envelope import LOCAL, OMITTED_LOCAL

_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Decimal = Annotated[str, Field(pattern=r"^-?(0|[1-9][0-9]{0,17})$")]  # fits SQLite's 64 bits
_SOURCE = r"^/gates/[A-Za-z0-9._~%-]{1,200}/[0-9a-f]{32}$"
_TYPE = r"^gatepost\.[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\.v[1-9][0-9]{0,3}$"


class EventFault(ValueError):
    """An event that cannot be taken. `sequence` is None where not even that could be read."""

    def __init__(self, message: str, sequence: int | None = None) -> None:
        super().__init__(message)
        self.sequence = sequence


class Data(BaseModel):
    """`body` as the gate hashed it; `personal` the opened fields the gate's policy forwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    body: dict[str, Any]
    personal: dict[str, Any] | None = None


class Event(BaseModel):
    """One row of a gate's journal as a CloudEvent 1.0."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    specversion: Literal["1.0"]
    source: Annotated[str, Field(pattern=_SOURCE)]
    id: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,17}$")]
    type: Annotated[str, Field(pattern=_TYPE, max_length=100)]
    time: str | None = None
    datacontenttype: Literal["application/json"] | None = None
    sequence: Annotated[str, Field(pattern=r"^[0-9]{20}$")]
    boot: Annotated[int, Field(ge=0, le=2**31 - 1)]
    monous: _Decimal
    atus: _Decimal
    clock: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    lane: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    sealedhash: _Hex
    prevhash: _Hex
    hash: _Hex
    omitted: Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")] | None = None
    data: Data | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Event":
        if int(self.sequence) != int(self.id):
            raise ValueError("`sequence` and `id` differ")
        if (self.data is None) == (self.omitted is None):
            raise ValueError("either `data` or `omitted` must be there")
        if self.omitted == OMITTED_LOCAL and self.kind not in LOCAL:
            raise ValueError(f"{self.kind} is not a local kind")
        return self

    @property
    def number(self) -> int:
        """The sequence as a number, from 1."""
        return int(self.id)

    @property
    def kind(self) -> str:
        """The row's kind, without the prefix and the version."""
        return self.type.removeprefix("gatepost.").rpartition(".v")[0]

    @property
    def gate_id(self) -> str:
        """The gate's name as it was configured."""
        return unquote(self.source.split("/")[2])

    @property
    def incarnation(self) -> str:
        """32 hexadecimal digits."""
        return self.source.split("/")[3]


class Refusal(BaseModel):
    """A row the district refuses for good."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    sequence: int
    reason: str


class Answer(BaseModel):
    """What the district says after its own commit: everything up to `acknowledged` of that
    incarnation is kept or refused for good."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    incarnation: str
    acknowledged: Annotated[int, Field(ge=0)]
    rejected: list[Refusal]
    lists: dict[str, int]
    wait_s: Annotated[int, Field(ge=0)]
    time: str


def parse_event(value: object) -> Event:
    """Return the event in a decoded JSON value; raises EventFault naming what is wrong."""
    try:
        event = Event.model_validate(value)
        if event.data is not None:
            canonical(event.data.body).encode()
            canonical(event.data.personal or {}).encode()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise EventFault(f"{where}: {first['msg']}", _legible_sequence(value)) from error
    except (ValueError, RecursionError) as error:
        raise EventFault(f"data: {type(error).__name__}", _legible_sequence(value)) from error
    return event


def verify_event(event: Event) -> bool:
    """Say whether the event's hash follows from its columns and the previous hash it names.

    An event without its data cannot be checked; it is taken at its word.
    """
    if event.data is None:
        return True
    return event.hash == hash_of(event).hex()


def hash_of(event: Event) -> bytes:
    """Return the hash the event's row must have (32 bytes)."""
    assert event.data is not None
    return chain_hash(
        bytes.fromhex(event.prevhash),
        seq=event.number,
        boot=event.boot,
        mono_us=int(event.monous),
        at_us=int(event.atus),
        clock=event.clock,
        kind=event.kind,
        lane=event.lane,
        body=canonical(event.data.body),
        sealed_sha256=bytes.fromhex(event.sealedhash),
    )


def body_fault(kind: str, body: Mapping[str, Any]) -> str | None:
    """Return where a body departs from its model, None where it fits or the kind is unknown."""
    model = BODIES.get(kind)
    if model is None:
        return None
    try:
        model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return None


def _legible_sequence(value: object) -> int | None:
    if not isinstance(value, Mapping):
        return None
    text = value.get("id")
    if isinstance(text, str) and text.isascii() and text.isdecimal() and 0 < len(text) < 19:
        return int(text) or None
    return None

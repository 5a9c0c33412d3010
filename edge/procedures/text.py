"""What a procedure's file may hold: its tables and keys, and the plan that is made of them.

What needs more than one key to be seen is wrong by `edge.procedures.faults`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool

from edge.domain.ladder import Failure
from edge.domain.model import Carrier, Outcome
from edge.domain.plan import Choice, Effect, Grounds, Question, Step, StepKind
from edge.domain.whom import ALWAYS, Hours, When, hours_of
from edge.site_files import Name, Table, wrong

# R17: nobody remembers more, and no list of regions has asked for more.
MOST_DAYS = 60

Must = Literal["identity", "information", "temperature", "mask"]
Kind = Literal["choice", "text", "number", "id_number", "tick", "date", "time", "itinerary"]
Meaning = Literal["", "hold", "turn_back", "refer"]
End = Literal["admit", "turn_back", "refer"]
# What platforms answer for, and so what one person can be asked for twice.
Answered = Literal[Carrier.CHINA_HEALTH, Carrier.CHINA_ITINERARY]


def _hours(text: str) -> str:
    if hours_of(text) is None:
        raise wrong(
            'hours are written "06:00-22:00", two different times', "时段写成“06:00-22:00”，起止不能相同"
        )
    return text


Rung = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
HoursText = Annotated[str, AfterValidator(_hours)]


class TitleTable(Table):
    """One text in both languages."""

    zh_Hans: str = Field(min_length=1)
    en: str = Field(min_length=1)


class ChoiceTable(Table):
    """`choices`: one answer that can be tapped."""

    value: Name
    title: TitleTable
    effect: Effect = Effect.OK


class QuestionTable(Table):
    """`[[step.question]]` and `[[step.instead]]`."""

    id: Name
    title: TitleTable
    kind: Kind = "choice"
    choices: tuple[ChoiceTable, ...] = ()
    personal: bool = False
    required: bool = True
    rung: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,15})?$")] = ""
    days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 0


class WhenTable(Table):
    """`[step.when]`: all of it must hold."""

    category: tuple[Name, ...] = ()
    not_category: tuple[Name, ...] = ()
    direction: Literal["", "in", "out"] = ""
    vehicle: StrictBool | None = None
    aboard: StrictBool | None = None
    hours: tuple[HoursText, ...] = ()
    answers: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = Field(default_factory=dict)


class StepTable(Table):
    """`[[step]]`."""

    id: Name
    kind: StepKind
    title: TitleTable
    must: Must | None = None
    carriers: tuple[Carrier, ...] = ()
    question: tuple[QuestionTable, ...] = ()
    instead: tuple[QuestionTable, ...] = ()
    unless: tuple[Carrier, ...] = ()
    ladder: dict[Rung, Annotated[tuple[Failure, ...], Field(min_length=1)]] = Field(default_factory=dict)
    every: tuple[Answered, ...] = ()
    covers: dict[Rung, Annotated[tuple[Answered, ...], Field(min_length=1)]] = Field(default_factory=dict)
    when: WhenTable | None = None
    required: StrictBool = True
    unfinished: Meaning = ""
    failed: Meaning = ""
    say: TitleTable | None = None
    known: StrictBool = False


class ReasonTable(Table):
    """`[[reason]]`: what an attendant can give with one tap."""

    value: Name
    title: TitleTable
    outcomes: tuple[End, ...] = Field(default=("admit", "turn_back", "refer"), alias="for", min_length=1)


class FileTable(Table):
    """The whole file."""

    title: TitleTable
    number: str = ""
    ordered: bool = True
    offered: Literal["", "first", "more"] = ""
    site: StrictBool = False
    outcomes: Annotated[tuple[End, ...], Field(min_length=1)] = ("admit", "turn_back", "refer")
    no_code_no_passage: StrictBool = False
    step: tuple[StepTable, ...] = Field(min_length=1)
    reason: tuple[ReasonTable, ...] = Field(min_length=1)


def grounds(reason: ReasonTable) -> Grounds:
    """Return the reason a table describes."""
    return Grounds(reason.value, reason.title.model_dump(), tuple(map(Outcome, reason.outcomes)))


def step(table: StepTable) -> Step:
    """Return the step a table describes."""
    questions = tuple(_question(question) for question in table.question)
    if table.kind is StepKind.TICK and not questions:
        questions = (Question(table.id, table.title.model_dump(), kind="tick"),)
    return Step(
        id=table.id,
        kind=table.kind,
        title=table.title.model_dump(),
        must=table.must,
        carriers=table.carriers,
        known=table.known,
        questions=questions,
        instead=tuple(_question(question) for question in table.instead),
        unless=table.unless,
        ladder=table.ladder,
        every=table.every,
        covers=table.covers,
        when=ALWAYS if table.when is None else _when(table.when),
        required=table.required,
        unfinished=table.unfinished,
        failed=table.failed,
        say={} if table.say is None else table.say.model_dump(),
    )


def _when(table: WhenTable) -> When:
    hours: list[Hours] = [found for text in table.hours if (found := hours_of(text)) is not None]
    return When(
        category=table.category,
        not_category=table.not_category,
        direction=table.direction,
        vehicle=table.vehicle,
        aboard=table.aboard,
        hours=tuple(hours),
        answers=table.answers,
    )


def _question(question: QuestionTable) -> Question:
    return Question(
        id=question.id,
        title=question.title.model_dump(),
        kind=question.kind,
        choices=tuple(Choice(c.value, c.title.model_dump(), c.effect) for c in question.choices),
        personal=question.personal,
        required=question.required,
        rung=question.rung,
        days=question.days,
    )

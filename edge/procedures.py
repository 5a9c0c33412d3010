"""Procedures as files: a readable TOML text becomes a `Procedure`, or every fault in it at once.

Rules that came later refuse new texts only: what a site or a journal has held since before is still read,
and `outdated` says what is to be mended in it.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from edge.domain import file_faults
from edge.domain.acceptance import NOTHING, Acceptance
from edge.domain.errors import ConfigError
from edge.domain.ladder import Failure
from edge.domain.model import Carrier, Outcome
from edge.domain.procedure import CONTACT, Choice, Effect, Grounds, Procedure, Question, Step, StepKind
from edge.domain.statements import ANSWERED, EDITION, HEALTH

SHIPPED = Path(__file__).resolve().parent.parent / "config" / "procedures"
# R76: whoever has no phone is not put through an examination.
MOST_INPUTS = 4
SYSTEM = Path("/usr/share/gatepost/procedures")

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Rung = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Title(_Table):
    zh_Hans: str = Field(min_length=1)
    en: str = Field(min_length=1)


class _Choice(_Table):
    value: _Name
    title: _Title
    effect: Effect = Effect.OK


class _Question(_Table):
    id: _Name
    title: _Title
    kind: Literal["choice", "text", "number", "id_number"] = "choice"
    choices: tuple[_Choice, ...] = ()
    personal: bool = False
    required: bool = True
    rung: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,15})?$")] = ""

    @model_validator(mode="after")
    def _fits(self) -> "_Question":
        if (self.kind == "choice") != bool(self.choices):
            raise _wrong("a choice lists its choices, other kinds have none", "choice 要列出选项，其他没有")
        if self.kind == "choice" and self.personal:
            raise _wrong("choices are no personal data", "选项不是个人信息，不写 personal")
        if self.kind == "id_number" and not self.personal:
            raise _wrong(
                "the number of an identity document is personal = true", "证件号码要 personal = true"
            )
        if self.id == CONTACT:
            raise _wrong(f"{CONTACT} is reserved for the contact thermometer", f"{CONTACT} 留给接触式体温计")
        return self


class _Step(_Table):
    id: _Name
    kind: StepKind
    title: _Title
    must: Literal["identity", "information", "temperature", "mask"] | None = None
    carriers: tuple[Carrier, ...] = ()
    question: tuple[_Question, ...] = ()
    instead: tuple[_Question, ...] = ()
    unless: tuple[Carrier, ...] = ()
    ladder: dict[_Rung, Annotated[tuple[Failure, ...], Field(min_length=1)]] = {}
    known: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _fits(self) -> "_Step":
        if self.known and self.kind is StepKind.TEMPERATURE:
            raise _wrong("no register measures a temperature", "体温不能靠名册，不写 known")
        if self.kind is StepKind.CODE and not self.carriers:
            raise _wrong("a code step names the carriers it accepts", "扫码步骤要写 carriers，列出接受的码")
        if self.kind in (StepKind.QUESTION, StepKind.FORM) and not self.question:
            raise _wrong(
                "a question or form step has at least one [[step.question]]",
                "询问或登记步骤至少要有一个 [[step.question]]",
            )
        rungs = {question.rung for question in self.instead}
        asked = [self.question, *([q for q in self.instead if q.rung == rung] for rung in rungs)]
        # Otherwise the step would be done with nothing shown and nothing answered.
        if any(questions and not any(question.required for question in questions) for questions in asked):
            raise _wrong(
                "at least one question is required (of each rung)", "（每一档）至少要有一个必答的问题"
            )
        if any(question.rung for question in self.question):
            raise _wrong("only [[step.instead]] has rungs", "只有 [[step.instead]] 可以写 rung")
        if unknown := ", ".join(sorted(self.ladder.keys() - rungs)):
            raise _wrong(
                f"ladder: no [[step.instead]] has rung {unknown}",
                f"ladder：没有哪个 [[step.instead]] 写 rung = {unknown}",
            )
        return self


class _Reason(_Table):
    value: _Name
    title: _Title
    outcomes: tuple[Literal["admit", "turn_back", "refer"], ...] = Field(
        default=("admit", "turn_back", "refer"), alias="for", min_length=1
    )


class _File(_Table):
    title: _Title
    number: str = ""
    ordered: bool = True
    step: tuple[_Step, ...] = Field(min_length=1)
    reason: tuple[_Reason, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> "_File":
        ids = [step.id for step in self.step]
        questions = [q.id for step in self.step for q in (*step.question, *step.instead)]
        for names in (ids, questions):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                listed = ", ".join(twice)
                raise _wrong(f"stands twice: {listed}", f"重复：{listed}")
        return self


def parse(
    name: str, text: str, where: str = "", *, stored: bool = False, edition: int = EDITION
) -> Procedure:
    """Return the procedure a TOML text describes; its version is the hash of the text and the edition.

    Raises ConfigError with one line per fault in both languages, `where` (a file name) in front of each.
    `stored`: the text may be older than the rules of `outdated`, and is read all the same. `edition` is how
    codes are judged (see `edge.domain.statements`), an older one for what was decided by it.
    """
    where = where or name
    try:
        file = _File.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(file_faults.not_toml(where, error)) from error
    except ValidationError as error:
        raise ConfigError([file_faults.line(where, dict(fault)) for fault in error.errors()]) from error
    told = text if edition == 1 else f"{text}\n{edition}"
    procedure = Procedure(
        name=name,
        title=file.title.model_dump(),
        version=hashlib.sha256(told.encode()).hexdigest()[:16],
        steps=tuple(_step(step) for step in file.step),
        ordered=file.ordered,
        reasons=tuple(_grounds(reason) for reason in file.reason),
        number=file.number,
        acceptance=NOTHING if edition == EDITION else replace(NOTHING, edition=edition),
    )
    if not stored and (faults := outdated(procedure, where)):
        raise ConfigError(faults)
    return procedure


def outdated(procedure: Procedure, where: str) -> list[str]:
    """Return a line for everything in a procedure that was allowed before and is no longer, in both
    languages, `where` (a file name) in front of each."""
    return [
        f"{where}: step.{index} ({step.id}): {en} / {zh}"
        for index, step in enumerate(procedure.steps)
        for en, zh in _outdated(step)
    ]


def accepting(procedure: Procedure, acceptance: Acceptance) -> Procedure:
    """Return the procedure with the rules about health codes; its version then stands for both texts.

    A procedure that asks for no health code stays as it is.
    """
    if not any(HEALTH.intersection(step.carriers) for step in procedure.steps):
        return procedure
    both = f"{procedure.version} {acceptance.version} {acceptance.utc_offset_s} {acceptance.changes}"
    version = hashlib.sha256(both.encode()).hexdigest()[:16]
    accepted = replace(acceptance, edition=procedure.acceptance.edition)
    return replace(procedure, acceptance=accepted, version=version)


def read(path: Path) -> str:
    """Return the text of a procedure's file; raises ConfigError where it cannot be read."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8; save it in that encoding / 不是 UTF-8 编码") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror} / 读不出来") from error


def folders(config_folder: Path) -> list[Path]:
    """Return where procedures are looked for, the site's own before those that ship."""
    return [config_folder / "procedures", SHIPPED, SYSTEM]


def find(name: str, folders: list[Path]) -> Path | None:
    """Return the file of the procedure with this name, from the first folder that has one."""
    for folder in folders:
        path = folder / f"{name}.toml"
        if path.is_file():
            return path
    return None


def names(folders: list[Path]) -> tuple[str, ...]:
    """Return the names of all procedures the folders hold."""
    return tuple(
        sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.toml")})
    )


def _outdated(step: Step) -> Iterator[tuple[str, str]]:
    rungs = dict.fromkeys(question.rung for question in step.instead)
    asked = {rung: [question for question in step.instead if question.rung == rung] for rung in rungs}
    with_document = {rung for rung in rungs if any(question.kind == "id_number" for question in asked[rung])}
    for rung in rungs:
        if len(asked[rung]) > MOST_INPUTS:
            yield (
                f"without a phone at most {MOST_INPUTS} inputs are asked (R76)",
                f"无手机的人最多填 {MOST_INPUTS} 项（R76）",
            )
        if Failure.REFUSED in step.ladder.get(rung, ()) and rung not in with_document:
            yield (
                f"ladder: {rung}: only a rung with an id_number stands for a code that was refused",
                f"ladder：{rung}：码已被判定不行的，只有填 id_number 的一档可以代替",
            )
    if not ANSWERED.intersection(step.carriers):
        return
    if not any(Failure.NOTHING in step.ladder.get(rung, Failure) for rung in rungs):
        yield (
            "beside codes of platforms there is a way without a phone (R76): "
            'a [[step.instead]] that may stand for "nothing"',
            '要扫平台码，就要给没有手机的人留一条路（R76）：至少一档 [[step.instead]] 可代替 "nothing"',
        )
    words = ", ".join(Failure)
    for rung in rungs:
        if rung not in step.ladder and rung not in with_document:
            yield (
                f'rung "{rung}" asks for no id_number: name it, and in [step.ladder] what it may stand for '
                f"({words})",
                f'rung "{rung}" 不填 id_number：写上 rung 名，并在 [step.ladder] 写可代替什么（{words}）',
            )


def _wrong(en: str, zh: str) -> PydanticCustomError:
    return PydanticCustomError(file_faults.SAID, "{en} / {zh}", {"en": en, "zh": zh})


def _grounds(reason: _Reason) -> Grounds:
    return Grounds(reason.value, reason.title.model_dump(), tuple(map(Outcome, reason.outcomes)))


def _step(step: _Step) -> Step:
    return Step(
        id=step.id,
        kind=step.kind,
        title=step.title.model_dump(),
        must=step.must,
        carriers=step.carriers,
        questions=tuple(_question(question) for question in step.question),
        instead=tuple(_question(question) for question in step.instead),
        unless=step.unless,
        ladder=step.ladder,
        known=step.known,
    )


def _question(question: _Question) -> Question:
    return Question(
        id=question.id,
        title=question.title.model_dump(),
        kind=question.kind,
        choices=tuple(Choice(c.value, c.title.model_dump(), c.effect) for c in question.choices),
        personal=question.personal,
        required=question.required,
        rung=question.rung,
    )

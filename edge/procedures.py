"""Procedures as files: a readable TOML text becomes a `Procedure`, or every fault in it at once."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.domain.acceptance import HEALTH, Acceptance
from edge.domain.errors import ConfigError
from edge.domain.model import Carrier, Outcome
from edge.domain.procedure import CONTACT, Choice, Effect, Grounds, Procedure, Question, Step, StepKind

SHIPPED = Path(__file__).resolve().parent.parent / "config" / "procedures"
# R76: whoever has no phone is not put through an examination.
MOST_INPUTS = 4
SYSTEM = Path("/usr/share/gatepost/procedures")

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


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
    rung: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$|^$")] = ""

    @model_validator(mode="after")
    def _fits(self) -> "_Question":
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a choice lists its choices, a text or number has none")
        if self.kind == "choice" and self.personal:
            raise ValueError("choices are no personal data")
        if self.kind == "id_number" and not self.personal:
            raise ValueError("the number of an identity document is personal = true")
        if self.id == CONTACT:
            raise ValueError(f"{CONTACT} is reserved for the contact thermometer")
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

    @model_validator(mode="after")
    def _fits(self) -> "_Step":
        if self.kind is StepKind.CODE and not self.carriers:
            raise ValueError("a code step names the carriers it accepts")
        if self.kind in (StepKind.QUESTION, StepKind.FORM) and not self.question:
            raise ValueError("a question or form step has at least one [[step.question]]")
        rungs = {question.rung for question in self.instead}
        asked = [self.question, *([q for q in self.instead if q.rung == rung] for rung in rungs)]
        # Otherwise the step would be done with nothing shown and nothing answered.
        if any(questions and not any(question.required for question in questions) for questions in asked):
            raise ValueError("at least one question is required (of each rung)")
        if any(question.rung for question in self.question):
            raise ValueError("only [[step.instead]] has rungs")
        if any(len([q for q in self.instead if q.rung == rung]) > MOST_INPUTS for rung in rungs):
            raise ValueError(f"without a phone at most {MOST_INPUTS} inputs are asked (R76)")
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
                raise ValueError(f"stands twice: {', '.join(twice)}")
        return self


def parse(name: str, text: str, where: str = "") -> Procedure:
    """Return the procedure a TOML text describes; its version is the text's own hash.

    Raises ConfigError with one line per fault, `where` (a file name) in front of each.
    """
    where = where or name
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not TOML: {error}") from error
    try:
        file = _File.model_validate(table)
    except ValidationError as error:
        raise ConfigError([_fault(where, dict(fault)) for fault in error.errors()]) from error
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Procedure(
        name=name,
        title=file.title.model_dump(),
        version=version,
        steps=tuple(_step(step) for step in file.step),
        ordered=file.ordered,
        reasons=tuple(_grounds(reason) for reason in file.reason),
        number=file.number,
    )


def accepting(procedure: Procedure, acceptance: Acceptance) -> Procedure:
    """Return the procedure with the rules about health codes; its version then stands for both texts.

    A procedure that asks for no health code stays as it is.
    """
    if not any(HEALTH.intersection(step.carriers) for step in procedure.steps):
        return procedure
    both = f"{procedure.version} {acceptance.version} {acceptance.utc_offset_s} {acceptance.changes}"
    version = hashlib.sha256(both.encode()).hexdigest()[:16]
    return replace(procedure, acceptance=acceptance, version=version)


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


def _fault(where: str, fault: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in fault["loc"]) or "file"
    return f"{where}: {place}: {fault['msg']}"


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

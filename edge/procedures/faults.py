"""What is wrong in a procedure's file although every key in it can be read: all of it at once.

Whatever of the file can be read is looked at, also where other parts of it cannot.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from edge.domain.ladder import Failure
from edge.domain.plan import CONTACT, Step, StepKind
from edge.domain.statements import ANSWERED, HEALTH
from edge.procedures.text import FileTable, QuestionTable, StepTable
from edge.site_files import Table, twice

# R76: whoever has no phone is not put through an examination.
MOST_INPUTS = 4

Words = tuple[str, str]
"""A fault in English and in Chinese."""
Fault = tuple[str, Words]
"""Where in the file, and what."""
_ASKED = (StepKind.QUESTION, StepKind.FORM, StepKind.VENUE)
M = TypeVar("M", bound=Table)


def found(raw: Mapping[str, Any], file: FileTable | None) -> Iterator[Fault]:
    """Yield every fault of a file that was read as TOML; `file` where all its keys could be read."""
    tables = [table for table in _list(raw.get("step")) if isinstance(table, Mapping)]
    read = steps(raw)
    for (index, step), table in zip(read, tables, strict=True):
        for key in ("question", "instead"):
            for number, inner in enumerate(_list(table.get(key))):
                if (question := _read(QuestionTable, inner)) is not None:
                    yield from _at(f"step.{index}.{key}.{number}", _of_question(question))
        if step is not None:
            yield from _at(f"step.{index}", _of_step(step))
    known = [step for _index, step in read if step is not None]
    yield from _at("file", _twice(known))
    if len(known) == len(tables):
        for index, step in enumerate(known):
            yield from _at(f"step.{index}.when.answers", _references(step, known[:index]))
    if file is not None:
        yield from _at("file", _of_file(file))
        yield from _ends(file)


def outdated(step: Step) -> Iterator[Words]:
    """Yield what of a step was allowed before and is no longer."""
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
    whole = [rung for rung in rungs if rung not in step.covers]
    if not any(Failure.NOTHING in step.ladder.get(rung, Failure) for rung in whole):
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


def steps(raw: Mapping[str, Any]) -> list[tuple[int, StepTable | None]]:
    """Return each step of a file with its place, None where its keys cannot be read."""
    tables = [table for table in _list(raw.get("step")) if isinstance(table, Mapping)]
    return [(index, _read(StepTable, table)) for index, table in enumerate(tables)]


def _of_question(question: QuestionTable) -> Iterator[Words]:
    if (question.kind == "choice") != bool(question.choices):
        yield "a choice lists its choices, other kinds have none", "choice 要列出选项，其他没有"
    if question.kind in ("choice", "tick") and question.personal:
        yield "choices are no personal data", "选项不是个人信息，不写 personal"
    if question.kind == "id_number" and not question.personal:
        yield "the number of an identity document is personal = true", "证件号码要 personal = true"
    if (question.kind == "itinerary") != bool(question.days):
        yield (
            "an itinerary says how many days it asks about (days = 14), other kinds do not",
            "itinerary 要写问最近几天（days = 14），其他没有",
        )
    if question.id == CONTACT:
        yield f"{CONTACT} is reserved for the contact thermometer", f"{CONTACT} 留给接触式体温计"


def _of_step(step: StepTable) -> Iterator[Words]:
    rungs = {question.rung for question in step.instead}
    for check in (_asks, _codes, _means):
        yield from check(step, rungs)
    asked = [step.question, *([q for q in step.instead if q.rung == rung] for rung in sorted(rungs))]
    # Otherwise the step would be done with nothing shown and nothing answered.
    if any(questions and not any(question.required for question in questions) for questions in asked):
        yield "at least one question is required (of each rung)", "（每一档）至少要有一个必答的问题"
    if any(question.rung for question in step.question):
        yield "only [[step.instead]] has rungs", "只有 [[step.instead]] 可以写 rung"


def _asks(step: StepTable, _rungs: set[str]) -> Iterator[Words]:
    if step.kind in _ASKED and not step.question:
        yield (
            "a question, form or venue step has at least one [[step.question]]",
            "询问、登记或场所码步骤至少要有一个 [[step.question]]",
        )
    if step.kind is StepKind.TICK and any(question.kind != "tick" for question in step.question):
        yield 'a tick step has questions of kind "tick" only, or none', "tick 步骤只能有 tick，也可以不写问题"
    if step.kind is StepKind.VENUE and step.question and step.question[0].kind != "choice":
        yield (
            "the first question of a venue step is a choice: what the visitor's phone shows",
            "场所码步骤的第一个问题要用 choice：来人手机上显示什么",
        )


def _codes(step: StepTable, rungs: set[str]) -> Iterator[Words]:
    if step.kind is StepKind.CODE and not step.carriers:
        yield "a code step names the carriers it accepts", "扫码步骤要写 carriers，列出接受的码"
    for key, named in (("ladder", step.ladder), ("covers", step.covers)):
        if unknown := ", ".join(sorted(named.keys() - rungs)):
            yield (
                f"{key}: no [[step.instead]] has rung {unknown}",
                f"{key}：没有哪个 [[step.instead]] 写 rung = {unknown}",
            )
    if unread := ", ".join(sorted(set(step.every) - set(step.carriers))):
        yield f"every: not among the carriers: {unread}", f"every：carriers 里没有 {unread}"
    for rung, carriers in step.covers.items():
        if unasked := ", ".join(sorted(set(carriers) - set(step.every))):
            yield (
                f"covers: {rung}: not among those of every: {unasked}",
                f"covers：{rung}：every 里没有 {unasked}",
            )


def _means(step: StepTable, _rungs: set[str]) -> Iterator[Words]:
    if step.kind is StepKind.TEMPERATURE and step.failed:
        yield (
            "whoever is over the threshold is referred after a second measurement; failed changes nothing",
            "体温超过阈值经第二次测量后移交，failed 在这里没有作用",
        )
    if step.kind is StepKind.TEMPERATURE and step.known:
        yield "no register measures a temperature", "体温不能靠名册，不写 known"
    if step.must and not step.required:
        yield "what fulfils a must is required", "属于四必的步骤不能写 required = false"
    if step.unfinished and not step.required:
        yield (
            "a step that is not required can be left out; unfinished says nothing of it",
            "required = false 的步骤可以不做，unfinished 在这里没有作用",
        )


def _twice(steps: Sequence[StepTable]) -> Iterator[Words]:
    ids = [step.id for step in steps]
    questions = [q.id for step in steps for q in (*step.question, *step.instead)]
    questions += [step.id for step in steps if step.kind is StepKind.TICK and not step.question]
    for found in filter(None, map(twice, (ids, questions))):
        yield f"stands twice: {found}", f"重复：{found}"


def _references(step: StepTable, before: Sequence[StepTable]) -> Iterator[Words]:
    """Whoever is to be asked something because of an answer must have been asked for that answer."""
    asked = {q.id: (q, earlier) for earlier in before for q in earlier.question}
    ticks = {e.id for e in before if e.kind is StepKind.TICK and not e.question and e.required}
    for name, values in step.when.answers.items() if step.when else ():
        question, earlier = asked.get(name, (None, None))
        if question is None or earlier is None or question.kind not in ("choice", "tick"):
            if name not in ticks:
                yield f"{name}: no earlier step asks this with choices", f"{name}：前面没有这个选择题"
            continue
        if not question.required or not earlier.required or earlier.unless or earlier.known:
            yield (
                f"{name}: may go unasked (required = false, unless, known): nothing can depend on it",
                f"{name}：可能不问（required = false、unless、known），不能作条件",
            )
        there = {choice.value for choice in question.choices} or {"yes"}
        if unknown := ", ".join(sorted(set(values) - there)):
            yield f"{name}: has no choice {unknown}", f"{name}：没有选项 {unknown}"


def _of_file(file: FileTable) -> Iterator[Words]:
    if not any(step.required for step in file.step):
        yield "at least one step is required", "至少要有一个必做的步骤"
    if "admit" not in file.outcomes:
        yield 'outcomes: nobody could pass without "admit"', 'outcomes：没有 "admit" 就没有人能通过'
    reads = [step for step in file.step if not HEALTH.isdisjoint(step.carriers)]
    if file.no_code_no_passage and not reads:
        yield "no_code_no_passage: no step reads a health code", "no_code_no_passage：没有扫健康码的步骤"
    if file.no_code_no_passage and any(not _has_lawful_way(step) for step in reads):
        yield (
            "no_code_no_passage always stands beside a way without a phone (R76): a rung with an id_number "
            'that may stand for "nothing"',
            "no_code_no_passage 必须同时给没有手机的人留一条路（R76）：填 id_number 的一档可代替 “nothing”",
        )


def _has_lawful_way(step: StepTable) -> bool:
    return any(
        question.kind == "id_number"
        and question.rung not in step.covers
        and Failure.NOTHING in step.ladder.get(question.rung, tuple(Failure))
        for question in step.instead
    )


def _ends(file: FileTable) -> Iterator[Fault]:
    """Yield what would end in an outcome the file says it never ends in."""
    there = set(file.outcomes)
    for index, step in enumerate(file.step):
        effects = {c.effect.value for q in (*step.question, *step.instead) for c in q.choices}
        wanted = (effects | {step.failed, step.unfinished}) & {"turn_back", "refer"}
        if step.kind is StepKind.TEMPERATURE:
            wanted |= {"refer"}
        for outcome in sorted(wanted - there):
            yield (
                f"step.{index}",
                (
                    f"can end in {outcome}, which outcomes does not name",
                    f"可能以 {outcome} 结束，而 outcomes 没有列出",
                ),
            )
    for index, reason in enumerate(file.reason):
        if "outcomes" in reason.model_fields_set and (
            unknown := ", ".join(sorted(set(reason.outcomes) - there))
        ):
            yield (
                f"reason.{index}",
                (f"for: outcomes does not name {unknown}", f"for：outcomes 没有列出 {unknown}"),
            )


def _at(place: str, words: Iterator[Words]) -> Iterator[Fault]:
    return ((place, pair) for pair in words)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _read(model: type[M], raw: Any) -> M | None:
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None

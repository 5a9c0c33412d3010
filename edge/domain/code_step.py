"""How a step stands that codes complete: by the codes, by a rung of the ladder beside them, or not yet.

Pure. What is believed of codes is `edge.domain.statements`, what is enough `edge.domain.acceptance`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from edge.domain import statements
from edge.domain.acceptance import Judged, judge
from edge.domain.conditions import Stated
from edge.domain.facts import Fact
from edge.domain.identity import comparable
from edge.domain.ladder import Failure, Lack, lack
from edge.domain.model import Carrier, Code, CodeVerdict, Evidence, Reason
from edge.domain.plan import Effect, Question, Step
from edge.domain.step_status import Given, StepState, StepStatus, asked_status, effect_of

# Codes that are not done yet, rather than doubtful.
_PENDING = {
    statements.ASKING: Reason.CODE_ASKING,
    "chunks_missing": Reason.CODE_CHUNKS,
    "chunks_mixed": Reason.CODE_CHUNKS,
}

_TELLS = {Carrier.CHINA_HEALTH: Fact.COLOUR, Carrier.CHINA_ITINERARY: Fact.ITINERARY}
_SHORT = {Carrier.CHINA_HEALTH: "health", Carrier.CHINA_ITINERARY: "itinerary"}


def code_status(step: Step, given: Given) -> StepStatus:
    """Return how a step stands that wants a code, or each of several (`Step.every`)."""
    edition = given.acceptance.edition
    judged = judge(given.acceptance, given.evidence, step.carriers, given.category)
    last = statements.last_words(given.evidence, (*step.carriers, *step.unless))
    fitting = [code for _first, _piece, code in last]
    if edition == 1:
        fitting = [code for code in given.codes if code.carrier in (*step.carriers, *step.unless)]
    lacks = _lacks(step, given, last, judged)
    instead = _instead(step, given, lacks)
    # What speaks against a person is for the attendant to decide by name: no other code and no answer
    # makes up for it, and while a platform is asked it may come yet.
    if not judged.against and not judged.asks:
        if instead is not None and instead.state is StepState.FAILED:
            return replace(instead, wants=_corrigible(step, given))
        if _is_shown(step, given, fitting, judged, lacks):
            return StepStatus(step, StepState.DONE)
        if instead is not None:
            return instead
    wants = () if judged.against else _rungs_left(step, given, lacks)
    unshown = _unshown(step, given, lacks)
    if unshown and not judged.shortfalls and any(code.verdict is CodeVerdict.VALID for code in fitting):
        judged = replace(judged, shortfalls=unshown, waits=True)
    state, reasons = _why_not(fitting, judged, edition, any_read=bool(given.codes))
    return StepStatus(step, state, reasons, wants)


def _lacks(
    step: Step, given: Given, last: Sequence[tuple[int, Evidence, Code]], judged: Judged
) -> Mapping[str, Lack]:
    """Return by rung why the codes it may stand for do not do."""
    edition = given.acceptance.edition
    whole = lack(given.evidence, last, judged, edition)
    found = {question.rung: whole for question in step.instead}
    for rung, carriers in step.covers.items():
        one = [word for word in last if word[2].carrier in carriers]
        found[rung] = lack(given.evidence, one, Judged(asks=judged.asks), edition)
    return found


def _is_shown(
    step: Step, given: Given, fitting: Sequence[Code], judged: Judged, lacks: Mapping[str, Lack]
) -> bool:
    """Say whether the codes themselves do, and where a step wants each of several, every one of them."""
    good = [code for code in fitting if code.verdict is CodeVerdict.VALID]
    if any(code.carrier in step.unless for code in good):
        return True
    health = statements.health_of(given.acceptance.edition)
    if not step.every:
        return judged.way is not None or any(code.carrier not in health for code in good)
    seen = {f"needs_{_SHORT[carrier]}" for carrier in _covered(step, given, lacks)}
    enough = judged.way is not None or (
        judged.waits and bool(judged.shortfalls) and seen >= {*judged.shortfalls}
    )
    return enough and not _unshown(step, given, lacks)


def _unshown(step: Step, given: Given, lacks: Mapping[str, Lack]) -> tuple[str, ...]:
    """Return a word for each code that is still to be shown of those of which each has to be, or for who it
    was that showed them: two codes that say nothing both say may be two people's (R14)."""
    good = statements.good(given.evidence, step.every, given.acceptance.edition)
    covered = _covered(step, given, lacks)
    of = {
        carrier: [s for s in good if s.carrier is carrier or s.says(_TELLS[carrier])]
        for carrier in step.every
    }
    words = [
        f"needs_{_SHORT[carrier]}" for carrier in step.every if not of[carrier] and carrier not in covered
    ]
    shown = [of[carrier] for carrier in step.every if of[carrier] and carrier not in covered]
    if len(shown) > 1 and not any(_are_ones(one, other) for one in shown[0] for other in shown[1]):
        words.append("needs_same_person")
    return tuple(words)


def _are_ones(one: Stated, other: Stated) -> bool:
    """Say whether two codes are known to be of one person; where they differ they hold by themselves."""
    return one is other or comparable(one.code.personal, other.code.personal)


def _covered(step: Step, given: Given, lacks: Mapping[str, Lack]) -> frozenset[Carrier]:
    """Return the codes that somebody has seen on the phone and that no scanner read."""
    return frozenset(
        carrier
        for rung, carriers in step.covers.items()
        if _rung(step, given, rung, lacks[rung]).state is StepState.DONE
        for carrier in carriers
    )


def _instead(step: Step, given: Given, lacks: Mapping[str, Lack]) -> StepStatus | None:
    """Return how far the ladder got that stands beside a code; None while no rung is complete. What was
    seen on one rung (a phone that is not green) is not made good by another."""
    done: StepStatus | None = None
    for rung, lacking in lacks.items():
        status = _rung(step, given, rung, lacking)
        if status.state is StepState.FAILED:
            return status
        if status.state is StepState.DONE and rung not in step.covers:
            done = done or status
    return done


def _rung(step: Step, given: Given, rung: str, lacking: Lack) -> StepStatus:
    """Return how one rung stands; one that may not stand for this failure is missing, whatever was said."""
    questions = [question for question in step.instead if question.rung == rung]
    status = asked_status(step, questions, given.answers)
    if status.state is not StepState.DONE:
        return status
    required = [question for question in questions if question.required]
    stands = _may_stand(step, rung, lacking) and all(
        _is_fresh(step, question, given, lacking) for question in required
    )
    if stands or _stood(step, required, given, lacking):
        return status
    return replace(status, state=StepState.MISSING)


def _stood(step: Step, questions: Sequence[Question], given: Given, lacking: Lack) -> bool:
    """Say whether a rung was answered while its code had no answer: the good one that came late is no
    reason to ask for more than then."""
    return all(
        Failure.UNANSWERED in step.ladder.get(question.rung, ())
        and lacking.first < given.places.get(question.id, -1) < lacking.until
        for question in questions
    )


def _corrigible(step: Step, given: Given) -> tuple[Question, ...]:
    """Return the questions whose answer stands against the step: a wrong tap can be corrected."""
    said = given.answers
    return tuple(
        question
        for question in step.instead
        if question.id in said and effect_of(question, said[question.id]) not in (Effect.OK, Effect.REPEAT)
    )


def _rungs_left(step: Step, given: Given, lacks: Mapping[str, Lack]) -> tuple[Question, ...]:
    """Return what is still to be answered on the rungs that may stand for the codes now."""
    return tuple(
        question
        for question in step.instead
        if _may_stand(step, question.rung, lacks[question.rung])
        and (
            not _is_fresh(step, question, given, lacks[question.rung])
            or effect_of(question, given.answers[question.id]) is Effect.REPEAT
        )
    )


def _may_stand(step: Step, rung: str, lacking: Lack) -> bool:
    return rung not in step.ladder or lacking.failure in step.ladder[rung]


def _is_fresh(step: Step, question: Question, given: Given, lacking: Lack) -> bool:
    """Say whether a question is answered for the code that failed: a phone that was looked at before it
    showed this code says nothing of it. A rung that needs no code is about the person."""
    failures = step.ladder.get(question.rung, (Failure.NOTHING,))
    first = -1 if Failure.NOTHING in failures else lacking.first
    return given.places.get(question.id, -1) > first


def _why_not(
    fitting: Sequence[Code], judged: Judged, edition: int, *, any_read: bool
) -> tuple[StepState, tuple[str, ...]]:
    """Return how a code step stands that no code completes; `any_read`: some code was."""
    newest = fitting[-1] if fitting else None
    unverified = newest is not None and newest.verdict is CodeVerdict.UNVERIFIED
    pending = _PENDING.get(newest.reason or "") if newest is not None and unverified else None
    if pending is not None and not judged.against:
        return StepState.MISSING, (pending,)
    if judged.shortfalls:
        words = tuple(f"{Reason.CODE_NOT_ACCEPTED}:{word}" for word in judged.shortfalls)
        return (StepState.MISSING if judged.waits else StepState.FAILED), words
    if judged.asks and edition > 1:  # nobody is held for one code while the word about another is due
        return StepState.MISSING, (Reason.CODE_ASKING,)
    if newest is not None:
        return StepState.FAILED, (f"code_{newest.verdict}",)
    if any_read:
        return StepState.FAILED, (Reason.CODE_NOT_ACCEPTED,)
    return StepState.MISSING, ()

"""What can be answered wherever the registers are asked, whatever the procedure asks besides. Pure."""

from edge.domain.access import CHOSEN, DIFFERS, FACE, FITS, PURPOSE, ROSTER, AccessRules
from edge.domain.plan import Choice, Procedure, Question

_ROSTER = Question(
    ROSTER,
    {"zh_Hans": "证件号、车牌、手机号或后四位、姓名", "en": "ID number, plate, phone or its last four, name"},
    "text",
    personal=True,
)
_CHOSEN = Question(CHOSEN, {"zh_Hans": "是哪一位？", "en": "Which of them?"}, "number")
_FACE = Question(
    FACE,
    {"zh_Hans": "与照片是同一人吗？", "en": "Is it the person on the photograph?"},
    "choice",
    (
        Choice(FITS, {"zh_Hans": "是本人", "en": "The same person"}),
        Choice(DIFFERS, {"zh_Hans": "与照片不符", "en": "Somebody else"}),
    ),
)


def question_of(procedure: Procedure, access: AccessRules, name: str) -> Question | None:
    """Return the question with this id, of the procedure or of the rules of access: who somebody is by a few
    signs, which of several, whether it is the one on the photograph, what they come or go for."""
    found = procedure.question(name)
    if found is not None or not access.version:
        return found
    if name == PURPOSE and access.purposes:
        choices = tuple(Choice(value, title) for value, title in access.purposes)
        return Question(PURPOSE, {"zh_Hans": "事由", "en": "Purpose"}, "choice", choices)
    return {ROSTER: _ROSTER, CHOSEN: _CHOSEN, FACE: _FACE}.get(name)

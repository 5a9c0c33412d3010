"""Why a line was rejected, in words of both languages. Knows no request."""

from collections.abc import Sequence

from edge.web.words import LANGUAGES, say


def faults_text(faults: Sequence[Sequence[str]], language: str) -> str:
    """Return why a line was rejected, in one language."""
    between = "、" if language == "zh_Hans" else " or "
    told = []
    for names, code in faults:
        fields = between.join(say("roster_field", name, language) for name in names.split("|") if name)
        words = say("import_fault", code, language)
        told.append(f"{fields}：{words}" if language == "zh_Hans" else f"{fields} {words}".strip())
    return ("；" if language == "zh_Hans" else "; ").join(told).lstrip("：")


def faults_both(faults: Sequence[Sequence[str]]) -> str:
    """Return why a line was rejected, in both languages."""
    return " / ".join(faults_text(faults, language) for language in LANGUAGES)

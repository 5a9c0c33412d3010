"""The daily report, the bulletin and the one-page summary as files for office programs: csv and xlsx.

Figures and what was typed in the evening only, nobody's name. Figures are numbers, so that they can be added
up; what an office program would run as a formula is text.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date

from flask import Blueprint, Response, request

from edge.domain.errors import FormError
from edge.reports.sending import Cumulative, Known
from edge.web import report_words
from edge.web.afterwards import EVENING
from edge.web.code_words import CodeWords
from edge.web.gate import Gate
from edge.web.languages import language_of
from edge.web.reports import asked_day, bulletin_of
from edge.web.roles import allow
from edge.web.twice_daily import FILES, Cells
from edge.web.words import say
from edge.wire import bulletin as form
from edge.wire import summary

Noted = Mapping[str, int | str]


def blueprint(gate: Gate) -> Blueprint:
    """Return `/review/reports/file`."""
    routes = Blueprint("report_files", __name__)

    @routes.get("/review/reports/file")
    @allow("manager", "observer")
    def file() -> Response:
        wanted, of = asked_day(gate), request.args.get("of", "")
        written = request.args.get("format", "")
        if of not in ("daily", "summary", "bulletin") or written not in FILES:
            raise FormError("bad_query")
        language = language_of(gate)
        with closing(gate.reader()) as reader:
            noted = gate.reports.taking.noted(reader, wanted)
            if of == "bulletin":
                lines = _bulletin(gate, gate.reports.cumulative(reader, wanted), CodeWords(gate, language))
            else:
                known = gate.reports.known(reader, wanted)
                lines = _day(known, noted, CodeWords(gate, language), short=of == "summary")
            mimetype, write = FILES[written]
            answer = Response(write([*_head(gate, of, wanted, language), *lines]), mimetype=mimetype)
        name = f"{of}-{wanted.isoformat()}.{written}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    return routes


def _head(gate: Gate, of: str, day: date, language: str) -> Iterator[Cells]:
    yield [say("report", of, language), gate.name, gate.reports.terms.site or "", day.isoformat()]


def _day(known: Known, noted: Noted, words: CodeWords, *, short: bool) -> Iterator[Cells]:
    """Yield the figures of a day as they stand and as they were sent, of the gate and of each lane, then
    what was typed in the evening."""
    language = words.language
    sent = known.sent[0] if known.sent else None
    for one in known.sent:
        word = "correction" if one.corrects else "sent_at"
        late = say("report", "late", language) if one.late else ""
        yield [say("report_text", word, language), one.seq, late]
    titles = [say("report_text", code, language) for code in ("figure", "now", "as_sent")]
    yield [*titles, *known.now.lanes]
    first = sent.figures if sent else {}
    every = dict(known.now.figures) | first
    names = summary.FIGURES if short else [n for _, some in report_words.sections(every) for n in some]
    for name in names:
        told = (known.now.figures.get(name, ""), first.get(name, ""))
        lanes = (found.get(name, "") for found in known.now.lanes.values())
        yield [words.figure(name), *told, *lanes]
    for name in EVENING:
        if name in noted:
            yield [say("report_text", name, language), noted[name]]


def _bulletin(gate: Gate, told: Cumulative, words: CodeWords) -> Iterator[Cells]:
    """Yield the bulletin's sentence and its figures, of the day and added up."""
    language, texts = words.language, bulletin_of(gate, told)["texts"]
    yield [say("report_text", "as_sent", language), texts["as_sent"]]
    if told.changed:
        yield [say("report_text", "now", language), texts["now"]]
    yield [form.NOTE[0 if language == "zh_Hans" else 1]]
    columns = (
        *(("of_day", "as_sent", told.day), ("of_day", "now", told.day_corrected)),
        *(("cumulative", "as_sent", told.as_sent), ("cumulative", "now", told.corrected)),
    )
    heads = [
        f"{say('report_text', span, language)} · {say('report_text', how, language)}"
        for span, how, _ in columns
    ]
    yield [say("report_text", "figure", language), *heads]
    for name in form.FIGURES:
        yield [words.figure(name), *(found.get(name, "") for _, _, found in columns)]

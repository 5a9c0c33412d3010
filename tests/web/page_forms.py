"""A page's forms as a browser sends them, without one: every field with its value, and the button pressed."""

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


class Form:
    """One form of a page."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: MultiDict[str, str] = MultiDict()
        self.buttons: list[dict[str, str]] = []

    def press(self, client: FlaskClient, name: str, value: str, **typed: str) -> TestResponse:
        """Press a button; what was typed takes the place of what the fields held."""
        button = next(b for b in self.buttons if b.get("name") == name and b.get("value") == value)
        assert "disabled" not in button
        return self.send(client, button.get("formaction", self.action), {name: value}, **typed)

    def send(self, client: FlaskClient, action: str, more: dict[str, str], **typed: str) -> TestResponse:
        sent = self.fields.copy()
        for key, text in typed.items():
            sent.setlist(key, [text])
        for key, text in more.items():
            sent.add(key, text)
        return client.post(action.partition("#")[0], data=sent)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if not self.forms:
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag == "button":
            form.buttons.append(given)
        elif tag == "input" and name:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                form.fields.add(name, given.get("value", ""))
        elif tag == "textarea":
            self._text = name
            form.fields.add(name, "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in form.fields):
            form.fields.setlist(self._select, [given.get("value", "")])

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            fields = self.forms[-1].fields
            # A browser drops the line break that follows the tag.
            before = fields[self._text]
            fields.setlist(self._text, [before + (data.removeprefix("\n") if not before else data)])


def forms_of(answer: TestResponse) -> list[Form]:
    """Return the forms of a page, in their order."""
    parser = _Parser()
    parser.feed(answer.get_data(as_text=True))
    return parser.forms


def form_of(answer: TestResponse, action: str) -> Form:
    """Return the form whose action ends so."""
    return next(form for form in forms_of(answer) if form.action.partition("#")[0].endswith(action))


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def attributes(answer: TestResponse, name: str) -> list[str]:
    """Return every value of an attribute of a page, in its order."""
    found: list[str] = []

    class Look(HTMLParser):
        def handle_starttag(self, _tag: str, attrs: list[tuple[str, Any]]) -> None:
            found.extend(value for key, value in attrs if key == name)

    Look().feed(text(answer))
    return found

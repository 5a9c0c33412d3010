"""Who gives the command in hand, and under which id it is carried out once."""

from flask import request

from edge.domain.errors import FormError
from edge.registers.drafts import Order
from edge.web import forms
from edge.web.roles import Principal, principal


def asker() -> Principal:
    """Return who is asking. Raises FormError `unauthorized` where a view let somebody in without a name."""
    who = principal()
    if who is None:
        raise FormError("unauthorized", status=401)
    return who


def order_of(command_id: str) -> Order:
    """Return the head of a command with this id."""
    return Order(command_id, asker().account)


def form_order() -> Order:
    """Return the head of the command that a page's form gives. Raises FormError `bad_value`."""
    given = forms.checked_as(forms.BeginBody, {"command_id": request.form.get("command_id", "")})
    return order_of(given.command_id)

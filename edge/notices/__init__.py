"""Telling people who are not at the gate: what happened, what is overdue, how the day was.

Facts come from the journal's rows after a cursor of each recipient's own, so that none is lost while a server
is away; what is wrong now comes from health. Nothing personal is ever part of a message.
"""

from edge.notices.lines import KINDS, Line, line_of
from edge.notices.messenger import Messenger, Recipient, Sources

__all__ = ["KINDS", "Line", "Messenger", "Recipient", "Sources", "line_of"]

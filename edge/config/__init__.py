"""The configuration: what may be written, reading it, every fault at once, and its documentation.

Must not import drivers or procedures; they are handed in as values.
"""

from edge.config.faults import Fault
from edge.config.load import Drivers, Loaded, Procedures, examine, load
from edge.config.model import Codes, Gate, Lane, Settings, Store, Uplink, Web
from edge.config.platforms import Platform
from edge.config.screening import Screening
from edge.config.words import LANGUAGES, Text, language

__all__ = [
    "LANGUAGES",
    "Codes",
    "Drivers",
    "Fault",
    "Gate",
    "Lane",
    "Loaded",
    "Platform",
    "Procedures",
    "Screening",
    "Settings",
    "Store",
    "Text",
    "Uplink",
    "Web",
    "examine",
    "language",
    "load",
]

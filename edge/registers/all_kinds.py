"""The registers of people and things, by name."""

from edge.registers.households import HOUSEHOLDS
from edge.registers.kinds import Kind
from edge.registers.people import PEOPLE
from edge.registers.regions import REGIONS
from edge.registers.vehicles import VEHICLES
from edge.registers.watch import WATCH

KINDS: dict[str, Kind] = {one.register: one for one in (PEOPLE, VEHICLES, HOUSEHOLDS, WATCH, REGIONS)}

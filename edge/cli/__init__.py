"""The `gatepost` command. Each group of commands is a module, imported only when it is called."""

import importlib

import click

# command -> module:attribute; imported on use, so that `gatepost --help` answers in under 0.3 s.
COMMANDS = {
    "run": ("edge.cli.run:run", "The daemon."),
    "config": ("edge.cli.config:config", "Check, show or write a configuration."),
    "doctor": ("edge.cli.doctor:doctor", "Look at every device, the clock, the card, the uplink."),
    "drivers": ("edge.cli.drivers:drivers", "The drivers with their options."),
    "thermometer": ("edge.cli.thermometer:thermometer", "Read a thermometer."),
    "calibrate": ("edge.cli.calibrate:calibrate", "What a thermometer is off by: ten pairs of readings."),
    "scan": ("edge.cli.scan:scan", "Read codes in images or videos."),
    "code": ("edge.cli.code:code", "Check payloads."),
    "trust": ("edge.cli.trust:trust", "Import or show trust lists."),
    "pass": ("edge.cli.passes:passes", "Issue resident passes and venue codes."),
    "replay": ("edge.cli.replay:replay", "Decide stored evidence again and name every difference."),
    "screening": ("edge.cli.screening:screening", "Judge a file of temperature readings as the gate would."),
    "journal": ("edge.cli.journal:journal", "Verify, back up, restore, export, rebuild, purge."),
    "report": ("edge.cli.report:report", "The daily report, the bulletin, ledgers."),
    "outbox": ("edge.cli.outbox:outbox", "What the district has not acknowledged."),
    "user": ("edge.cli.user:user", "Accounts of attendants, managers, observers."),
    "people": ("edge.cli.registers:people", "The register of people: import a file of an office."),
    "vehicles": ("edge.cli.registers:vehicles", "The register of vehicles: import a file."),
    "households": ("edge.cli.registers:households", "The register of households: import a file."),
    "watch": ("edge.cli.registers:watch", "The watch list: import a file."),
    "regions": (
        "edge.cli.registers:regions",
        "The list of regions and their levels: import a file of an office.",
    ),
    "clock": ("edge.cli.clock:clock", "See or set the clock by hand."),
    "version": ("edge.cli.version:version", "Print the version."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table, not from the modules: `--help` must not import OpenCV.
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=_LazyGroup)
def main() -> None:
    """Gatepost runs a gate: it measures, reads codes, asks, decides and writes down."""

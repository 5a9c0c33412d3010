"""`gatepost run`: the daemon."""

import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click


@click.command()
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Configuration file.")
def run(config: Path | None) -> None:
    """Run the gate until it is told to stop."""
    from edge import app
    from edge import config as configuration
    from edge.app.gate import run_gate
    from edge.domain.errors import ConfigError, JournalError

    try:
        loaded = configuration.load(
            config, os.environ, drivers=app.drivers_registry, procedures=app.procedure_names
        )
        _log_to_stderr(loaded.log_level, loaded.log_format)
        status = run_gate(loaded, on_ready=_ready, on_secrets=_show_once)
    except ConfigError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        sys.exit(3)
    except JournalError as error:
        click.echo(str(error), err=True)
        sys.exit(5)
    sys.exit(status)


def _ready(port: int) -> None:
    click.echo(f"pages / 页面: port {port}", err=True)


def _show_once(accounts: Sequence[tuple[str, str, str]]) -> None:
    """First start only: the secrets are shown here and nowhere else."""
    for name, role, secret in accounts:
        click.echo(f"account / 账号 {name} ({role}): {secret}", err=True)


def _log_to_stderr(level: str, form: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        _Json() if form == "json" else logging.Formatter("%(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level, handlers=[handler])


class _Json(logging.Formatter):
    """One JSON object a line, for journald."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)

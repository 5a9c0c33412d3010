"""What the pages get of a gate."""

from edge.app.folder import cookie_secret
from edge.app.lanes import twice_daily_of
from edge.app.parts import Parts
from edge.registers.photographs import Photographs
from edge.web.gate import Gate


def gate_of(parts: Parts) -> Gate:
    """Return what the pages know and may ask of these parts."""
    gate = parts.settings.gate
    banners = ["simulated"] if any(device["simulated"] for device in parts.health.devices()) else []
    if parts.environ.get("GATEPOST_SIMULATED_ATTENDANT"):
        banners.append("attendant")  # the demo: no person answers here, and the pages say so
    return Gate(
        name=gate.name,
        gate_id=gate.id,
        language=parts.loaded.language or gate.language,
        timezone=gate.timezone,
        lanes=tuple(parts.lanes),
        procedures={lane.spec.procedure.name: lane.spec.procedure for lane in parts.lanes.values()},
        incarnation=lambda: parts.journal.incarnation,
        secret=cookie_secret(parts.state),
        submit=parts.station.submit,
        view=parts.view,
        view_changed=parts.views,
        reader=parts.journal.reader,
        unseal=parts.journal.unseal,
        append=parts.write,
        status=parts.health.status,
        metrics=parts.health.metrics,
        bell=parts.bell,
        now=parts.now,
        state=parts.state,
        stop=parts.stop,
        cases=parts.cases,
        reports=parts.reports,
        book=parts.book,
        imports=parts.imports,
        photographs=Photographs(parts.journal, parts.now, parts.changed),
        district_lists=parts.lists.status,
        ledgers=parts.ledgers,
        board=parts.board,
        publishing=parts.publishing,
        duty=parts.duty,
        access=parts.access,
        banners=tuple(banners),
        preview=parts.equipment.preview,
        trust=parts.trusted,
        twice_daily=twice_daily_of(parts.settings),
        venue_code=parts.settings.codes.venue_code,
    )

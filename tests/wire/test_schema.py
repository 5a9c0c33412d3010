"""docs/wire/ is what the models say today, and what the gate writes passes it."""

import json
import subprocess
import sys

import jsonschema
import pytest

from edge import wire
from edge.wire.bodies import BODIES
from edge.wire.schema import schemas
from tests.paths import ROOT
from tests.wire.test_events import good, passages

pytestmark = pytest.mark.system

FOLDER = ROOT / "docs" / "wire"


def test_the_published_schemas_are_current() -> None:
    published = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert published == schemas(), "run python -m edge.wire.schema"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return schemas()


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_schema_is_a_schema(kind: str, made: dict[str, str]) -> None:
    schema = json.loads(made[f"{kind}.v{wire.version(kind)}.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"gatepost.{kind}.v{wire.version(kind)}"


def test_a_recorded_passage_passes_the_published_schema() -> None:
    for row in passages():
        schema = json.loads((FOLDER / f"{row.kind}.v1.json").read_text("utf-8"))
        event = good(type=f"gatepost.{row.kind}.v1", data={"body": json.loads(wire.canonical(row.body))})
        jsonschema.validate(event, schema)
        del event["data"]["body"]["musts"]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(event, schema)


def test_the_daemon_does_not_load_the_models() -> None:
    text = "import sys, edge.uplink; print([n in sys.modules for n in ('edge.wire.bodies', 'pydantic')])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[False, False]"

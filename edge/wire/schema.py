"""Writes the JSON Schema of every event into docs/wire/: `python -m edge.wire.schema [FOLDER]`."""

import json
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import create_model

from edge.wire.bodies import BODIES
from edge.wire.body import Body
from edge.wire.envelope import version
from edge.wire.received import Answer, Data, Event


def schemas() -> dict[str, str]:
    """Return file name -> text of every schema."""
    texts = {f"{kind}.v{version(kind)}.json": _text(_event_schema(kind)) for kind in BODIES}
    texts["answer.json"] = _text(_schema(Answer.model_json_schema(), "The district's answer to a batch"))
    return texts


def write(folder: Path) -> list[Path]:
    """Write every schema into `folder`; return the files whose text changed."""
    changed = []
    for name, text in schemas().items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


def _event_schema(kind: str) -> dict[str, Any]:
    name = f"gatepost.{kind}.v{version(kind)}"
    model: type[Body] = BODIES[kind]
    data: Any = create_model("EventData", __base__=Data, body=(model, ...))
    type_of_kind: Any = Literal[name]
    made = create_model("KindEvent", __base__=Event, type=(type_of_kind, ...), data=(data | None, None))
    return _schema(made.model_json_schema(), name)


def _schema(made: dict[str, Any], title: str) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made | {"title": title}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs" / "wire"
    target.mkdir(parents=True, exist_ok=True)
    for changed_path in write(target):
        sys.stdout.write(f"{changed_path}\n")

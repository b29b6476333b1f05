"""`python -m infra.stored_shapes [check]`: the stored shapes of all records, in docs/records.json (ADR 79).

A shape is what the class of a kind accepts of an item: its attributes with their types, as JSON Schema, which
of them are required, and which are sealed. `make generate` writes the document, and a release copies it to a
file beside it. The check compares both: an item of the last release must still be readable. It refuses an
attribute that was removed, renamed, is newly required, accepts less, or is sealed in another way; and a kind
that was removed, or has another table or key, or shares other fields in a bundle. The attributes of a class
that upcasts items of the released shape are not compared; `make upgrade` reads real ones.

What a validator of Python refuses is not in a schema, and so it is not compared.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import typer
from pydantic.json_schema import models_json_schema

from chalicelib.core.schemas import Schemas
from chalicelib.privacy import register
from chalicelib.privacy.personal import Record

_DOCS = Path(__file__).parent.parent / "docs"
PLACE, RELEASED = _DOCS / "records.json", _DOCS / "records.released.json"

# Kinds that no class declares any more, and why none of their items is stored.
RETIRED: Mapping[str, str] = {}

Schema: TypeAlias = dict[str, Any]
_REF = "#/$defs/{model}"
_WORDS = ("title", "description", "examples")  # for readers of the schema


def document(records: Iterable[type[Record]]) -> Schema:
    """Return the shape of each record class by its kind."""
    made, whole = models_json_schema(
        [(record, "validation") for record in records], ref_template=_REF, schema_generator=Schemas
    )
    definitions = whole["$defs"]
    return {
        record.declaration.kind: _shape(record, _inlined(schema, definitions))
        for (record, _), schema in made.items()
        if issubclass(record, Record)
    }


def _shape(record: type[Record], schema: Schema) -> Schema:
    declaration = record.declaration
    return {
        "table": declaration.table.value,
        "key": declaration.key_class.value,
        "shape": 1 + len(declaration.upcasts),
        "bundle": list(declaration.bundle.shared) if declaration.bundle else None,
        "sealed": sorted(declaration.sealed_fields()),
        "required": sorted(schema.get("required", [])),
        "attributes": schema["properties"],
    }


def _inlined(schema: Any, definitions: Schema) -> Any:  # noqa: ANN401 - any JSON
    """The schema with its definitions in place of references, and without words for readers."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions) | beside
    return {
        name: {each: _inlined(one, definitions) for each, one in value.items()}
        if name == "properties"
        else _inlined(value, definitions)
        for name, value in schema.items()
        if name not in _WORDS
    }


def text() -> str:
    """Return the document as it is in docs."""
    return _laid_out(document(register.records()), 3) + "\n"


def _laid_out(value: Any, levels: int) -> str:  # noqa: ANN401 - any JSON
    """JSON with an entry per line in its upper levels, so that a change of an attribute is one line."""
    if not levels or not isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    lines = (f"{json.dumps(name)}: {_laid_out(one, levels - 1)}" for name, one in sorted(value.items()))
    return "{\n" + ",\n".join(lines) + "\n}"


def refused(before: Mapping[str, Schema], now: Mapping[str, Schema]) -> Iterator[str]:
    """Yield what makes items of the shapes before unreadable now, by kind and attribute."""
    for kind, old in before.items():
        new = now.get(kind)
        if new is None:
            if kind not in RETIRED:
                yield f"{kind}: no class declares this kind; keep it, or say in RETIRED why no item is stored"
            continue
        for name in ("table", "key", "bundle"):
            if old[name] != new[name]:
                yield f"{kind}: {name} was {old[name]} and is {new[name]}"
        if new["shape"] < old["shape"]:
            yield f"{kind}: shape {new['shape']} is older than {old['shape']}"
        if new["shape"] == old["shape"]:
            yield from (f"{kind}: {why}" for why in _differences(old, new))


def _differences(old: Schema, new: Schema) -> Iterator[str]:
    attributes = new["attributes"]
    for name, schema in old["attributes"].items():
        if name not in attributes:
            yield f"{name} was removed or renamed"
        elif (name in old["sealed"]) is not (name in new["sealed"]):
            yield f"{name} is sealed in one of the two only"
        elif not accepts(attributes[name], schema):
            yield f"{name} may accept less than before"
    for name in sorted(set(new["required"]) - set(old["required"])):
        yield f"{name} is required, and was not"


def accepts(new: Schema, old: Schema) -> bool:
    """Return whether a schema accepts every value of an older one, as far as that is plain to see."""
    if new == old:
        return True
    wanted, given = old.get("anyOf", [old]), new.get("anyOf", [new])
    if len(wanted) > 1 or len(given) > 1:
        return all(any(accepts(one, each) for one in given) for each in wanted)
    return all(_accepts_by(word, new, old) for word in {*new, *old})


def _accepts_by(word: str, new: Schema, old: Schema) -> bool:  # noqa: PLR0911 - one rule for each word
    """Return whether the rule of one keyword is not stricter than before."""
    is_, was = new.get(word), old.get(word)
    if is_ == was or word == "default":
        return is_ == was or (is_ is not None and was is None)
    match word:
        case "enum" | "const":
            words = [old["const"]] if "const" in old else old.get("enum")
            allowed = [new["const"]] if "const" in new else new.get("enum")
            return allowed is None or (words is not None and all(one in allowed for one in words))
        case "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties":
            return is_ is None or (was is not None and is_ >= was)
        case "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties":
            return is_ is None or (was is not None and is_ <= was)
        case "required":
            return set(is_ or ()) <= set(was or ())
        case "properties":
            return all(
                name in (is_ or {}) and accepts((is_ or {})[name], one) for name, one in (was or {}).items()
            )
        case "items" | "additionalProperties" | "propertyNames":
            return isinstance(is_, dict) and isinstance(was, dict) and accepts(is_, was)
        case _:
            return is_ is None and word in {"pattern", "format"}


def main(*words: str) -> int:
    """Write the document, or compare it with that of the last release; return the exit status."""
    if words != ("check",):
        PLACE.write_text(text())
        return 0
    if not RELEASED.exists():
        typer.echo("stored shapes: there is no release yet, so nothing is compared")
        return 0
    found = list(refused(json.loads(RELEASED.read_text()), document(register.records())))
    for line in found:
        typer.echo(f"stored shapes: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

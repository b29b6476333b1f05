"""Generates the JSON Schema (2020-12) of a package from the declarations and the shapes.

The root describes data.json. The definitions include the manifest and `ChatLine`, one line of
chat/messages.ndjson. A test keeps docs/export.schema.json equal to it. No field of a record is required:
fields without a value are left out, and a portability copy has fewer fields.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.core.schemas import Schemas
from chalicelib.privacy import words
from chalicelib.rights.copy.manifest import SCHEMA, ChatShape, DocumentPart, Head, Manifest, SectionShape
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.selection import CopyPart, selection
from chalicelib.stream.export.parts import AnyPart

Schema = dict[str, Any]

_REF = "#/$defs/{model}"
_NAMED = re.compile(r"#/\$defs/([^\"]+)")
_CHAT_LINE = "ChatLine"
_SHAPES: tuple[type[DocumentPart], ...] = (Head, SectionShape, ChatShape, Manifest)


@cache
def text() -> str:
    """Return the document as it is in a package and in docs; the same in every package of a version."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def document() -> Schema:
    """Build the schema."""
    parts = selection(CopyKind.ACCESS).parts
    refs, definitions = _definitions(parts.values())
    head, beside = (definitions.pop(shape.__name__) for shape in (Head, SectionShape))
    sections = {kind: _section(part, beside, refs.get(part.model)) for kind, part in parts.items()}
    kinds = "Records by kind. A portability copy does not contain all kinds"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "A copy of a subject's data at RU4M",
        "description": "The answer to a request for access (Art. 15 GDPR) or portability (Art. 20 GDPR).",
        **_object(
            {
                **head["properties"],
                "sections": {**_object(sections, required=()), "description": kinds},
                "chat": refs[ChatShape],
            },
            required=(*head["required"], "sections", "chat"),
        ),
        "$defs": {**definitions, _CHAT_LINE: _chat_line()},
    }


def _definitions(parts: Iterable[CopyPart]) -> tuple[dict[type[BaseModel], Schema], Schema]:
    """Return a reference for each class, and the definitions that the references refer to."""
    disclosed = {part.model: part for part in parts if part.fields}
    classes = (*disclosed, *_SHAPES)
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in classes]
    made, whole = models_json_schema(models, ref_template=_REF, schema_generator=Schemas)
    refs = {model: made[(model, "serialization")] for model in classes}
    definitions: Schema = whole["$defs"]
    for name in definitions.keys() - {shape.__name__ for shape in DocumentPart.all()}:
        definitions[name].pop("description", None)  # a docstring for readers of the code
    for model, part in disclosed.items():
        definition = definitions[refs[model]["$ref"].rpartition("/")[2]]
        definition["title"] = words.title(part.kind)
        definition["properties"] = {n: p for n, p in definition["properties"].items() if n in part.fields}
        definition.pop("required", None)
    return refs, _reachable(definitions, refs.values())


def _reachable(definitions: Schema, start: Iterable[Schema]) -> Schema:
    """The definitions that something refers to; those of withheld fields are left out."""
    found, ahead = set[str](), [*start]
    while ahead:
        for name in set(_NAMED.findall(json.dumps(ahead.pop()))) - found:
            found.add(name)
            ahead.append(definitions[name])
    return {name: definition for name, definition in definitions.items() if name in found}


def _chat_line() -> Schema:
    """Build the schema of a chat line. Its definitions are separate: names overlap with ours."""
    return TypeAdapter(AnyPart).json_schema(
        mode="serialization", ref_template=f"#/$defs/{_CHAT_LINE}/$defs/{{model}}", schema_generator=Schemas
    )


def _section(part: CopyPart, beside: Schema, record: Schema | None) -> Schema:
    held = {"items": record} if record else {"maxItems": 0}
    properties = {**beside["properties"], "records": {"type": "array", **held}}
    return {**_object(properties, required=(*beside["required"], "records")), "title": words.title(part.kind)}


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape

"""The JSON Schema (2020-12) of a package, made from the declarations and the shapes.

Its root is data.json; the manifest is among its definitions, and `ChatLine`, one line of
chat/messages.ndjson. A test holds docs/export.schema.json equal to it. No field of a record is required:
what a record does not hold is left out, and a copy for taking along has fewer.
"""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.chat.export import AnyPart
from chalicelib.core.schemas import Schemas
from chalicelib.rights.export import words
from chalicelib.rights.export.manifest import SCHEMA, ChatShape, DocumentPart, Head, Manifest, SectionShape
from chalicelib.rights.export.model import CopyKind
from chalicelib.rights.export.selection import CopyPart, selection

Schema = dict[str, Any]

_REF = "#/$defs/{model}"
_CHAT_LINE = "ChatLine"
_SHAPES: tuple[type[DocumentPart], ...] = (Head, SectionShape, ChatShape, Manifest)


def text() -> str:
    """The document as it stands in a package and in docs."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def document() -> Schema:
    """The schema."""
    parts = selection(CopyKind.ACCESS).parts
    refs, definitions = _definitions(parts.values())
    head, beside = (definitions.pop(shape.__name__) for shape in (Head, SectionShape))
    sections = {kind: _section(part, beside, refs.get(part.model)) for kind, part in parts.items()}
    told = "By kind of record; a copy for taking along leaves some out"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "A copy of somebody's data at RU4M",
        "description": "Answers a request for access (Art. 15 GDPR) or portability (Art. 20 GDPR).",
        **_object(
            {
                **head["properties"],
                "sections": {**_object(sections, required=()), "description": told},
                "chat": refs[ChatShape],
            },
            required=(*head["required"], "sections", "chat"),
        ),
        "$defs": {**definitions, _CHAT_LINE: _chat_line()},
    }


def _definitions(parts: Iterable[CopyPart]) -> tuple[dict[type[BaseModel], Schema], Schema]:
    """A reference for each class, and what the references refer to."""
    told = {part.model: part for part in parts if part.fields}
    classes = (*told, *_SHAPES)
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in classes]
    made, whole = models_json_schema(models, ref_template=_REF, schema_generator=Schemas)
    refs = {model: made[(model, "serialization")] for model in classes}
    definitions: Schema = whole["$defs"]
    for name in definitions.keys() - {shape.__name__ for shape in DocumentPart.all()}:
        definitions[name].pop("description", None)  # a docstring, for whoever reads our code
    for model, part in told.items():
        definition = definitions[refs[model]["$ref"].rpartition("/")[2]]
        definition["title"] = words.title(part.kind)
        definition["properties"] = {n: p for n, p in definition["properties"].items() if n in part.fields}
        definition.pop("required", None)
    return refs, definitions


def _chat_line() -> Schema:
    """With definitions of its own: a profile at Stream is not the profile here."""
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

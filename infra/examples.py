"""Examples for the contract: a whole value for each schema, the same at each generation.

A schema's own `examples` come first. Otherwise the value follows from its type, format and pattern, with all
properties, so that a reader sees each of them. Tests hold that each is valid, and send those of requests.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

_LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TEXTS: Mapping[str, str] = _LISTED["texts"]
WHOLE: Mapping[str, Any] = _LISTED["whole"]  # by component
_FORMATS = {
    "date": "1994-05-17",
    "date-time": "2026-11-30T12:00:00Z",
    "uri": "https://api.ru4m.com/v1/health",
    "uuid": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}
# Of fields without examples, by their patterns.
_BY_PATTERN = {
    "^[A-Z]{2}$": "RS",
    "^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$": "sr-Latn",
    "^[a-z_]{1,40}$": "diagnostics",
    "^[A-Za-z]+[0-9]{0,3}([._/-][A-Za-z]+[0-9]{0,3})*$": "meeting",
    "^[A-Za-z0-9][A-Za-z0-9 ().,+_/-]*$": "Pixel 9",
    "^[0-9A-Za-z_@-]{1,255}$": "5bd33f0a-6a86-4f0a-9d43-1f0c6b8f2c11",
    "^[0-9A-Za-z_-]{80,400}$": "k3ZrT9aQ" * 10,
    r"^(terms|privacy)-\d{4}-\d{2}-\d{2}$": "privacy-2024-05-08",
}
_ID = re.compile(r"\^([a-z]+_)\[[0-9a-z]+\]\{26\}\$")
_WORDS = re.compile(r"\^\(([a-z_]+)[a-z_|]*\)\$")


class NoExample(ValueError):
    """A field needs an example: in its declaration, or by its name in examples.toml."""


def example_of(schema: Schema, components: Mapping[str, Schema], name: str = "") -> Any:  # noqa: ANN401 - any JSON
    """A value that a schema allows.

    Args:
        schema: of JSON, with references to components.
        components: the schemas of the document, by name.
        name: of the component or operation, and of the field that has the value, as `Controller.name`.

    Raises:
        NoExample: a text has no pattern that is known here, no examples, and an unknown name.
    """
    if ref := schema.get("$ref"):
        component = ref.rpartition("/")[2]
        if component in WHOLE:
            return WHOLE[component]
        field = name.rpartition(".")[2]
        return example_of(components[component], components, f"{component}.{field}")
    own = (schema["const"],) if "const" in schema else ()
    if known := (*own, *schema.get("examples", ()), *schema.get("enum", ())):
        return known[0]
    if "allOf" in schema:
        return _merged(schema, components, name)
    if several := schema.get("oneOf") or schema.get("anyOf"):
        return example_of(several[0], components, name)
    return _by_type(schema, components, name)


def _merged(schema: Schema, components: Mapping[str, Schema], name: str) -> dict[str, Any]:
    own = {key: value for key, value in schema.items() if key != "allOf"}
    parts = (example_of({"type": "object", **part}, components, name) for part in (*schema["allOf"], own))
    return {key: value for part in parts for key, value in part.items()}


def _by_type(schema: Schema, components: Mapping[str, Schema], name: str) -> Any:  # noqa: ANN401 - as above
    match schema.get("type"):
        case "object":
            return _object(schema, components, name)
        case "array":
            return [example_of(schema["items"], components, name)]
        case "integer":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return True
        case "null":
            return None
    return _text(schema, name)


def _object(schema: Schema, components: Mapping[str, Schema], name: str) -> dict[str, Any]:
    """All properties; of a mapping, one member."""
    owner = name.partition(".")[0]
    properties: Schema = schema.get("properties", {})
    found = {key: example_of(one, components, f"{owner}.{key}") for key, one in properties.items()}
    if names := schema.get("propertyNames"):
        found[example_of(names, components)] = example_of(schema["additionalProperties"], components)
    return found


def _text(schema: Schema, name: str) -> str:
    if name in TEXTS and "." in name:
        return TEXTS[name]
    pattern = schema.get("pattern", "")
    if of_id := _ID.fullmatch(pattern):
        return f"{of_id[1]}0a1b2c3d4e5f6g7h8j9kmnpqrs"
    if words := _WORDS.fullmatch(pattern):
        return words[1]
    by_name = TEXTS.get(name) or TEXTS.get(name.rpartition(".")[2])
    found = _BY_PATTERN.get(pattern) or _FORMATS.get(schema.get("format", "")) or by_name
    if found is None:
        raise NoExample(f"{name} needs an example: in its declaration, or in examples.toml")
    return found

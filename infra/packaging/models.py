"""botocore's descriptions of AWS, reduced to what the functions call.

A client reads the description of its whole service at its creation, and `endpoints.json` of all services and
regions. Of a service only the operations stay that the sources name; of the regions, those of the EU. A cold
start then reads a twentieth. An operation that is missing raises AttributeError at its first call, and the
tests on the local cloud call each.
"""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import botocore
from botocore import xform_name

from chalicelib.core.settings import eu_region

Model = dict[str, Any]

_DATA = Path(botocore.__file__).parent / "data"
_SERVICE = "service-2.json.gz"
_ENDPOINTS = "endpoints.json"
# The parts that a client needs no text from.
_TEXTS = frozenset({"documentation", "documentationUrl"})
# Signing of SES has a name of its own in the endpoints, and credentials of a role come from STS.
_BESIDE = frozenset({"email", "sts"})
# Operations that botocore describes its own calls by: a form that uploads to S3 has the address of this one.
_UNNAMED = frozenset({"create_bucket"})


def write_models(sources: Path, services: Iterable[str], target: Path) -> None:
    """Write the reduced descriptions into the tree of a package.

    Args:
        sources: the folder with the modules of the functions.
        services: the services that they call.
        target: the tree to which `botocore/data` is added.
    """
    words, names = named_in(sources) | _UNNAMED, frozenset(services)
    data = target / "botocore" / "data"
    for service in sorted(names):
        for found in sorted((_DATA / service).glob(f"*/{_SERVICE}")):
            model = json.loads(gzip.decompress(found.read_bytes()))
            place = data / found.relative_to(_DATA)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(gzip.compress(_text(reduced(model, words)), mtime=0))
    endpoints = json.loads((_DATA / _ENDPOINTS).read_text(encoding="utf-8"))
    (data / _ENDPOINTS).write_bytes(_text(reduced_endpoints(endpoints, names | _BESIDE)))


def named_in(sources: Path) -> frozenset[str]:
    """Return all words that may name an operation: text constants and attributes."""
    return frozenset(word for path in sources.rglob("*.py") for word in _words(path))


def _words(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Attribute(attr=name):
                yield name


def reduced(model: Model, words: frozenset[str]) -> Model:
    """Return the description of a service with the named operations only, and without texts."""
    operations = {name: one for name, one in model["operations"].items() if xform_name(name) in words}
    shapes = model["shapes"]
    needed, ahead = set[str](), set(_shapes_in(operations))
    while ahead:
        name = ahead.pop()
        needed.add(name)
        ahead |= set(_shapes_in(shapes[name])) - needed
    kept = {name: shapes[name] for name in shapes if name in needed}
    # The other parts stay whole: botocore reads the texts of some.
    return {**model, "operations": _without_texts(operations), "shapes": _without_texts(kept)}


def _shapes_in(part: Any) -> Iterator[str]:  # noqa: ANN401 - a value of JSON
    """Return the names of the shapes to which a part of a description refers."""
    match part:
        case {"shape": str(name), **more}:
            yield name
            yield from _shapes_in(more)
        case dict():
            for value in part.values():
                yield from _shapes_in(value)
        case list():
            for value in part:
                yield from _shapes_in(value)


def _without_texts(part: Any) -> Any:  # noqa: ANN401 - a value of JSON
    match part:
        case dict():
            return {
                name: _without_texts(value)
                for name, value in part.items()
                if not (name in _TEXTS and isinstance(value, str))
            }
        case list():
            return [_without_texts(value) for value in part]
        case _:
            return part


def reduced_endpoints(endpoints: Model, services: frozenset[str]) -> Model:
    """Return the endpoints of the partitions with regions in the EU: those regions, and some services."""
    partitions = []
    for partition in endpoints["partitions"]:
        regions = {name: one for name, one in partition["regions"].items() if _is_in_eu(name)}
        if regions:
            named = {
                name: _in_regions(one, regions.keys())
                for name, one in partition["services"].items()
                if name in services
            }
            partitions.append({**partition, "regions": regions, "services": named})
    return {**endpoints, "partitions": partitions}


def _in_regions(service: Model, regions: Iterable[str]) -> Model:
    kept = set(regions)
    endpoints = {name: one for name, one in service.get("endpoints", {}).items() if name in kept}
    return {**service, "endpoints": endpoints}


def _is_in_eu(region: str) -> bool:
    try:
        eu_region(region)
    except ValueError:
        return False
    return True


def _text(value: Model) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=False).encode()

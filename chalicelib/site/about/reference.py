"""The API reference for app developers: a page of the contract that the stage serves (not in production).

The page is made of the document at its first request, so it cannot differ from it.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from chalicelib.core import page
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, pairs, tag

Part = dict[str, Any]
_PROBLEM = "application/problem+json"
_ITEM = re.compile(r"^(?:-|\d\.) ", re.MULTILINE)
_BOUNDS = {
    "format": "{}", "pattern": "{}", "minimum": "at least {}", "maximum": "at most {}",
    "minLength": "at least {} characters", "maxLength": "at most {} characters",
    "minItems": "at least {}", "maxItems": "at most {}",
}  # fmt: skip


@cache
def reference_page() -> Html:
    """Build the page."""
    document = json.loads((Path(__file__).parent / "openapi.json").read_text())
    return Html().join(_Reference(document).parts())


class _Reference:
    def __init__(self, document: Part) -> None:
        self._document = document
        self._shared: Part = document["components"]
        self._routes: dict[str, list[tuple[str, Part]]] = defaultdict(list)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                self._routes[operation["tags"][0]].append((f"{method.upper()} {path}", operation))

    def parts(self) -> Iterator[Html]:
        info, tags = self._document["info"], self._document["tags"]
        title = f"{info['title']} API"
        yield page.opening(title, Language.ENGLISH)
        yield Html('<div class="page">')
        yield tag("header", tag("h1", title), tag("p", *_prose(info["description"]), class_="lead"))
        yield tag("nav", *self._contents(tags), aria_label="Contents")
        yield Html("<main>")
        for one in tags:
            yield tag("h2", one["name"], id=f"tag-{one['name']}")
            yield tag("p", *_prose(one["description"]))
            yield from (self._route(*route) for route in self._routes[one["name"]])
        yield tag("h2", "Problems", id="problems")
        yield from map(self._problem, sorted(self._shared["examples"]))
        yield tag("h2", "Schemas", id="schemas")
        for name, schema in sorted(self._shared["schemas"].items()):
            if not name.endswith("Problem"):
                yield _card(name, f"schema-{name}", schema)
        yield Html("</main></div></body></html>\n")

    def _contents(self, tags: list[Part]) -> Iterator[Html]:
        for one in tags:
            yield tag("h2", tag("a", one["name"], href=f"#tag-{one['name']}"))
            links = (_link(name, operation["operationId"]) for name, operation in self._routes[one["name"]])
            yield tag("ul", *(tag("li", link) for link in links))
        yield tag("h2", tag("a", "Problems", href="#problems"))
        yield tag("h2", tag("a", "Schemas", href="#schemas"))

    def _route(self, name: str, operation: Part) -> Html:
        content = operation.get("requestBody", {}).get("content", {})
        found = [(status, self._resolved(answer)) for status, answer in operation["responses"].items()]
        return tag(
            "section",
            tag("h3", tag("code", name)),
            tag("p", tag("strong", *_prose(operation["summary"]))),
            *_paragraphs(operation.get("description", "")),
            tag("p", "Needs a session" if operation["security"] else "Public", class_="quiet"),
            _fields("Parameters", [self._parameter(one) for one in operation.get("parameters", ())]),
            *(tag("h4", f"Body, {media}") + _content(one) for media, one in content.items()),
            *chain.from_iterable(
                self._answer(*one) for one in found if _PROBLEM not in one[1].get("content", {})
            ),
            tag("h4", "Problems"),
            tag("ul", *chain.from_iterable(self._problems(*one) for one in found)),
            class_="card", id=operation["operationId"],
        )  # fmt: skip

    def _resolved(self, answer: Part) -> Part:
        shared: Part = self._shared["responses"]
        return shared[_name(answer["$ref"])] if "$ref" in answer else answer

    def _parameter(self, one: Part) -> tuple[str, ...]:
        needed = f"{one['in']}, {'required' if one['required'] else 'optional'}"
        about = Html("{} {}").format(_described(one), _type(one["schema"]))
        return (tag("code", one["name"]), needed, about, tag("code", str(one["example"])))

    def _answer(self, status: str, answer: Part) -> Iterator[Html]:
        headers = [(name, one["description"]) for name, one in answer.get("headers", {}).items()]
        yield tag("h4", f"Answer {status}")
        yield tag("p", _described(answer))
        if headers:
            yield pairs(*headers)
        yield from map(_content, answer.get("content", {}).values())

    def _problems(self, status: str, answer: Part) -> Iterator[Html]:
        for name in answer.get("content", {}).get(_PROBLEM, {}).get("examples", {}):
            code = self._shared["examples"][name]["value"]["code"]
            about = _described(self._shared["schemas"][f"{name}Problem"])
            yield tag("li", f"{status} ", _link(code, f"problem-{code}"), ": ", about)

    def _problem(self, name: str) -> Html:
        problem = self._shared["examples"][name]["value"]
        title, anchor = f"{problem['status']} {problem['code']}", f"problem-{problem['code']}"
        return _card(title, anchor, self._shared["schemas"][f"{name}Problem"], _example(problem))


def _card(title: str, anchor: str, schema: Part, *more: Html) -> Html:
    needed, is_problem = schema.get("required", ()), "allOf" in schema
    rows = [
        (tag("code", field), "required" if field in needed else "optional", _described(of), _type(of))
        for field, of in schema.get("properties", {}).items()
        if not (is_problem and field == "code")  # the title has it
    ]
    shape = Html() if rows or is_problem else tag("p", _type(schema))
    parts = [*_paragraphs(schema.get("description", "")), shape, _fields("Fields", rows)]
    return tag("section", tag("h3", tag("code", title)), *parts, *more, class_="card", id=anchor)


def _described(schema: Part) -> Html:
    return Html().join(_prose(schema.get("description", "")))


def _fields(title: str, rows: Sequence[tuple[str, ...]]) -> Html:
    heads = ("Name", "Needed", "Description", "Example" if title == "Parameters" else "Type")
    return tag("h4", title) + page.table(heads, rows) if rows else Html()


def _content(content: Part) -> Html:
    return tag("p", _type(content["schema"])) + (_example(content["example"]) if "example" in content else "")


def _type(schema: Part) -> Html:
    if "$ref" in schema:
        return _link(_name(schema["$ref"]), f"schema-{_name(schema['$ref'])}")
    if options := schema.get("oneOf") or schema.get("anyOf"):
        return Html(" or ").join(dict.fromkeys(map(_type, options)))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum") or [schema["const"]]
        return Html(", ").join(tag("code", str(value)) for value in values)
    bounds = [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    kind = Html("list of ") + _type(schema["items"]) if "items" in schema else schema.get("type", "anything")
    return Html(", ").join([Html.escape(kind), *(tag("code", one) for one in bounds)])


def _example(value: object) -> Html:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return tag("details", tag("summary", "Example"), tag("code", text, class_="v"))


def _paragraphs(text: str) -> Iterator[Html]:
    for part in filter(None, text.split("\n\n")):
        before, *items = _ITEM.split(part)
        yield tag("ul", *(tag("li", *_prose(item)) for item in items)) if items else tag("p", *_prose(before))


def _prose(text: str) -> Iterator[Html]:
    """A text in which backticks are around code."""
    for index, part in enumerate(text.split("`")):
        yield tag("code", part) if index % 2 else Html.escape(part)


def _link(text: str, anchor: str) -> Html:
    return tag("a", tag("code", text), href=f"#{anchor}")


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]

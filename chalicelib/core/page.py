"""The parts that readable pages have in common: head, policy, times and tables.

`core/page_style` has their style. A page is self-contained: one style, and a content security policy that
forbids everything else. By default it has no script and makes no request.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

from chalicelib.core.clock import ZONE, day_of
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, tag
from chalicelib.core.page_style import STYLE
from chalicelib.core.phrases import in_script


def hash_source(inline: str) -> str:
    """Return the source expression by which a content security policy allows one inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


POLICY = f"default-src 'none'; style-src {hash_source(STYLE)}; base-uri 'none'; form-action 'none'"


def opening(heading: str, language: Language, *more: Html, policy: str = POLICY) -> Html:
    """Build the beginning of a document, up to the opened body.

    Args:
        heading: the title.
        language: of the whole document.
        more: further elements of the head.
        policy: the content security policy, if the page needs more than its style.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="robots", content="noindex"),
        tag("title", heading),
        tag("style", Html(STYLE)),
        *more,
    )
    return Html('<!doctype html>\n<html lang="{}">{}\n<body>').format(language, head)


def instant(at: datetime, language: Language) -> Html:
    """Build an instant in Belgrade time."""
    there, day = at.astimezone(ZONE), in_script(day_in_words(day_of(at), language), language)
    between = in_script(". u", language) if language.is_serbian else ","
    return tag("time", f"{day}{between} {there:%H:%M %Z}", datetime=there.isoformat())


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Html:
    """Build a table, which a phone shows as a stack of labelled values.

    ARIA roles are explicit, because browsers drop them when a table is shown as a stack.
    """
    labels = [tag("th", head, scope="col", role="columnheader") for head in heads]
    body = [
        tag(
            "tr",
            *(tag("td", cell, role="cell", data_label=head) for head, cell in zip(heads, row, strict=True)),
            role="row",
        )
        for row in rows
    ]
    return tag(
        "table",
        tag("thead", tag("tr", *labels, role="row"), role="rowgroup"),
        tag("tbody", *body, role="rowgroup"),
        role="table",
    )

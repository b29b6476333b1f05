"""The parts that readable pages have in common: head, policy, style, times and tables.

A page is self-contained: one style, for phones, desktops, dark mode and paper, and a content security policy
that forbids everything else. By default it has no script and makes no request.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.core.clock import ZONE, day_of
from chalicelib.core.languages import Language, day_in_words
from chalicelib.core.markup import Html, tag
from chalicelib.core.phrases import in_script

# Each text colour on both grounds has a contrast of 4.5 at least (WCAG 2.2, 1.4.3); a test computes it.
LIGHT = {
    "ground": "#f6f7f9", "card": "#ffffff", "text": "#17202b", "quiet": "#55606e", "link": "#0b5a8a",
    "line": "#d8dde3", "warn": "#8a4b00",
}  # fmt: skip
DARK = {
    "ground": "#10151b", "card": "#19212a", "text": "#e6ebf0", "quiet": "#a3afbc", "link": "#86c5ee",
    "line": "#33404d", "warn": "#f2b866",
}  # fmt: skip


def _colours(of: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in of.items())


_SCREEN = """
*{box-sizing:border-box}
html{color-scheme:light dark;scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .75rem}
h2{font-size:1.35rem;line-height:1.3;margin:2.5rem 0 .9rem}
h3{font-size:1.15rem;line-height:1.3;margin:0}
h4{font-size:.9rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0}
code{font:.875em ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.page{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 3rem}
.page>header .card{margin-top:1.3rem}
.lead{font-size:1.05rem;max-width:44rem}
.quiet{color:var(--quiet)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1.1rem;margin:0 0 1rem}
.card>:first-child,.card>dl:first-child>dt:first-child{margin-top:0}
.warn{border-left:.3rem solid var(--warn)}
.warn strong{color:var(--warn)}
.note{padding:.1rem 0 .1rem .8rem;margin:1rem 0}
.head{display:flex;flex-wrap:wrap;gap:.1rem .8rem;align-items:baseline;justify-content:space-between}
.count{color:var(--quiet);font-size:.9rem;white-space:nowrap}
dl{margin:.8rem 0 0;display:grid;grid-template-columns:1fr;gap:0}
dt{color:var(--quiet);font-size:.875rem;margin-top:.6rem}
dd{margin:0;min-width:0}
.v,dd,td,li,code{overflow-wrap:anywhere}
.v{white-space:pre-wrap}
dd,td{overflow:clip}
ul{margin:.4rem 0;padding-left:1.2rem}
li{margin:.25rem 0}
summary{cursor:pointer}
nav{font-size:.925rem}
nav ul{list-style:none;padding:0}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
nav h2{font-size:1rem;margin:0 0 .4rem}
.scroll{margin-top:.8rem}
table{width:100%;border-collapse:collapse;font-size:.925rem}
th{color:var(--quiet);font-weight:600;font-size:.85rem;text-align:left;vertical-align:bottom}
th,td{padding:.5rem .9rem .5rem 0;border-bottom:1px solid var(--line)}
td{vertical-align:top;min-width:7rem}
td:last-child,th:last-child{padding-right:0}
tbody tr:last-child td{border-bottom:0}
table+h3{margin:1.8rem 0 .8rem}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem}
"""

# A table of many columns, and each table on a phone, is a stack of records with their labels.
_STACKED = """thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
tr{padding:.6rem 0;border-bottom:1px solid var(--line)}
tbody tr:last-child{border-bottom:0}
td{border:0;padding:.15rem 0;min-width:0}
td::before{content:attr(data-label);display:block;color:var(--quiet);font-size:.8rem}"""


def _under(prefix: str, rules: str) -> str:
    """The same rules, for what is inside `prefix` only."""
    lines = []
    for rule in rules.splitlines():
        selector, rest = rule.split("{", 1)
        lines.append(",".join(f"{prefix} {part}" for part in selector.split(",")) + "{" + rest)
    return "\n".join(lines)


_MANY = (
    _under(".many", _STACKED)
    + """
.many tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(10.5rem,1fr));gap:.3rem 1.2rem}
"""
)

STYLE = f"""
:root{{{_colours(LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}
{_SCREEN}{_MANY}
@media screen and (max-width:43.99rem){{
{_STACKED}
.figures tr{{display:grid;grid-template-columns:repeat(3,1fr);gap:.2rem .8rem}}
.figures td:first-child{{grid-column:1/-1;font-weight:600}}
.figures td:first-child::before{{display:none}}
.page{{padding:1.1rem .8rem 2rem}}
h1{{font-size:1.6rem}}
}}
@media (min-width:44rem){{
dl{{grid-template-columns:minmax(8rem,11rem) 1fr;gap:.45rem 1.2rem}}
dt{{margin:0;padding-top:.1rem}}
.card{{padding:1.4rem 1.6rem}}
}}
@media screen and (min-width:68rem){{
.page{{display:grid;grid-template-columns:15rem minmax(0,1fr);column-gap:2.5rem}}
.page>header,.page>footer{{grid-column:1/-1}}
nav{{position:sticky;top:1rem;align-self:start;max-height:calc(100vh - 2rem);overflow:auto;margin-top:2.4rem}}
}}
@media print{{
:root{{{_colours(LIGHT)};--ground:#fff}}
html{{color-scheme:light;font-size:9.5pt}}
.page{{max-width:none;padding:0}}
nav,.skip{{display:none}}
details::details-content{{content-visibility:visible;block-size:auto}}
.card{{border:0;border-top:1px solid var(--line);border-radius:0;padding:.8rem 0}}
h2,h3,h4{{break-after:avoid}}
tr{{break-inside:avoid}}
}}
"""


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


def root_of(path: str) -> str:
    """Return the relative address of the API's root from a page, so that links work under each base path."""
    return "../" * (path.count("/") - 1)


def instant(at: datetime, language: Language) -> Html:
    """Build an instant in Belgrade time."""
    there, day = at.astimezone(ZONE), in_script(day_in_words(day_of(at), language), language)
    between = in_script(". u", language) if language.is_serbian else ","
    return tag("time", f"{day}{between} {there:%H:%M %Z}", datetime=there.isoformat())


def day(at: datetime, language: Language) -> Html:
    """Build the day of an instant in Belgrade, where the minute says nothing to the reader."""
    there = day_of(at)
    written = f"{day_in_words(there, language)}{'.' if language.is_serbian else ''}"
    return tag("time", in_script(written, language), datetime=there.isoformat())


def last_day(end: datetime, language: Language) -> Html:
    """Build the last day before an end. An end at midnight in Belgrade is that of the day before."""
    return day(end - timedelta(seconds=1), language)


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], **attributes: str) -> Html:
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
        **attributes,
    )

"""HTML in which text cannot become markup: every string that is not `Html` is escaped.

Invisible characters that change the direction of text, and characters that HTML does not allow, are shown as
their code points. A value that was crafted to mislead is thus visible as such. The package's files contain
every value unchanged.
"""

import html
import re
from collections.abc import Sequence

# Control characters except tab and line ends; direction embeddings, overrides and isolates; lone surrogates.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "br"})


class Html(str):
    """Markup that is not escaped again."""

    __slots__ = ()


def text(value: str) -> Html:
    """Escape a text."""
    return value if isinstance(value, Html) else Html(_ODD.sub(_by_number, html.escape(value)))


def tag(name: str, /, *content: str, **attributes: str) -> Html:
    """Build an element.

    In attribute names, a trailing underscore is dropped; others become hyphens.
    """
    written = "".join(f' {_spelled(key)}="{text(value)}"' for key, value in attributes.items())
    opened = f"<{name}{written}>"
    return Html(opened if name in _VOID else f"{opened}{joined(content)}</{name}>")


def joined(parts: Sequence[str], by: str = "") -> Html:
    """Concatenate texts and markup."""
    return Html(text(by).join(text(part) for part in parts))


def pairs(*entries: tuple[str, str]) -> Html:
    """Build a list of names and their values."""
    return tag("dl", *(joined([tag("dt", name), tag("dd", value)]) for name, value in entries))


def _spelled(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _by_number(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"

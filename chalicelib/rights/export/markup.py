"""HTML in which text can't become markup: whatever is not `Html` already is escaped on its way in.

Characters that nobody sees but that turn text around, or that no HTML may hold, are shown by their
numbers. So a value that was made to mislead reads as what it is; the package's files have it unchanged.
"""

import html
import re
from collections.abc import Sequence

# Controls but tab and line ends, embeddings, overrides and isolates of direction, halves of characters.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "br"})


class Html(str):
    """Markup that stands as it is."""

    __slots__ = ()


def text(value: str) -> Html:
    """A text as markup."""
    return value if isinstance(value, Html) else Html(_ODD.sub(_by_number, html.escape(value)))


def tag(name: str, /, *content: str, **attributes: str) -> Html:
    """An element. A trailing underscore of an attribute's name is dropped (`class_`), others are hyphens."""
    told = "".join(f' {_spelled(key)}="{text(value)}"' for key, value in attributes.items())
    opened = f"<{name}{told}>"
    return Html(opened if name in _VOID else f"{opened}{joined(content)}</{name}>")


def joined(parts: Sequence[str], by: str = "") -> Html:
    """Texts and markup one after the other."""
    return Html(text(by).join(text(part) for part in parts))


def pairs(*told: tuple[str, str]) -> Html:
    """Names, and what they stand for."""
    return tag("dl", *(joined([tag("dt", name), tag("dd", value)]) for name, value in told))


def _spelled(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _by_number(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"

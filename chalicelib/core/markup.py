"""HTML in which text cannot become markup: MarkupSafe escapes every string that is not `Html`.

Invisible characters that change the direction of text, and characters that HTML does not allow, are shown as
their code points. A value that was crafted to mislead is thus visible as such.

    Html("<li>{}</li>").format(value)    Html(", ").join(values)    tag("li", value, class_="quiet")
"""

import re
from typing import Self

from markupsafe import Markup
from markupsafe import escape as escaped

# Control characters except tab and line ends; direction embeddings, overrides and isolates; lone surrogates.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "br", "hr", "input"})


class Html(Markup):
    """Markup that is not escaped again. Its methods escape their arguments by `escape`."""

    __slots__ = ()

    @classmethod
    def escape(cls, s: object, /) -> Self:
        """Escape a text, unless it is markup already."""
        return s if isinstance(s, cls) else cls(_ODD.sub(_by_number, escaped(s)))


def tag(name: str, /, *content: str, **attributes: str) -> Html:
    """Build an element.

    In attribute names, a trailing underscore is dropped; others become hyphens.
    """
    written = Html().join(Html(' {}="{}"').format(_spelled(key), value) for key, value in attributes.items())
    opened = Html(f"<{name}{written}>")
    return opened if name in _VOID else Html(f"{opened}{Html().join(content)}</{name}>")


def pairs(*entries: tuple[str, str]) -> Html:
    """Build a list of names and their values, without those that have no value."""
    known = ((name, value) for name, value in entries if value)
    return tag("dl", *(part for name, value in known for part in (tag("dt", name), tag("dd", value))))


def _spelled(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _by_number(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found[0]):04X}⟩"

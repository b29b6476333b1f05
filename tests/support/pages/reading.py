"""Reads what people get: the elements and texts of a page, and the parts of a text message.

A page whose elements are not all closed is refused.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br", "input"}


@dataclass
class Read(HTMLParser):
    """The elements of a page in their order, and its texts."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open_: list[str] = field(default_factory=list)
    pieces: list[tuple[str, dict[str, str | None], str]] = field(default_factory=list)  # elements with texts

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.pieces.append((tag, dict(attrs), ""))
        if tag not in _VOID:
            self.open_.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.pieces:
            tag, given, text = self.pieces[-1]
            self.pieces[-1] = (tag, given, text + data)

    @property
    def shown(self) -> str:
        return "".join(self.texts)

    def attributes(self, name: str) -> list[str]:
        return [value for _, given in self.elements if (value := given.get(name)) is not None]


def read(markup: str) -> Read:
    found = Read()
    found.feed(markup)
    found.close()
    assert found.open_ == []
    return found


# The default alphabet of GSM 03.38; its extension counts twice, and no text of ours uses it.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


def parts_of(text: str) -> int:
    single, joined = (160, 153) if set(text) <= _GSM else (70, 67)
    return 1 if len(text) <= single else -(-len(text) // joined)

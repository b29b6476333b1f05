"""Headers of the routes that a receipt opens: the receipt, and the reader's language."""

from typing import Self

from chalicelib.core.errors import NotFound
from chalicelib.core.http.parameters import Header
from chalicelib.core.languages import Language, preferred


class Receipt(Header):
    """The proof that a request was received. Sent in a header, because paths end up in logs."""

    name = "Rights-Receipt"
    description = "The receipt from the response that accepted the request."
    problems = (NotFound,)

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def parse(cls, value: str) -> Self:
        """Accept any text; the service checks whether it is the receipt."""
        return cls(value.strip())

    @classmethod
    def absent(cls) -> Self:
        """Respond with 404 if there is no receipt."""
        raise NotFound


class ReaderLanguage(Header):
    """The language that the reader of a receipt's page prefers; without it, the one kept with the request."""

    name = "Accept-Language"
    description = "The language of the texts: `en`, `sr-Latn` or `sr-Cyrl`."
    problems = ()

    def __init__(self, language: Language | None) -> None:
        self.language = language

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read the first of our languages; any other value is as no header."""
        return cls(preferred(value))

    @classmethod
    def absent(cls) -> Self:
        """No preference."""
        return cls(None)

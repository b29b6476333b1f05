"""The header that carries a receipt."""

from typing import Self

from chalicelib.core.errors import NotFound
from chalicelib.core.http.parameters import Header


class Receipt(Header):
    """What shows that a request was made. In a header, since paths end up in logs."""

    name = "Rights-Receipt"
    description = "The receipt that the intake of the request answered with."
    problems = (NotFound,)

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def parse(cls, value: str) -> Self:
        """Any text; whether it is the receipt is for the service to say."""
        return cls(value.strip())

    @classmethod
    def absent(cls) -> Self:
        """Without a receipt there is nothing to see."""
        raise NotFound

"""The header that carries a receipt."""

from typing import Self

from chalicelib.core.errors import NotFound
from chalicelib.core.http.parameters import Header


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

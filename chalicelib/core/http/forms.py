"""A body of one of several forms. Only groups with such a body import this: it loads more of pydantic."""

import inspect
from functools import cache
from typing import Annotated, Any, ClassVar, Self, Union

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, ErrorDetails

from chalicelib.core.http.parameters import Body, refuse_repeated


class OneOf(Body):
    """A body of one of several forms, which are subclasses.

    The value of the field `tag` says which one was sent.
    """

    tag: ClassVar[str]
    forms: ClassVar[tuple[type["OneOf"], ...]]

    @classmethod
    def read(cls, raw: bytes, _: str) -> Self:
        """Read the form that was sent.

        Raises:
            ValidationError: no form has this tag, or the body does not have its form.
            InvalidRequest: an object in it has two members with one name.
        """
        sent: Self = _union(cls).validate_json(raw)
        refuse_repeated(raw)
        return sent

    @classmethod
    def place_of(cls, detail: ErrorDetails) -> tuple[int | str, ...]:
        """The place of an error: pydantic names the form first, and for an unknown form nothing."""
        if detail["type"].startswith("union_tag"):
            return (cls.tag,)
        return detail["loc"][1:]

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The schema of the forms, or that of one of them."""
        if "forms" not in vars(cls):
            return handler(schema)
        return {**handler(_union(cls).core_schema), "description": inspect.cleandoc(cls.__doc__ or "")}


@cache
def _union(kind: type[OneOf]) -> TypeAdapter[Any]:
    forms: Any = Union[kind.forms]  # noqa: UP007 - a tuple of types
    return TypeAdapter(Annotated[forms, Field(discriminator=kind.tag)])

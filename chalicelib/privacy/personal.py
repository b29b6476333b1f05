"""Records: each class declares once its data, purpose, legal basis, retention and recipients.

    class Bookmark(Record, table=Table.ACCOUNTS, kind="bookmark", key_class=KeyClass.SUBJECT,
                   purpose=Purpose.SERVICE, basis=LegalBasis.CONTRACT, retention=UNTIL_ERASURE):
        meeting_id: Annotated[MeetingId, NOT_PERSONAL]
        note: Annotated[str | None, personal(Category.CONTENT_PRIVATE, Source.PROVIDED)] = None

Storage, visibility, TTL, representation and the controller's page are derived from the declaration. A class
whose declaration is incomplete or contradictory cannot be defined (RET-1): its import fails, and the error
says what to add (ADR 6). A class belongs in a module `model`: `register` imports only those.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chalicelib.core.table_names import Table
from chalicelib.privacy.declaration import (  # noqa: F401 - offered to models
    NOT_PERSONAL,
    Bundle,
    DataSubject,
    Declaration,
    DeclarationError,
    KeyClass,
    NotPersonal,
    Personal,
    contradictions,
    personal,
)
from chalicelib.privacy.periods import Retention
from chalicelib.privacy.purposes import LegalBasis, Purpose


class StillSealed(AttributeError):
    """A personal field of a glance was accessed, or would be lost by writing the glance."""


# The instant until which a record is undisclosed that no copy contains.
NEVER_DISCLOSED = datetime.max.replace(tzinfo=UTC)


class Record(BaseModel, frozen=True, extra="forbid"):
    """A stored record. Keywords of the class statement declare a subclass; see the module."""

    declaration: ClassVar[Declaration]

    def __init_subclass__(cls, **declared: Any) -> None:  # noqa: ANN401 - checked in the next hook
        """Accept the keywords of the class statement; the next hook gets them once fields exist."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, **declared: Any) -> None:  # noqa: ANN401 - checked here
        super().__pydantic_init_subclass__()
        _check_words(cls, declared)
        fields = {name: _marker(cls, name, info) for name, info in cls.model_fields.items()}
        types = {name: info.annotation for name, info in cls.model_fields.items()}
        cls.declaration = Declaration(**declared, fields=fields, types=types)
        if found := list(contradictions(cls.declaration)):
            raise DeclarationError(f"{cls.__name__}: {'; '.join(found)}")
        overrides = cls.undisclosed_until is not Record.undisclosed_until
        if overrides is (cls.declaration.undisclosed is None):
            raise DeclarationError(
                f"{cls.__name__}: undisclosed has to say which records undisclosed_until leaves out, and why"
            )
        _records.append(cls)

    @property
    def undisclosed_until(self) -> datetime | None:
        """The instant until which the subject's copy leaves this record out; None: it is disclosed.

        A class overrides it if a law forbids to disclose some of its records for a time. The keyword
        `undisclosed` of its class statement then states which and why; every copy shows that text, whether it
        leaves out a record or not. It may use clear fields only: the reader of a copy asks a glance before it
        opens the record, so a record that cannot be opened does not reveal itself either.
        """
        return None

    if not TYPE_CHECKING:  # else the types would have an attribute of each name

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - reached only where nothing was found
            """Raise StillSealed if a personal field of a glance is accessed."""
            if name in type(self).model_fields:
                raise StillSealed(f"{type(self).__name__}.{name}")
            raise AttributeError(name)

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """The representation without personal values, so that tracebacks and logs have none either."""
        hidden = self.declaration.personal_fields()
        for name, value in super().__repr_args__():
            yield name, "[personal]" if name in hidden and value is not None else value


_records: list[type[Record]] = []

# The required keywords of a class statement, and their types. Recipients are declared per field.
_WORDS: dict[str, type | UnionType] = {
    "table": Table,
    "kind": str,
    "purpose": Purpose,
    "basis": LegalBasis,
    "retention": Retention,
}

# The optional keywords of a class statement. One with personal fields needs a key class.
_MORE_WORDS: dict[str, type | UnionType] = {
    "key_class": KeyClass,
    "why_clear": str | None,
    "bundle": Bundle | None,
    "subject": DataSubject,
    "undisclosed": str | None,
    "upcasts": tuple,
}


def defined() -> tuple[type[Record], ...]:
    """All record classes that are defined so far; `register.records` imports all of them first."""
    return tuple(_records)


def _check_words(cls: type[Record], declared: Mapping[str, Any]) -> None:
    if missing := _WORDS.keys() - declared.keys():
        raise DeclarationError(f"{cls.__name__}: add {', '.join(sorted(missing))} to the class statement")
    if unknown := declared.keys() - _WORDS.keys() - _MORE_WORDS.keys():
        raise DeclarationError(
            f"{cls.__name__}: unknown in the class statement: {', '.join(sorted(unknown))}"
        )
    for word, kind in (_WORDS | _MORE_WORDS).items():
        if word in declared and not isinstance(declared[word], kind):
            raise DeclarationError(f"{cls.__name__}: {word} has to be a {getattr(kind, '__name__', kind)}")
    # Keys of retained records are derived from the kind, so kinds are unique across tables.
    if same := [other for other in _records if other.declaration.kind == declared["kind"]]:
        raise DeclarationError(f"{cls.__name__}: choose another kind, {same[0].__name__} has this one")


def _marker(cls: type[Record], name: str, info: FieldInfo) -> Personal | NotPersonal:
    markers = [entry for entry in info.metadata if isinstance(entry, Personal | NotPersonal)]
    if len(markers) != 1:
        raise DeclarationError(
            f"{cls.__name__}.{name}: annotate it with personal(category, source) or NOT_PERSONAL"
            + (", not both" if markers else "")
        )
    return markers[0]

"""The declaration: a record class says once what it holds, why, on which basis, how long, who gets it.

    class Bookmark(Record, table=Table.ACCOUNTS, kind="bookmark", key_class=KeyClass.SUBJECT,
                   purpose=Purpose.SERVICE, basis=LegalBasis.CONTRACT, retention=UNTIL_ERASURE):
        meeting_id: Annotated[MeetingId, NOT_PERSONAL]
        note: Annotated[str | None, personal(Category.CONTENT, Source.PROVIDED)] = None

Storage, visibility, TTL, representation and the controller's page follow from it. A class that leaves
something out, or contradicts itself, can't be defined (RET-1): the import fails with what to add.
"""

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from chalicelib.core.table import Table
from chalicelib.privacy.consistency import RESERVED, contradictions
from chalicelib.privacy.declaration import (
    NOT_PERSONAL,
    Bundle,
    DataSubject,
    Declaration,
    DeclarationError,
    KeyClass,
    NotPersonal,
    Personal,
    personal,
)
from chalicelib.privacy.periods import Retention
from chalicelib.privacy.purposes import LegalBasis, Purpose


class StillSealed(AttributeError):
    """A personal field of a record that was only glanced at was asked for, or would be lost by a write."""


class Record(BaseModel):
    """A stored record. Subclasses declare themselves in their class line; see the module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    declaration: ClassVar[Declaration]

    def __init_subclass__(cls, **declared: Any) -> None:  # noqa: ANN401 - checked in the next hook
        """Take the class line's words, which pydantic hands to the next hook once fields exist."""
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
        _records.append(cls)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - reached only where nothing was found
        """Say what is wrong when a personal field of a glance is asked for."""
        if name in type(self).model_fields:
            raise StillSealed(f"{type(self).__name__}.{name}")
        raise AttributeError(name)

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """Personal values never show in a representation, so not in a traceback or a log either."""
        hidden = self.declaration.personal_fields()
        for name, value in super().__repr_args__():
            yield name, "[personal]" if name in hidden and value is not None else value


_records: list[type[Record]] = []

# What a class line has to say, and in which type. Recipients stand on the fields that they get.
_WORDS: Mapping[str, type | UnionType] = {
    "table": Table,
    "kind": str,
    "purpose": Purpose,
    "basis": LegalBasis,
    "retention": Retention,
    "key_class": KeyClass,
}

# What a class line says only where it applies.
_MORE_WORDS: Mapping[str, type | UnionType] = {
    "why_clear": str | None,
    "bundle": Bundle | None,
    "subject": DataSubject,
}


def defined() -> tuple[type[Record], ...]:
    """All record classes that are defined so far; `register.records` imports them all first."""
    return tuple(_records)


def _check_words(cls: type[Record], declared: Mapping[str, Any]) -> None:
    if missing := _WORDS.keys() - declared.keys():
        raise DeclarationError(f"{cls.__name__}: add {', '.join(sorted(missing))} to the class line")
    if unknown := declared.keys() - _WORDS.keys() - _MORE_WORDS.keys():
        raise DeclarationError(f"{cls.__name__}: nothing is declared by {', '.join(sorted(unknown))}")
    for word, kind in _WORDS.items():
        if not isinstance(declared[word], kind):
            raise DeclarationError(f"{cls.__name__}: {word} has to be a {getattr(kind, '__name__', kind)}")
    # Keys of retained records are derived from the kind, so it is one class's alone whatever the table.
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


__all__ = [
    "NOT_PERSONAL",
    "RESERVED",
    "Bundle",
    "DataSubject",
    "Declaration",
    "DeclarationError",
    "KeyClass",
    "NotPersonal",
    "Personal",
    "Record",
    "StillSealed",
    "defined",
    "personal",
]

"""The declaration: a record class says once what it holds, why, on which basis, how long, who gets it.

    class Bookmark(Record, table=Table.ACCOUNTS, kind="bookmark", key_class=KeyClass.SUBJECT,
                   purpose=Purpose.SERVICE, basis=LegalBasis.CONTRACT, retention=UNTIL_ERASURE):
        meeting_id: Annotated[MeetingId, NOT_PERSONAL]
        note: Annotated[str | None, personal(Category.CONTENT, Source.PROVIDED)] = None

Storage, visibility, TTL, representation and the controller's page follow from it. A class that leaves
something out, or contradicts itself, can't be defined (RET-1): the import fails with what to add.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from chalicelib.core.table import Table
from chalicelib.privacy.periods import After, Retention
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient


class DeclarationError(TypeError):
    """A record class is not fully or not consistently declared; the text says what to add."""


class StillSealed(AttributeError):
    """A personal field of a record that was only glanced at was asked for, or would be lost by a write."""


class KeyClass(StrEnum):
    """Under which key the personal fields are sealed."""

    SUBJECT = "subject"  # the account's own data key: erasing the key erases every copy
    RETAINED = "retained"  # one key per retention class: what a hold or a statute keeps
    TRANSIENT = "transient"  # the stage's key: challenges, gone within days by TTL
    NOTHING_SEALED = "nothing sealed"  # no personal field


@dataclass(frozen=True)
class Personal:
    """The marker of a personal field."""

    category: Category
    source: Source
    correction: Correction = Correction.ON_REQUEST
    to: tuple[Recipient, ...] = ()  # who gets it besides our own cloud


@dataclass(frozen=True)
class NotPersonal:
    """The marker of a field that says nothing about a person: ids, states, versions, times."""


personal = Personal
NOT_PERSONAL = NotPersonal()


@dataclass(frozen=True)
class Declaration:
    """What a record class declares."""

    table: Table
    kind: str
    purpose: Purpose
    basis: LegalBasis
    retention: Retention
    key_class: KeyClass
    fields: dict[str, Personal | NotPersonal]

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Our own cloud, and whoever gets one of the fields."""
        named = {recipient for marker in self.personal().values() for recipient in marker.to}
        return (Recipient.AWS, *(recipient for recipient in Recipient if recipient in named))

    def personal(self) -> dict[str, Personal]:
        """The markers of the personal fields by name."""
        return {name: marker for name, marker in self.fields.items() if isinstance(marker, Personal)}

    def personal_fields(self) -> tuple[str, ...]:
        """Names of the fields that are sealed."""
        return tuple(self.personal())


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
        if missing := _WORDS - declared.keys():
            raise DeclarationError(f"{cls.__name__}: add {', '.join(sorted(missing))} to the class line")
        if unknown := declared.keys() - _WORDS:
            raise DeclarationError(f"{cls.__name__}: nothing is declared by {', '.join(sorted(unknown))}")
        fields = {name: _marker(cls, name, info) for name, info in cls.model_fields.items()}
        cls.declaration = Declaration(**declared, fields=fields)
        _check_names(cls)
        _check_keys(cls)
        _check_retention(cls)
        _check_recipients(cls)
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

# What a class line has to say. Recipients stand on the fields that they get.
_WORDS = {"table", "kind", "purpose", "basis", "retention", "key_class"}

# Attributes of an item that are not a record's own.
RESERVED = frozenset({"pk", "sk", "kind", "sealed", "expires_at", "delete_at"})


def defined() -> tuple[type[Record], ...]:
    """All record classes that are defined so far; `register.records` imports them all first."""
    return tuple(_records)


def _marker(cls: type[Record], name: str, info: FieldInfo) -> Personal | NotPersonal:
    markers = [entry for entry in info.metadata if isinstance(entry, Personal | NotPersonal)]
    if len(markers) != 1:
        raise DeclarationError(
            f"{cls.__name__}.{name}: annotate it with personal(category, source) or NOT_PERSONAL"
            + (", not both" if markers else "")
        )
    return markers[0]


def _check_names(cls: type[Record]) -> None:
    if taken := RESERVED & cls.model_fields.keys():
        raise DeclarationError(f"{cls.__name__}: rename {', '.join(sorted(taken))}; every item has these")


def _check_keys(cls: type[Record]) -> None:
    sealed = bool(cls.declaration.personal_fields())
    if sealed is (cls.declaration.key_class is KeyClass.NOTHING_SEALED):
        wanted = "SUBJECT, RETAINED or TRANSIENT" if sealed else "NOTHING_SEALED"
        raise DeclarationError(f"{cls.__name__}: key_class has to be {wanted} with these fields")


def _check_retention(cls: type[Record]) -> None:
    retention = cls.declaration.retention
    if not isinstance(retention, After):
        return
    info = cls.model_fields.get(retention.since)
    if info is None or not _may_be_instant(info.annotation):
        raise DeclarationError(f"{cls.__name__}: retention counts from a field Instant {retention.since!r}")
    if isinstance(cls.declaration.fields[retention.since], Personal):
        raise DeclarationError(f"{cls.__name__}.{retention.since}: a time that retention needs stays clear")


def _may_be_instant(annotation: object) -> bool:
    """Whether it is an `Instant`, or one that may be missing yet."""
    if get_origin(annotation) is Annotated:
        return _may_be_instant(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return all(part is NoneType or _may_be_instant(part) for part in get_args(annotation))
    return annotation is datetime


def _check_recipients(cls: type[Record]) -> None:
    for name, marker in cls.declaration.personal().items():
        for recipient in marker.to:
            if not recipient.may_get(marker.category, cls.declaration.purpose):
                raise DeclarationError(
                    f"{cls.__name__}.{name}: {recipient.name} is not registered for {marker.category.value} "
                    f"and {cls.declaration.purpose.value}; see privacy/recipients"
                )

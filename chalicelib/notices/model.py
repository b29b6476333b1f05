"""What a notice and an acceptance are."""

import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import model_validator

from chalicelib.core.clock import Instant
from chalicelib.core.http import View
from chalicelib.core.table import Table
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose


class NoticeKind(StrEnum):
    """What a notice is about."""

    TERMS = "terms"
    PRIVACY = "privacy"


class NoticeVersion(str):
    """The name of one version of one notice: `<kind>-<date>`, so it says what was accepted."""

    __slots__ = ()
    pattern = re.compile(r"(terms|privacy)-\d{4}-\d{2}-\d{2}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version that a text spells, or None."""
        return cls(text) if cls.pattern.fullmatch(text) else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:  # noqa: ANN401 - pydantic's hook is untyped
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(max_length=64))


class Notice(View):
    """One version, as published."""

    kind: NoticeKind
    version: NoticeVersion
    published_at: Instant
    effective_at: Instant
    url: str
    changes: str

    is_first: ClassVar[bool] = False

    @model_validator(mode="after")
    def _announced(self) -> Self:
        """Without a time between the two nobody could be told before it applies to them (NOT-1)."""
        told_first = self.published_at < self.effective_at
        if not told_first and not (self.is_first and self.published_at == self.effective_at):
            raise ValueError("a notice has to be published before it takes effect")
        return self


class FirstNotice(Notice):
    """The first version of its kind: it changes nothing, so it may take effect when it is published."""

    is_first: ClassVar[bool] = True


class NoticeList(View):
    """Versions, newest first."""

    items: tuple[Notice, ...]
    next: str | None = None


class Acceptance(
    Record,
    table=Table.ACCOUNTS,
    kind="acceptance",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=UNTIL_ERASURE,
    key_class=KeyClass.NOTHING_SEALED,
):
    """An account accepted a version (STR-4, NOT-1). Never a consent to anything."""

    version: Annotated[NoticeVersion, NOT_PERSONAL]
    accepted_at: Annotated[Instant, NOT_PERSONAL]

"""What contradicts itself in a declaration. Each text says what to change, for whoever defines the class.

A contradiction is an error of the law or of the machinery: a basis that the purpose does not have, data
that would outlive its consent, a record that erasure would not find, a time that retention can't read.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin

from chalicelib.core.durations import Duration, Unit
from chalicelib.core.table import Table
from chalicelib.privacy.declaration import DataSubject, Declaration, KeyClass, Personal
from chalicelib.privacy.periods import After, Statutory, UntilErasure
from chalicelib.privacy.purposes import Correction, LegalBasis, Source
from chalicelib.privacy.whereabouts import LookupPath, found

# Attributes of an item that are not a record's own.
RESERVED = frozenset({"pk", "sk", "kind", "sealed", "rows", "expires_at", "delete_at"})

# The most that may be kept where neither export nor erasure can find it.
TRANSIENT_MOST = Duration(7, Unit.DAY)

Check = Callable[[Declaration], Iterator[str]]


def contradictions(declaration: Declaration) -> Iterator[str]:
    """All of them."""
    for check in _CHECKS:
        yield from check(declaration)


def _names(declaration: Declaration) -> Iterator[str]:
    if taken := RESERVED & declaration.fields.keys():
        yield f"rename {', '.join(sorted(taken))}; every item has these"


def _keys(declaration: Declaration) -> Iterator[str]:
    has_personal = bool(declaration.personal_fields())
    if has_personal is (declaration.key_class is KeyClass.NOTHING_SEALED):
        wanted = "SUBJECT, RETAINED or TRANSIENT" if has_personal else "NOTHING_SEALED"
        yield f"key_class has to be {wanted} with these fields"


def _clear(declaration: Declaration) -> Iterator[str]:
    """What is in clear outlives its subject's key in every copy: somebody has to have weighed that."""
    is_clear, why = declaration.key_class is KeyClass.CLEAR, declaration.why_clear
    if is_clear and not (why or "").strip():
        yield "say in why_clear why it can't be sealed, or seal it"
    if not is_clear and why is not None:
        yield "why_clear belongs to KeyClass.CLEAR alone; this is sealed"


def _bundle(declaration: Declaration) -> Iterator[str]:
    """An item of several records is dated by its oldest, and nothing of it is sealed."""
    bundle, retention = declaration.bundle, declaration.retention
    if bundle is None:
        return
    if declaration.key_class is not KeyClass.CLEAR:
        yield "leave out bundle: only a class in clear has several records in one item"
    if unknown := {*bundle.shared, bundle.distinct} - declaration.fields.keys():
        yield f"bundle names {', '.join(sorted(unknown))}, and there is no such field"
    if not isinstance(retention, After):
        yield "retention has to be After(period, since): an item of several records ends with its oldest"
    elif {retention.since, bundle.distinct} & set(bundle.shared):
        yield f"{retention.since} and {bundle.distinct} are each record's own, so bundle can't share them"


def _basis(declaration: Declaration) -> Iterator[str]:
    """The judge of what may be processed knows the purpose's basis only."""
    purpose = declaration.purpose
    if declaration.basis is not purpose.basis:
        yield f"basis has to be {purpose.basis.name}, that of {purpose.name}; or name another purpose"


def _consent(declaration: Declaration) -> Iterator[str]:
    """A consent may end any day, and what rests on it is deleted then (privacy/lapsing)."""
    if declaration.basis is not LegalBasis.CONSENT:
        return
    if not isinstance(declaration.retention, After):
        yield "retention has to be After(period, since): a consent may end long before the account does"
    if found(declaration.table) is not LookupPath.BY_ACCOUNT:
        yield "choose a table that is found by the account: what rests on a consent is deleted with it"


def _place(declaration: Declaration) -> Iterator[str]:
    """Whatever is somebody's has to be where export and erasure look, or to end by itself."""
    table, key_class = declaration.table, declaration.key_class
    if table is Table.LEDGER:
        yield "choose another table: only core/chain writes to the Ledger"
    if table is Table.KEYS:
        yield "choose another table: Keys holds data keys and nothing else"
    unfindable = found(table) is LookupPath.BY_NOTHING
    if unfindable and key_class in {KeyClass.SUBJECT, KeyClass.RETAINED}:
        yield f"choose another table: neither export nor erasure finds anything in {table.name}"
    if found(table) is LookupPath.BY_INDEX and key_class is KeyClass.SUBJECT:
        yield f"key_class has to be RETAINED: what is in {table.name} outlives its subject's key"
    if key_class is KeyClass.TRANSIENT and not unfindable:
        yield "key_class has to be SUBJECT: in this table a backup would keep what is sealed as TRANSIENT"


def _staff(declaration: Declaration) -> Iterator[str]:
    """Plans of a user's records leave out what is about staff, so it must not stand among them."""
    about_staff = declaration.subject is DataSubject.STAFF
    if about_staff and found(declaration.table) is not LookupPath.BY_INDEX:
        yield f"choose another table: all that is in {declaration.table.name} is about users"


def _transience(declaration: Declaration) -> Iterator[str]:
    retention, table = declaration.retention, declaration.table
    if found(table) is not LookupPath.BY_NOTHING:
        return
    if not isinstance(retention, After):
        yield f"retention has to be After(period, since): everything in {table.name} ends by itself"
    elif not retention.period.bounds.most <= TRANSIENT_MOST:
        yield f"choose a period of at most {TRANSIENT_MOST.plainly}, or a table that erasure reads"
    elif NoneType in get_args(declaration.types.get(retention.since)):
        yield f"{retention.since}: it can't be missing, or the record would not end"


def _retained(declaration: Declaration) -> Iterator[str]:
    """What outlives its subject's key says by which law, and ends."""
    retention, retained = declaration.retention, declaration.key_class is KeyClass.RETAINED
    if retained and not isinstance(retention, Statutory):
        yield "retention has to be Statutory(period, law, since): what is RETAINED names its law and its end"
    if not isinstance(retention, Statutory):
        return
    if declaration.key_class is KeyClass.SUBJECT:
        yield "key_class has to be RETAINED: the subject's key goes before a statute ends"
    if declaration.basis is not LegalBasis.LEGAL_OBLIGATION:
        yield "purpose has to be LEGAL_OBLIGATION: nothing else is Statutory"
    if not retention.law.strip():
        yield "say in Statutory(law=...) which law asks for it"


def _since(declaration: Declaration) -> Iterator[str]:
    retention = declaration.retention
    if isinstance(retention, UntilErasure):
        return
    if not _may_be_instant(declaration.types.get(retention.since)):
        yield f"retention counts from a field Instant {retention.since!r}; add it"
    elif isinstance(declaration.fields[retention.since], Personal):
        yield f"{retention.since}: mark it NOT_PERSONAL, a time that retention needs stays clear"


def _may_be_instant(annotation: object) -> bool:
    """Whether it is an `Instant`, or one that may be missing yet."""
    if get_origin(annotation) is Annotated:
        return _may_be_instant(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return all(part is NoneType or _may_be_instant(part) for part in get_args(annotation))
    return annotation is datetime


def _correction(declaration: Declaration) -> Iterator[str]:
    for name, marker in declaration.personal().items():
        if marker.correction is Correction.SELF_SERVICE and marker.source is not Source.PROVIDED:
            yield f"{name}: correction has to be ON_REQUEST, since the subject did not provide it"


def _recipients(declaration: Declaration) -> Iterator[str]:
    purpose = declaration.purpose
    for name, marker in declaration.personal().items():
        for recipient in marker.to:
            if not recipient.may_get(marker.category, purpose):
                what = f"{marker.category.value} and {purpose.value}"
                yield f"{name}: {recipient.name} is not registered for {what}; see privacy/recipients"


_CHECKS: tuple[Check, ...] = (
    _names,
    _keys,
    _clear,
    _bundle,
    _basis,
    _consent,
    _place,
    _staff,
    _transience,
    _retained,
    _since,
    _correction,
    _recipients,
)

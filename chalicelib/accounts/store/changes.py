"""The writes that change an account's number or language, and the conditions on them.

The sealed part of an account is replaced as a whole. So a write of number or language requires the version
that was read. With it come the traces of the change: an entry in the Ledger, and a mark in Usage (ADR 66).
The row by which the account is found by number follows the number and the switch (ADR 118).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.model import (
    Account,
    AccountState,
    ChangeKind,
    Claim,
    ClaimKind,
    LastChange,
    NumberDispute,
)
from chalicelib.accounts.store import ClaimMoved, account_key, claim_keys, owner_by_claim, owner_in
from chalicelib.accounts.store.suspensions import is_active
from chalicelib.core import clock, observe, table
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Claims
from chalicelib.core.settings import settings
from chalicelib.core.table import (
    ALWAYS,
    Attr,
    Change,
    Conflict,
    Create,
    Key,
    Present,
    Table,
    Write,
    partition_of,
    visible,
)
from chalicelib.privacy import codec, unsent
from chalicelib.privacy.periods import Period
from chalicelib.privacy.subject_keys import SubjectKeys

# Devices in a dispute at most; the account's item must stay small.
_DISPUTING_DEVICES = 20
_NOT_ERASING = Attr("state").ne(AccountState.ERASING)


class AccountMoved(Conflict):
    """The account was changed since it was read, is being erased, or is in a state that does not allow it."""


@dataclass(frozen=True)
class OwnClaim:
    """The claim on a number or mailbox.

    Attributes:
        owner: the account that has it.
        is_kept: the condition that the account still has it, for a transaction; its conflict is ClaimMoved.
    """

    owner: AccountId
    is_kept: Present


def claim_on(kind: ClaimKind, value: str) -> OwnClaim | None:
    """The claim on a number or mailbox, under any version of the lookup key; None if no account has it."""
    keys = claim_keys(kind, value)
    for _ in keys[:2]:  # with two versions, one read may miss a claim that is moved, once (`owner_by_claim`)
        found = table.batch_get(keys)
        for key, item in found.items():
            if owner := owner_in({key: item}):
                return OwnClaim(owner, Present(key, Attr("account_id").eq(owner), conflict=ClaimMoved))
    return None


def former_claims(account: Account) -> list[Create]:
    """The write that notes an account's number as its former one, while nothing irreversible is done.

    Its owner may know no other, so operators find the account by it. There is none for an account without a
    number, and none while the number is noted for another account. Otherwise a thief could sign up with a
    number that was changed, and change it again, so that its owner is not found. The conflict is ClaimMoved.
    """
    if not account.phone:
        return []
    if owner_by_claim(ClaimKind.FORMER_PHONE, account.phone) not in {None, account.account_id}:
        return []
    current, *_ = claim_keys(ClaimKind.FORMER_PHONE, account.phone)
    item = codec.to_item(Claim(account_id=account.account_id), current)
    until = clock.now() + settings().erasure.recovery_hours * HOUR
    ends = dict.fromkeys(("expires_at", "delete_at"), clock.to_epoch(until))
    ours = Attr("account_id").eq(account.account_id)
    return [Create(current, item | ends, conflict=ClaimMoved, or_over=ours)]


def settings_change(
    account: Account, locale: str | None, found_under: str | None, keys: SubjectKeys
) -> list[Write]:
    """The writes that change the language of an active account, and the row by which it is found by number.

    Their conflict is AccountMoved.
    """
    return _renumbering(account, {"locale": locale, "found_under": found_under}, keys, is_active())


def number_change(account: Account, phone: str, keys: SubjectKeys) -> list[Write]:
    """The writes that give an active account another number; their conflict is AccountMoved."""
    return _renumbering(account, {"phone": phone}, keys, is_active())


def number_return(account: Account, phone: str, keys: SubjectKeys, revoked_before: datetime) -> list[Write]:
    """The writes that give an account, in any state, a number, perhaps the one that it has (ADR 68).

    All its sessions end, and chat tokens from before an instant. Their conflict is AccountMoved.
    """
    revoked = clock.to_text(revoked_before)
    only_if = Attr("revoked_before").not_exists() | Attr("revoked_before").lte(revoked)
    ended = {"sessions_since": clock.to_text(clock.now()), "revoked_before": revoked}
    ended |= unsent.new_mark(account_key(account.account_id))
    only_if &= Attr("state").eq(account.state)
    return _renumbering(account, {"phone": phone}, keys, only_if, ended)


def number_loss(account: Account, keys: SubjectKeys) -> list[Write]:
    """The writes after which an account has no number, in any state; their conflict is AccountMoved."""
    return restoration(account, None, account.locale, keys)


def restoration(account: Account, phone: str | None, locale: str | None, keys: SubjectKeys) -> list[Write]:
    """The writes that give an account number and language, in any state; their conflict is AccountMoved."""
    return _renumbering(account, {"phone": phone, "locale": locale}, keys, _NOT_ERASING)


def rectification(
    account: Account, locale: str | None, found_under: str | None, keys: SubjectKeys
) -> list[Write]:
    """The writes of `settings_change`, in any state."""
    return _renumbering(account, {"locale": locale, "found_under": found_under}, keys, _NOT_ERASING)


def correction(account: Account, phone: str | None, locale: str | None, keys: SubjectKeys) -> list[Write]:
    """The write of number and language of an account that is erased again, in any state, without traces.

    Its conflict is AccountMoved. The number counts as changed now, so another run keeps it without its mark.
    """
    changed = _changed(account, {"phone": phone, "locale": locale}, clock.now())
    return _rewriting(account, changed, keys, ALWAYS, (), {})


def _renumbering(
    account: Account,
    values: Mapping[str, object],
    keys: SubjectKeys,
    only_if: ConditionBase,
    ended: Mapping[str, object] | None = None,
) -> list[Write]:
    """The writes of number, language and what follows from them, with the traces of each that changes.

    `ended`: what ends all sessions; None: they stay.
    """
    at, traces = clock.now(), list[Write]()
    changed = _changed(account, values, at)
    if changed.locale != account.locale:
        traces += traces_of(account, ChangeKind.LANGUAGE, changed.locale, at, keys)
    if changed.phone != account.phone:
        traces += traces_of(account, ChangeKind.NUMBER, changed.phone, at, keys)
    drop: tuple[str, ...] = ()
    if ended or changed.phone != account.phone:
        drop, only_if = ("dispute",), only_if & _is_disputed_as(account)  # it was about the number before
    return [*_rewriting(account, changed, keys, only_if, drop, ended or {}), *traces]


def _changed(account: Account, values: Mapping[str, object], at: datetime) -> Account:
    """The next version of an account; with another number, it is found by that one, if by any."""
    after = account.model_copy(update={**values, "version": account.version + 1})
    if after.phone == account.phone:
        return after
    found = discovery.row_name(after.phone) if account.found_under else None
    return after.model_copy(update={"number_changed_at": at, "found_under": found})


def disputing(account: Account, device: Sequence[str]) -> Change:
    """The write that notes a proof of the number by a device that the account does not know (ADR 68).

    Its conflict is AccountMoved. `device`: its labels, see `devices.labels`.
    """
    now, before = clock.now(), account.dispute
    known = sorted(before.first_proofs.items(), key=lambda proof: proof[1]) if before else []
    others = [(label, at) for label, at in known if label not in device]
    first = (before and before.first_proof_by(device)) or now
    proofs = dict([*others[1 - _DISPUTING_DEVICES :], (device[0], first)])
    return _disputed(account, NumberDispute(proven_at=now, first_proofs=proofs))


def _disputed(account: Account, dispute: NumberDispute) -> Change:
    """The write of a dispute over the one that was read."""
    return Change(
        account_key(account.account_id),
        put={"dispute": dispute.model_dump(mode="json")},
        only_if=visible() & _is_disputed_as(account) & _NOT_ERASING,
        conflict=AccountMoved,
    )


def without_proofs(account: Account) -> list[Change]:
    """The write after which each device in a dispute has to prove the number anew; none if none proved it.

    The account stays disputed. The conflict is AccountMoved.
    """
    if account.dispute is None or not account.dispute.first_proofs:
        return []
    dispute = account.dispute.model_copy(update={"first_proofs": {}})
    return [_disputed(account, dispute)]


def end_of_dispute(account: Account) -> Change:
    """The write after which the number is that of the account's owner again; its conflict is AccountMoved."""
    only_if = visible() & _is_disputed_as(account) & _is_version(account) & _NOT_ERASING
    return Change(account_key(account.account_id), drop=("dispute",), only_if=only_if, conflict=AccountMoved)


def _is_disputed_as(account: Account) -> ConditionBase:
    dispute = account.dispute
    known = Attr("dispute")
    return known.eq(dispute.model_dump(mode="json")) if dispute else known.not_exists()


def unchanged(account: Account) -> Present:
    """The condition that an account has the number that was read, and is not being erased.

    Its conflict is AccountMoved.
    """
    place, same = account_key(account.account_id), _is_version(account) & _NOT_ERASING
    return Present(place, same, conflict=AccountMoved)


def active_as_read(account: Account) -> Present:
    """The condition that an account is active, with the number that was read; conflict: AccountMoved."""
    place, same = account_key(account.account_id), _is_version(account) & is_active()
    return Present(place, same, conflict=AccountMoved)


def _rewriting(
    before: Account,
    after: Account,
    keys: SubjectKeys,
    only_if: ConditionBase,
    drop: tuple[str, ...],
    ended: Mapping[str, object],
) -> list[Write]:
    """Replace what is sealed, and leave the fields in clear that other writers change: state, revocation.

    The row by which the account is found by number follows, in the state that was read.
    """
    place = account_key(after.account_id)
    item = codec.to_item(after, place, keys)
    written = ("sealed", "version", "number_changed_at", "found_under")
    changed: dict[str, object] = {name: item[name] for name in written if name in item} | {**ended}
    only_if = visible() & _is_version(before) & only_if
    rows = list[Write]()
    if after.found_under != before.found_under:
        rows = [*discovery.deletions(before), *discovery.rows(after, before.state)]
        only_if &= Attr("state").eq(before.state)
        drop = drop if after.found_under else (*drop, "found_under")
    return [Change(place, put=changed, drop=drop, only_if=only_if, conflict=AccountMoved), *rows]


def traces_of(
    account: Account, kind: ChangeKind, value: str | None, at: datetime, keys: SubjectKeys
) -> list[Write]:
    """The entry and the mark of a change, for its transaction; their conflict is AccountMoved.

    If the newest entry was altered, the change goes on without one: a person must not be kept from it.
    """
    from chalicelib.core import chain  # most functions change no account, and start without it

    place = _mark_key(account.account_id, kind)
    mark = LastChange(account_id=account.account_id, change=kind, at=at, **{_MARKED[kind]: value})
    writes: list[Write] = [Create(place, codec.to_item(mark, place, keys), or_over=ALWAYS)]
    entry = chain.NewEntry("changed", {"at": clock.to_epoch(at)}, delete_at=Period.RESTORABLE.ends(at))
    try:
        write = chain.append_write(chain.Chain(kind, account.pseudonym), entry)
    except chain.Unreadable as altered:
        observe.log_failure("change_not_recorded", altered)
        return writes
    return [replace(write, conflict=AccountMoved), *writes]


_MARKED = {ChangeKind.NUMBER: "phone", ChangeKind.MAILBOX: "email", ChangeKind.LANGUAGE: "locale"}


def _mark_key(account_id: AccountId, kind: ChangeKind) -> Key:
    return Key(Table.USAGE, partition_of(account_id), f"{LastChange.declaration.kind}#{kind}")


def _key_of(kind: ChangeKind) -> Callable[[Claims], Key]:
    return lambda claims: _mark_key(claims.account_id, kind)


# The marks of an account; they need DATA_KEY too.
LAST_CHANGES = {kind: codec.readable_need_of(LastChange, _key_of(kind)) for kind in ChangeKind}


def _is_version(account: Account) -> ConditionBase:
    return Attr("version").eq(account.version)

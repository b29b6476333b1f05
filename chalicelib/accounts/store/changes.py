"""The writes that change an account's number, language or state, and the conditions on them.

The sealed part of an account is replaced as a whole. So a write of number or language requires the version
that was read. With it come the traces of the change: an entry in the Ledger, and a mark in Usage (ADR 66).

The state is in clear: active, frozen for an erasure, restricted, or being erased. Each write of the state
belongs to the transaction that records why, and requires the state from which it starts. So a write for
another request, or a late one, conflicts. A restriction leaves a frozen account frozen: it changes the state
that the thaw restores.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.model import (
    Account,
    AccountState,
    ChangeKind,
    Claim,
    ClaimKind,
    Frozen,
    LastChange,
    NumberDispute,
)
from chalicelib.accounts.store import ClaimMoved, account_key, claim_keys, owner_by_claim, owner_in
from chalicelib.core import clock, observe, table
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
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


class NotFreezable(Conflict):
    """The account is frozen for another request, is being erased, or changed its state since it was read."""


class AccountGone(Conflict):
    """The account does not exist, or its erasure is past the point of no return."""


class NotFrozen(Conflict):
    """The account is not frozen for this request, or its erasure is past the point of no return."""


class NotActive(Conflict):
    """The account does not exist, or is frozen, restricted or being erased."""


class StateMoved(Conflict):
    """The account does not exist, is being erased, or changed its state since it was read."""


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


def locale_change(account: Account, locale: str | None, keys: SubjectKeys) -> list[Write]:
    """The writes that change the language of an active account; their conflict is AccountMoved."""
    return _renumbering(account, account.phone, locale, keys, Attr("state").eq(AccountState.ACTIVE))


def number_change(account: Account, phone: str, keys: SubjectKeys) -> list[Write]:
    """The writes that give an active account another number; their conflict is AccountMoved."""
    return _renumbering(account, phone, account.locale, keys, Attr("state").eq(AccountState.ACTIVE))


def number_return(account: Account, phone: str, keys: SubjectKeys, revoked_before: datetime) -> list[Write]:
    """The writes that give an account, in any state, a number, perhaps the one that it has (ADR 68).

    All its sessions end, and chat tokens from before an instant. Their conflict is AccountMoved.
    """
    revoked = clock.to_text(revoked_before)
    only_if = Attr("revoked_before").not_exists() | Attr("revoked_before").lte(revoked)
    ended = {"sessions_since": clock.to_text(clock.now()), "revoked_before": revoked}
    ended |= unsent.new_mark(account_key(account.account_id))
    return _renumbering(
        account, phone, account.locale, keys, Attr("state").eq(account.state) & only_if, ended
    )


def number_loss(account: Account, keys: SubjectKeys) -> list[Write]:
    """The writes after which an account has no number, in any state; their conflict is AccountMoved."""
    return restoration(account, None, account.locale, keys)


def restoration(account: Account, phone: str | None, locale: str | None, keys: SubjectKeys) -> list[Write]:
    """The writes that give an account number and language, in any state; their conflict is AccountMoved."""
    return _renumbering(account, phone, locale, keys, _NOT_ERASING)


def correction(account: Account, phone: str | None, locale: str | None, keys: SubjectKeys) -> list[Write]:
    """The write of number and language of an account that is erased again, in any state, without traces.

    Its conflict is AccountMoved. The number counts as changed now, so another run keeps it without its mark.
    """
    update: dict[str, object] = {"phone": phone, "locale": locale, "version": account.version + 1}
    if phone != account.phone:
        update["number_changed_at"] = clock.now()
    return [_rewriting(account, account.model_copy(update=update), keys, ALWAYS, (), {})]


def _renumbering(
    account: Account,
    phone: str | None,
    locale: str | None,
    keys: SubjectKeys,
    only_if: ConditionBase,
    ended: Mapping[str, object] | None = None,
) -> list[Write]:
    """The writes of number and language, with the traces of each that changes.

    `ended`: what ends all sessions; None: they stay.
    """
    at, traces = clock.now(), list[Write]()
    if locale != account.locale:
        traces += traces_of(account, ChangeKind.LANGUAGE, locale, at, keys)
    changed = account.model_copy(update={"locale": locale, "version": account.version + 1})
    if phone != account.phone:
        traces += traces_of(account, ChangeKind.NUMBER, phone, at, keys)
        changed = changed.model_copy(update={"phone": phone, "number_changed_at": at})
    drop: tuple[str, ...] = ()
    if ended or phone != account.phone:
        drop, only_if = ("dispute",), only_if & _is_disputed_as(account)  # it was about the number before
    return [_rewriting(account, changed, keys, only_if, drop, ended or {}), *traces]


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
    is_active = Attr("state").eq(AccountState.ACTIVE)
    return Present(account_key(account.account_id), _is_version(account) & is_active, conflict=AccountMoved)


def _rewriting(
    before: Account,
    after: Account,
    keys: SubjectKeys,
    only_if: ConditionBase,
    drop: tuple[str, ...],
    ended: Mapping[str, object],
) -> Change:
    """Replace what is sealed, and leave the fields in clear that other writers change: state, revocation."""
    place = account_key(after.account_id)
    item = codec.to_item(after, place, keys)
    written = ("sealed", "version", "number_changed_at")
    changed: dict[str, object] = {name: item[name] for name in written if name in item} | {**ended}
    only_if = visible() & _is_version(before) & only_if
    return Change(place, put=changed, drop=drop, only_if=only_if, conflict=AccountMoved)


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


def active(account_id: AccountId) -> Present:
    """The condition that an account exists and is active; its conflict is NotActive."""
    return Present(account_key(account_id), only_if=Attr("state").eq(AccountState.ACTIVE), conflict=NotActive)


def freezing(account_id: AccountId, frozen: Frozen) -> Change:
    """The write that freezes an account for an erasure; its conflict is NotFreezable.

    For the same request it may be repeated, with another end. It requires the state `frozen.before`, so that
    a restriction that was placed since the account was read is not lost.
    """
    usable = Attr("state").is_in([AccountState.ACTIVE, AccountState.RESTRICTED])
    free = usable & Attr("state").eq(frozen.before)
    again = _is_frozen_for(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    return Change(
        place := account_key(account_id),
        put={"state": AccountState.FROZEN, "frozen": frozen.model_dump(mode="json")} | unsent.new_mark(place),
        only_if=visible() & (free | again),
        conflict=NotFreezable,
    )


def thawing(account_id: AccountId, frozen: Frozen) -> Change:
    """The write that undoes a freeze and restores the state before it; its conflict is NotFrozen."""
    return Change(
        place := account_key(account_id),
        put={"state": frozen.before} | unsent.new_mark(place),
        drop=("frozen",),
        only_if=visible() & _is_frozen_for(frozen.request_id) & Attr("frozen.before").eq(frozen.before),
        conflict=NotFrozen,
    )


def ending(account_id: AccountId, request_id: RightsRequestId) -> Change:
    """The write after which no route and no job finds the account; its conflict is NotFrozen."""
    only_if, put = visible() & _is_frozen_for(request_id), {"state": AccountState.ERASING}
    return Change(account_key(account_id), put=put, only_if=only_if, conflict=NotFrozen)


def not_erasing(account_id: AccountId) -> Present:
    """The condition that an account exists and `ending` was not written; its conflict is AccountGone."""
    return Present(account_key(account_id), only_if=_NOT_ERASING, conflict=AccountGone)


def _is_frozen_for(request_id: RightsRequestId) -> ConditionBase:
    return Attr("state").eq(AccountState.FROZEN) & Attr("frozen.request_id").eq(request_id)


def restricting(account: Account, revoked_before: datetime) -> Change:
    """The write that restricts an account and revokes its chat tokens that were issued before an instant."""
    revoked = max(revoked_before, account.revoked_before or revoked_before)
    return _moving_to(account, AccountState.RESTRICTED, {"revoked_before": clock.to_text(revoked)})


def releasing(account: Account) -> Change:
    """The write that makes a restricted account active again."""
    return _moving_to(account, AccountState.ACTIVE, {})


def sent(account: Account, mark: unsent.UnsentMark | None) -> Write:
    """The removal of an account's mark if state and revocation are as they were sent to Stream.

    Without a mark it is the condition that they are. Its conflict is MarkMoved.
    """
    place, revoked, before = account_key(account.account_id), Attr("revoked_before"), account.revoked_before
    same = Attr("state").eq(account.state)
    same &= revoked.eq(clock.to_text(before)) if before else revoked.not_exists()
    return unsent.removal(mark, same) if mark else Present(place, same, conflict=unsent.MarkMoved)


def _moving_to(account: Account, state: AccountState, also: dict[str, object]) -> Change:
    put: dict[str, object] = {"state": state}
    if account.frozen and account.state is AccountState.FROZEN:
        thawed = account.frozen.model_copy(update={"before": state})
        put = {"frozen": thawed.model_dump(mode="json")}
    place = account_key(account.account_id)
    put |= also | unsent.new_mark(place)
    return Change(place, put=put, only_if=_is_in_state(account), conflict=StateMoved)


def _is_in_state(account: Account) -> ConditionBase:
    same = visible() & Attr("state").eq(account.state) & Attr("state").ne(AccountState.ERASING)
    if account.frozen and account.state is AccountState.FROZEN:
        frozen = account.frozen
        same &= Attr("frozen.request_id").eq(frozen.request_id) & Attr("frozen.before").eq(frozen.before)
    if account.revoked_before is None:
        return same & Attr("revoked_before").not_exists()
    return same & Attr("revoked_before").eq(clock.to_text(account.revoked_before))

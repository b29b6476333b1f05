"""The rules of push tokens (ADR 109).

Invariants, also under crashes and concurrent requests:

- A session has at most one token, and a token belongs to at most one session: the one that its claim names.
  One transaction writes the claim and the rows of both accounts, and requires that the session is live and
  its account active.
- The claim of another live session passes on at once only to the same device. Another device proves first
  that the app on the phone got the nonce that was pushed to the token.
- A claim whose token goes is deleted before its row is written. A worker that is killed in between leaves a
  token without a claim, and never a claim that no row lists: an erasure finds every claim by its row.
- Nothing is pushed to a token whose session has ended. `usable` checks this; a logout that could not forget
  the token does no harm.

This folder does not know sessions, because their end uses it. What it needs of them is an argument.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account, Device, Platform
from chalicelib.accounts.push_tokens import store
from chalicelib.accounts.push_tokens.model import (
    PROOF_LIFE,
    NewPushToken,
    PushClaim,
    PushDevices,
    PushEnvironment,
    PushProof,
    PushToken,
    PushTokenNotProven,
)
from chalicelib.accounts.push_tokens.store import (  # noqa: F401 - offered to other rooms
    PUSH_CLAIMS,
    PUSH_DEVICES,
    READABLE_PUSH_DEVICES,
    DevicesMoved,
    PushClaimMoved,
    delete_stored,
    proof_of,
)
from chalicelib.accounts.service import devices
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.contract_words import ErrorCode, LimitName
from chalicelib.core.errors import InvalidRequest, TooMany, Unavailable, does_not_apply, fault
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window
from chalicelib.core.needs import Claims, Found
from chalicelib.core.sealing import SealingError
from chalicelib.core.settings import settings
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.privacy.subject_keys import DATA_KEY

# Returns those of some sessions that are live.
LiveSessions = Callable[[Iterable[Claims]], Collection[SessionId]]

_APNS = re.compile("[0-9a-f]{64,200}")
_NEEDS = (DATA_KEY, PUSH_CLAIMS, READABLE_PUSH_DEVICES)

# Of one token, by all accounts together: each sends a silent push to a phone that may be another person's.
_PROOFS_PER_TOKEN = Limiter(
    LimitName.PUSH_REGISTRATIONS,
    (Window(lambda: DAY, lambda: settings().limits.push_registrations_day),),
    TooMany,
    WhenUnreachable.REFUSE,
)


@dataclass(frozen=True, repr=False)
class Registrant:
    """The session that registers a token. `is_live`: the condition that it has not ended."""

    account_id: AccountId
    session_id: SessionId
    device: Device
    is_live: Write

    def token(self, new: NewPushToken) -> PushToken:
        """The token as it is registered now.

        Raises:
            InvalidRequest: it is of another platform than the session's device, or has another form.
        """
        if new.platform is not self.device.platform:
            raise does_not_apply("platform", "it is not that of the signed-in device")
        if new.platform is Platform.ANDROID and new.environment is not PushEnvironment.PRODUCTION:
            raise does_not_apply("environment", "Google has one environment")
        if new.platform is Platform.IOS and not _APNS.fullmatch(new.text):
            raise InvalidRequest(
                errors=[fault("/token", ErrorCode.MALFORMED, "64 to 200 hexadecimal digits")]
            )
        now = clock.now()
        return PushToken(
            session_id=self.session_id,
            platform=new.platform,
            environment=new.environment,
            token=new.text,
            checked_at=now,
            seen_at=now,
        )


def is_registered(session_id: SessionId, new: NewPushToken, found: PushDevices | None) -> bool:
    """Return whether a session registered a token within a day, so that nothing has to be written."""
    same = (session_id, new.text, new.environment)
    return found is not None and any(
        (one.session_id, one.token, one.environment) == same and clock.now() < one.seen_at + DAY
        for one in found.tokens
    )


@retry_on(DevicesMoved, PushClaimMoved)
def register(by: Registrant, token: PushToken, nonce: str | None, live: LiveSessions) -> PushProof | None:
    """Give a token to a session; returns the proof that it needs first, or None if it has the token.

    Raises:
        PushTokenNotProven: the nonce does not prove the token.
        TooMany: too many proofs of this token were sent today.
        NotActive, or the conflict of `by.is_live`: the account is not active, or the session has ended.
        Unavailable: other requests changed the tokens each time, or they cannot be read.
    """
    found = store.claims_of(token.token)
    held = next(iter(found.values()), None)
    used: list[Write] = []
    if held and not _is_free_for(by, held, live):
        if nonce is None:
            return _proof_for(by, token)
        used.append(store.proof_use(_proven(by, token, nonce)))
    claim = PushClaim(
        account_id=by.account_id,
        session_id=by.session_id,
        device=devices.labels(by.device.device_id)[0],
        seen_at=token.seen_at,
    )
    place, claims = store.claiming(token.token, claim, found)
    mine, *others = _read(dict.fromkeys([by.account_id, held.account_id] if held else [by.account_id]))
    before = _devices_in(mine) or PushDevices.none(by.account_id)
    gone = before.replaced_by(token) | ({held.session_id} if held else set())
    after = before.without(gone).with_token(token, place)
    writes = [store.written(after, mine[DATA_KEY]), *_removals(others, held)]
    former = {one for one in gone if before.claims.get(one) not in {None, *(key.pk for key in found)}}
    store.release_claims(before, former)
    commit(*claims, *writes, *used, by.is_live, accounts.active(by.account_id))
    return None


def _is_free_for(by: Registrant, held: PushClaim, live: LiveSessions) -> bool:
    """Return whether a token needs no proof: its session is this one, on this device, or has ended."""
    is_mine = held.session_id == by.session_id or held.device in devices.labels(by.device.device_id)
    return is_mine or not live([Claims(held.account_id, held.session_id)])


def _removals(others: Iterable[Found], held: PushClaim | None) -> Iterable[Write]:
    """The write that takes a token off the row of the other account that has it."""
    for row in others:
        before = _devices_in(row)
        if held and before and held.session_id in before.claims:
            yield store.written(before.without({held.session_id}), row[DATA_KEY])


def _proof_for(by: Registrant, token: PushToken) -> PushProof:
    """The open proof of a session for a token, or a new one. Each call counts as a push to the token."""
    _PROOFS_PER_TOKEN.hit(token.token)
    before = store.proof_of(by.session_id)
    if before and before.is_open_for(token):
        return before
    nonce, now = secrets.token_urlsafe(32), clock.now()
    proof = PushProof(
        account_id=by.account_id,
        session_id=by.session_id,
        token=token,
        nonce=nonce,
        nonce_hash=_hash(nonce),
        created_at=now,
        ends_at=now + PROOF_LIFE,
    )
    store.put_proof(proof)
    return proof


def _proven(by: Registrant, token: PushToken, nonce: str) -> PushProof:
    proof = store.count_attempt(by.session_id)
    if proof.token.token != token.token or not hmac.compare_digest(_hash(nonce), proof.nonce_hash):
        raise PushTokenNotProven
    return proof


def _hash(nonce: str) -> str:
    """A plain hash suffices: the nonce has 256 random bits."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def usable(
    found: Iterable[tuple[Account, PushDevices]], live: LiveSessions
) -> dict[AccountId, tuple[PushToken, ...]]:
    """The tokens of accounts whose sessions are live; the others are forgotten, if the tables answer.

    Most need no read: no session of the account ended since the token's was checked.

    Raises:
        Unavailable: the sessions of the doubtful ones cannot be read.
    """
    rows, at = list(found), clock.now()
    doubts = [
        Claims(account.account_id, one.session_id)
        for account, row in rows
        for one in row.tokens
        if one.is_doubtful(account) and not one.is_unused
    ]
    doubted = {one.session_id for one in doubts}
    dead = doubted - set(live(doubts)) if doubts else set[SessionId]()
    kept = dict[AccountId, tuple[PushToken, ...]]()
    for account, row in rows:
        gone = {one.session_id for one in row.tokens if one.session_id in dead or one.is_unused}
        kept[account.account_id] = tuple(one for one in row.tokens if one.session_id not in gone)
        checked = {
            one.session_id
            for one in kept[account.account_id]
            if one.session_id in doubted and not one.checked(at).is_doubtful(account)
        }
        if gone or checked:
            with suppress(Unavailable, SealingError):  # the next push does it
                _keep(account.account_id, partial(_after_check, gone=gone, checked=checked, at=at))
    return kept


def _after_check(
    token: PushToken, gone: Collection[SessionId], checked: Collection[SessionId], at: Instant
) -> PushToken | None:
    """The token after a check. One that was unused may have been registered again since it was read."""
    if token.session_id in gone and token.seen_at <= at:
        return None
    return token.checked(at) if token.session_id in checked else token


def forget(account_id: AccountId, tokens: Iterable[str]) -> None:
    """Delete tokens of an account that a provider does not know any more, if the tables answer."""
    gone = set(tokens)
    with suppress(Unavailable, SealingError):  # the provider says so again
        _keep(account_id, lambda one: None if one.token in gone else one)


@retry_on(DevicesMoved)
def forget_sessions(account_id: AccountId, sessions: Collection[SessionId]) -> None:
    """Delete the tokens of sessions that have ended. Without another one, the row is not opened.

    Raises:
        Unavailable: the tables or KMS do not answer.
    """
    (row,) = _read([account_id])
    glance = row[PUSH_CLAIMS]
    if glance is None or glance.claims.keys().isdisjoint(sessions):
        return
    if glance.claims.keys() <= set(sessions):
        store.release_claims(glance, sessions)
        commit(store.deletion(glance))
    else:
        _keep(account_id, lambda one: None if one.session_id in sessions else one)


def release_claims(account_id: AccountId) -> int:
    """Delete all claims of an account on tokens, before its row is deleted; returns how many.

    Raises:
        Unavailable: the tables do not answer; it may be repeated.
    """
    (row,) = needs.read_accounts([account_id], (PUSH_CLAIMS,))
    glance = row[PUSH_CLAIMS]
    return store.release_claims(glance, glance.claims) if glance else 0


@retry_on(DevicesMoved)
def _keep(account_id: AccountId, decide: Callable[[PushToken], PushToken | None]) -> None:
    """Write the tokens of an account as a rule leaves them; it drops those for which the rule gives None."""
    (row,) = _read([account_id])
    before = _devices_in(row)
    if before is None:
        return
    decided = {one.session_id: decide(one) for one in before.tokens}
    gone = {name for name, token in decided.items() if token is None}
    tokens = tuple(token for token in decided.values() if token)
    if tokens == before.tokens:
        return
    store.release_claims(before, gone)
    after = before.without(gone).model_copy(update={"tokens": tokens})
    commit(store.written(after, row[DATA_KEY]))


def _read(account_ids: Iterable[AccountId]) -> list[Found]:
    return needs.read_accounts(account_ids, _NEEDS)


def _devices_in(row: Found) -> PushDevices | None:
    """The tokens of an account. A row that cannot be opened counts as one without tokens."""
    glance = row[PUSH_CLAIMS]
    return row[READABLE_PUSH_DEVICES] or (glance.model_copy(update={"tokens": ()}) if glance else None)

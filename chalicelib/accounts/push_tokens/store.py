"""All DynamoDB access of push tokens.

A#<account>, push_devices                in Accounts: the tokens of all its sessions
push_token#<version>#<keyed hash>        in Claims: the session that has a token
push_proof#<session>                     in Challenges: a nonce that is pushed to a token

A registration creates a claim under the current version of the lookup key, on condition that there is none
under another one, as `accounts/store` does.
"""

from collections.abc import Collection, Mapping
from functools import partial

from chalicelib.accounts.push_tokens.model import (
    ATTEMPTS_MOST,
    PushClaim,
    PushDevices,
    PushProof,
    PushTokenNotProven,
)
from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.settings import Secret
from chalicelib.core.shards import Segment
from chalicelib.core.table import (
    ALWAYS,
    Absent,
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Expired,
    Key,
    Remove,
    Replace,
    Scan,
    Table,
    partition_of,
    visible,
)
from chalicelib.core.transactions import Perform, Write
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import SubjectKeys


class DevicesMoved(Conflict):
    """The tokens of an account were changed since they were read."""


class PushClaimMoved(Conflict):
    """The claim of a token, or its proof, was changed since it was read."""


def devices_key(account_id: AccountId) -> Key:
    """The key of the tokens of an account."""
    return Key(Table.ACCOUNTS, partition_of(account_id), PushDevices.declaration.kind)


# Needs DATA_KEY as well. None: no session of the account has a token.
PUSH_DEVICES = codec.need_of(PushDevices, lambda claims: devices_key(claims.account_id))
# The same, or None if it was altered: its app registers the token again.
READABLE_PUSH_DEVICES = codec.readable_need_of(PushDevices, lambda claims: devices_key(claims.account_id))
# The sessions with a token and the keys of their claims, which need no data key.
PUSH_CLAIMS = codec.glance_of(PushDevices, lambda claims: devices_key(claims.account_id))


def written(after: PushDevices, keys: SubjectKeys) -> Write:
    """The write of the next version of an account's tokens, or the deletion of a row that lists no claim.

    Its conflict is DevicesMoved.
    """
    place = devices_key(after.account_id)
    if not after.claims:
        return _deletion(place, after.version - 1)
    item = codec.to_item(after, place, keys)
    if after.version == 1:  # also over an expired row that a pin keeps
        return Create(place, item, conflict=DevicesMoved, or_over=~visible())
    return Replace(place, item, Attr("version").eq(after.version - 1), DevicesMoved)


def deletion(before: PushDevices) -> Write:
    """The write that deletes all tokens of an account, of which a glance suffices; conflict: DevicesMoved."""
    return _deletion(devices_key(before.account_id), before.version)


def _deletion(place: Key, version: int) -> Write:
    return Delete(place, Attr("version").eq(version), conflict=DevicesMoved)


def claims_of(token: str) -> dict[Key, PushClaim]:
    """The claims of a token: at most one, under any version of the lookup key."""
    found = table.batch_get(_claim_keys(token))
    return {key: codec.opened(PushClaim, item) for key, item in found.items()}


def claiming(token: str, claim: PushClaim, before: Mapping[Key, PushClaim]) -> tuple[str, list[Write]]:
    """The writes that give a token to a session, and the key of the claim; their conflict is PushClaimMoved.

    `before`: the claims that were read. They still have to name the same session.
    """
    current, *others = _claim_keys(token)
    same = {key: Attr("session_id").eq(one.session_id) for key, one in before.items()}
    item = codec.to_item(claim, current)
    writes: list[Write] = [Create(current, item, conflict=PushClaimMoved, or_over=same.get(current))]
    for key in others:
        if key in same:
            writes.append(Delete(key, same[key], conflict=PushClaimMoved))
        else:
            writes.append(Absent(key, conflict=PushClaimMoved))
    return current.pk, writes


def release_claims(devices: PushDevices, sessions: Collection[SessionId]) -> int:
    """Delete the claims of some sessions; returns how many.

    One that names another session by now stays, and so does one that was renewed since the row was read.
    """
    same = Attr("seen_at").lte(clock.to_text(devices.seen_at))
    named = {one: claim for one, claim in devices.claims.items() if one in sessions}
    return sum(
        table.try_write(Remove(Key(Table.CLAIMS, claim), same & Attr("session_id").eq(session_id)))
        for session_id, claim in named.items()
    )


def _claim_keys(token: str) -> list[Key]:
    """The keys of a token's claim under all versions of the lookup key, the current one first."""
    labels = keyring.mac_keys(Secret.LOOKUP).lookup_keys("push_token", token)
    return [Key(Table.CLAIMS, label) for label in labels]


def _proof_key(session_id: SessionId) -> Key:
    return Key(Table.CHALLENGES, f"push_proof#{session_id}")


def put_proof(proof: PushProof) -> None:
    """Store a proof, in place of an earlier one of its session."""
    key = _proof_key(proof.session_id)
    table.write(Change(key, put=codec.to_item(proof, key), only_if=ALWAYS))


def proof_of(session_id: SessionId) -> PushProof | None:
    """The proof of a session, also one that is over; None if there is none."""
    return codec.read(PushProof, _proof_key(session_id))


def count_attempt(session_id: SessionId) -> PushProof:
    """Count a nonce, before it is compared; returns the proof after it.

    Raises:
        PushTokenNotProven: the proof is over, or does not exist.
    """
    is_open = Attr("ends_at").gt(clock.to_text(clock.now())) & Attr("attempts").lt(ATTEMPTS_MOST)
    counting = Change(_proof_key(session_id), add={"attempts": 1}, only_if=visible() & is_open)
    try:
        return codec.opened(PushProof, table.write(counting))
    except Conflict:
        raise PushTokenNotProven from None


def proof_use(proof: PushProof) -> Write:
    """The write that uses a proof up, for the transaction of its token; its conflict is PushClaimMoved."""
    same = Attr("nonce_hash").eq(proof.nonce_hash)
    return Delete(_proof_key(proof.session_id), same, conflict=PushClaimMoved)


def delete_stored(segment: Segment, perform: Perform) -> int:
    """Delete the tokens and claims of all accounts in a segment of restored tables; returns how many items.

    Those of a backup may have passed to other sessions since. Each app registers again when it starts.
    """
    deleted = 0
    for kind in (PushDevices.declaration, PushClaim.declaration):
        wanted = Scan(kind.table, kind.kind, segment=segment, expired=Expired.INCLUDED)
        for page in table.scan(wanted):
            keys = [Key(kind.table, item["pk"], item.get("sk")) for item in page.items]
            perform(partial(table.delete_all, keys))
            deleted += len(keys)
    return deleted

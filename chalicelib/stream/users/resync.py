"""The queue of accounts that could not be brought to Stream, and the work on it.

`sync_chat_profiles` reads the table's stream. There, a record that fails delays all later ones of its shard,
and after six hours it is set aside as a position that cannot be read after a day. So the ids of accounts that
fail go to a queue, and the stream moves on (ADR 42).

Invariants:

- An account leaves the table's stream only once SQS accepted its id. Otherwise its record is delivered again.
- What is sent is the current state, so messages may be late, repeated or out of order.
- The worker runs beside the reader of the stream, which may have sent a newer state between the worker's read
  and its call. So the worker reads the account again after its calls, and repeats them if something changed.
- A message is delivered every six minutes for a day; SQS counts a delivery before the work. Then it waits in
  the queue resync-dead, and an alarm fires.
- Conversations stay in the stream: only its order allows to delete a channel.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.accounts.blocks.service import BLOCKS
from chalicelib.accounts.profiles.service import PROFILE
from chalicelib.accounts.service import ACCOUNT
from chalicelib.core import needs, queues
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId
from chalicelib.core.queues import Failed, Flaw, MalformedMessage
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.settings import settings
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.stream.users import sync

# More passes mean that the account changes faster than Stream answers; the next delivery continues.
_PASSES = 3
# Accounts per batched read, which takes 100 items: four per account, with its data key.
_ACCOUNTS_AT_ONCE = 25


def queue(account_ids: Iterable[AccountId]) -> frozenset[AccountId]:
    """Send accounts to the queue; return those that SQS accepted for certain."""
    sent: set[AccountId] = set()
    for some in batched(account_ids, queues.MAX_PER_BATCH):
        try:
            taken = queues.send_all(settings().queue("resync"), map(_body, some))
        except Unavailable:
            break
        if taken == len(some):
            sent |= {*some}
    return frozenset(sent)


def work(event: Mapping[str, Any]) -> Failed:
    """Bring the accounts of all delivered messages to Stream; return the messages to deliver again."""
    waiting: dict[AccountId, list[str]] = {}
    messages: list[str] = []
    for record in event["Records"]:
        try:
            waiting.setdefault(_parse(record["body"]), []).append(record["messageId"])
        except MalformedMessage as malformed:
            try:
                queues.set_aside(record, malformed)
            except Unavailable:
                messages.append(record["messageId"])
    failed = [account_id for some in batched(waiting, _ACCOUNTS_AT_ONCE) for account_id in _unsettled(some)]
    messages += [message for account_id in failed for message in waiting[account_id]]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in messages]}


def _unsettled(account_ids: list[AccountId]) -> set[AccountId]:
    """Bring accounts to Stream until none changes meanwhile; return those to try again."""
    failed: set[AccountId] = set()
    left, before = account_ids, _states(account_ids)
    for _ in range(_PASSES):
        failed |= {*sync.sync(left), *sync.sync_blocks(left)}
        after = _states(left)
        left = [one for one in left if one not in failed and after.get(one) != before.get(one)]
        if not left:
            return failed
        before = after
    return failed | {*left}


def _states(account_ids: list[AccountId]) -> dict[AccountId, tuple[object, ...]]:
    """What Stream should know of accounts; a record that cannot be opened is omitted and counted."""
    found: dict[AccountId, tuple[object, ...]] = {}
    rows = needs.read_accounts(account_ids, (ACCOUNT, PROFILE, BLOCKS, DATA_KEY))
    for account_id, row in zip(account_ids, rows, strict=True):
        with skip_unreadable("account_unreadable"):
            found[account_id] = (row[ACCOUNT], row[PROFILE], row[BLOCKS])
    return found


def _body(account_id: AccountId) -> str:
    return queues.body_of(account_id=account_id)


def _parse(body: str) -> AccountId:
    account_id = AccountId.parse(*queues.read_body(body, "account_id"))
    if account_id is None:
        raise MalformedMessage(Flaw.OTHER_VALUES)
    return account_id

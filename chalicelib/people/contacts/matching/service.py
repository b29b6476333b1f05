"""Finds users by the numbers of an address book (ACC-7, ACC-10, ADR 118).

Invariants:

- The numbers are in memory only, and no name comes with them. Of a request, only what it costs is stored.
- A user is found only with the switch on, by the number that they have now, and by who may meet them. That is
  read again for each: a row found by a number proves nothing.
- Each number costs one of the allowance of the account and of its number. So neither another number nor
  another account has a new one, and it takes many accounts more than a year to try all (docs/limits.md).
- For n numbers there are n / 100 reads for each version of the lookup key, and always one of 20 users: users
  who do not exist stand in for those who are missing. So the calls do not disclose who is there and may not
  be met.
- The users who are found learn nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.accounts.blocks.service import Peer
from chalicelib.accounts.discovery import service as discovery
from chalicelib.accounts.discovery.service import FoundRow
from chalicelib.accounts.model import Account
from chalicelib.consents.model import NotOffered, PurposeNotPermitted, Purposes
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import TooMany
from chalicelib.core.http import ClientAddress
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import Bucket
from chalicelib.core.settings import settings
from chalicelib.people.contacts import pairs
from chalicelib.people.contacts.matching.model import Match, MatchedContacts, NumbersToMatch
from chalicelib.people.contacts.pairs import PEOPLE_AT_ONCE, Person
from chalicelib.privacy.purposes import Practice, Purpose, refusal

_NEW_FOR = 7 * DAY

_PER_ACCOUNT = Bucket(LimitName.MATCHED_NUMBERS, lambda: settings().limits.matched_numbers_most, TooMany)
_PER_ADDRESS = Bucket(
    LimitName.MATCHED_NUMBERS_PER_ADDRESS, lambda: settings().limits.matched_numbers_per_address, TooMany
)


def match(
    me: Peer, purposes: Purposes | None, body: NumbersToMatch, address: ClientAddress
) -> MatchedContacts:
    """Find the users with some numbers, at most 20: `checked` says how many numbers were tried for that.

    Raises:
        NotOffered: the privacy policy in effect does not describe it.
        PurposeNotPermitted: the caller does not consent to it now.
        TooMany: the caller has compared as many numbers as it may, or new accounts of its network have.
        Unavailable: a table does not answer. Numbers that were counted stay counted.
    """
    if not notices.describes(Practice.MATCHING_CONTACTS):
        raise NotOffered
    if reason := refusal(purposes, Purpose.CONTACT_MATCHING, notices.offered()):
        raise PurposeNotPermitted(reason=reason)
    asked = body.by_number()
    taken = [*_take(me.account, address, max(1, len(asked)))]
    found, checked = discovery.found_by(asked), len(body.numbers)
    if len(found) > PEOPLE_AT_ONCE:
        checked = asked[found[PEOPLE_AT_ONCE].phone]
        for one in taken:
            one.give_back(sum(at >= checked for at in asked.values()))
    people = _read([row.owner for row in found[:PEOPLE_AT_ONCE]])
    matches = {
        row.phone: Match(position=asked[row.phone], profile=person.profile)
        for row in found[:PEOPLE_AT_ONCE]
        if (person := people.get(row.owner)) and _is_found(me, person, row) and person.profile
    }
    return MatchedContacts(matches=tuple(matches.values()), checked=checked)


def _is_found(me: Peer, person: Person, row: FoundRow) -> bool:
    account = person.peer.account
    return account.found_under == row.name and account.phone == row.phone and pairs.may_meet(me, person)


def _read(owners: Sequence[AccountId]) -> dict[AccountId, Person]:
    strangers = [AccountId.new() for _ in range(PEOPLE_AT_ONCE - len(owners))]
    return pairs.read_people([*owners, *strangers])


@dataclass(frozen=True, repr=False)
class _Taken:
    """Uses that were taken of a bucket."""

    bucket: Bucket
    subject: str
    receipt: int

    def give_back(self, uses: int) -> None:
        """Give some of them back."""
        self.bucket.give_back(self.subject, self.receipt, uses)


def _take(account: Account, address: ClientAddress, numbers: int) -> list[_Taken]:
    """Count numbers for an account and for its number; if it is new, also for the new ones of its network.

    So neither another number nor another account has a new allowance.
    """
    is_new = clock.now() < account.created_at + _NEW_FOR
    most = settings().limits.matched_numbers_first_week if is_new else None
    subjects = [(_PER_ACCOUNT, one, most) for one in (account.account_id, account.phone) if one]
    if is_new:
        subjects.insert(0, (_PER_ADDRESS, address.site, None))
    taken: list[_Taken] = []
    try:
        for bucket, subject, at_most in subjects:
            taken.append(_Taken(bucket, subject, bucket.take(subject, numbers, at_most)))
    except TooMany:
        for one in taken:
            one.give_back(numbers)
        raise
    return taken

"""The parts of an erasure on the tables, in the order of the plan and without the procedure around them."""

from collections import Counter
from datetime import timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import ClaimedValues
from chalicelib.accounts.service import OPEN_ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.clock import DAY, HOUR
from chalicelib.core.ids import AccountId
from chalicelib.privacy import erasure, register
from chalicelib.privacy.plans import Action, Kept, TableStep, erasure_plan
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.profiles.service import PROFILE

QUARANTINE = 30 * DAY


def claimed_values(account_id: str) -> ClaimedValues:
    """Return what an account claims, read as an erasure captures it."""
    (row,) = needs.read_accounts([AccountId(account_id)], (OPEN_ACCOUNT, PROFILE, DATA_KEY))
    account, profile = row[OPEN_ACCOUNT], row[PROFILE]
    assert account
    return ClaimedValues.of(account, profile.email if profile else None)


def deletions(*held: Kept) -> list[TableStep]:
    """Return the steps of the plan that delete tables."""
    plan = erasure_plan(register.records(), held)
    return [step for step in plan.steps if step.action is Action.DELETE]


def delete_records(account_id: str, *held: Kept, within: timedelta = HOUR) -> Counter[str]:
    """Delete a subject's records in all tables; return what was recorded."""
    recorded: Counter[str] = Counter()
    for step in deletions(*held):
        erasure.delete_records(AccountId(account_id), step, clock.now() + within, recorded.update)
    return recorded


def erase_tables(account_id: str) -> Counter[str]:
    """Erase a subject from the tables."""
    accounts.release_claims(claimed_values(account_id), clock.now() + QUARANTINE)
    recorded = delete_records(account_id)
    erasure.delete_key(AccountId(account_id))
    return recorded

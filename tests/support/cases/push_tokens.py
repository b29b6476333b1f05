"""Push tokens of users' sessions."""

from typing import Any

from chalicelib.accounts.push_tokens.service import PUSH_DEVICES
from chalicelib.core import needs
from chalicelib.core.ids import AccountId
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.clouds import cloud
from tests.support.roles.judge import calls_of
from tests.support.world.world import Reply, User

PATH = "/v1/devices/push"
TOKEN, OTHER = "a1" * 32, "b2" * 32


def registers(user: User, token: str = TOKEN, **more: Any) -> Reply:
    return user.calls("PUT", PATH, body={"platform": "ios", "token": token, **more})


def forgets(user: User) -> Reply:
    return user.calls("DELETE", PATH)


@calls_of(None)
def tokens_of(user: User) -> list[str]:
    """Return the stored tokens of an account, the oldest first."""
    (row,) = needs.read_accounts([AccountId(user.account_id)], (DATA_KEY, PUSH_DEVICES))
    found = row[PUSH_DEVICES]
    return [one.token for one in found.tokens] if found else []


def claimed() -> list[str]:
    """Return the sessions that claims name."""
    return sorted(one["session_id"]["S"] for one in cloud.records("push_claim"))

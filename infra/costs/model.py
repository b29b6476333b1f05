"""What one active user does in a month, and the assumptions behind durations, logs and peaks.

Calls, units and bytes of an operation are counted (operations). How often a user does it is assumed, or
follows from another row. An active user opens the app on every day of the month; an account that is not
used costs its storage only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ASSUMED = "assumed"
DAYS = 30
VISITS = 6 * DAYS


@dataclass(frozen=True)
class Activity:
    """An operation, how often an active user does it in a month, and why this number.

    `kept` names the period for which its records stay (core/periods); `account` means as long as the account.
    """

    operation: str
    a_month: float
    basis: str
    kept: str
    requests: int = 1  # requests of the gateway; a job has none


ACTIVITIES = (
    Activity("request a code", 0.25, "a code for each sign-up and sign-in", "challenge"),
    Activity("sign up", 0.05, ASSUMED, "account"),
    Activity("sign in", 0.2, ASSUMED, "idle_session"),
    Activity("refresh", VISITS, "six visits a day: assumed", "idle_session"),
    Activity("mint a chat token", VISITS, "one for each visit", "limit"),
    Activity("read own profile", VISITS, "one for each visit", "limit"),
    Activity("read another profile", 2 * DAYS, ASSUMED, "limit"),
    Activity("change the profile", 0.5, ASSUMED, "account"),
    Activity("send a profile to stream", 0.55, "sign-ups and changes of profiles", "limit", requests=0),
    Activity("submit 25 events", 4 * DAYS, "four batches a day: assumed", "usage"),
    Activity("read announcements", DAYS, "once a day", "limit"),
    Activity("consent", 0.1, ASSUMED, "consent_evidence"),
    Activity("step up", 0.02, ASSUMED, "limit", requests=2),
    Activity("verify an address", 0.03, ASSUMED, "account", requests=2),
    Activity("open a conversation", 1, ASSUMED, "account"),
    Activity("receive a hook", 3, ASSUMED, "stream_hook"),
    Activity("receive a message", 330, "ten messages to pairs a day, one to a group: assumed", "limit"),
    Activity(
        "push a message to a pair",
        300,
        "ten a day, none of whose recipients is online",
        "push_count",
        requests=0,
    ),
    Activity(
        "push a message to a group of 49", 30, "one a day, in the largest group", "push_count", requests=0
    ),
    Activity("answer an access request", 0.0005, ASSUMED, "rights_evidence"),
    Activity("erase an account", 0.01, "assumed, as in Reconciliation", "rights_evidence"),
)

ACCOUNT_MONTHS = 20  # with 0.05 sign-ups for each active user and month, one account for each user; assumed

# Reads of jobs for each active user and month, beside their runs with nothing to do.
JOB_READS: Mapping[str, float] = {
    "reconciliation: 500 units for a page of a hundred users": 5,
    "the roll-up reads each batch of usage once": 4 * DAYS,
}

# The authorizer runs once for each visit, since its result is cached for a minute; assumed: 5 ms.
AUTHORIZER, AUTHORIZER_SECONDS = "access_token", 0.005

# Milliseconds of a call, assumed: AWS publishes "single-digit milliseconds" for DynamoDB, nothing for SES.
MILLISECONDS: Mapping[str, float] = {
    "dynamodb.BatchGetItem": 12.0,
    "dynamodb.PutItem": 6.0,
    "dynamodb.Query": 6.0,
    "dynamodb.TransactWriteItems": 15.0,
    "dynamodb.UpdateItem": 6.0,
    "sesv2.SendEmail": 60.0,
}
# Milliseconds of other calls by service, and of our CPU time in a run at 512 MB; assumed.
OTHER_MILLISECONDS: Mapping[str, float] = {
    "dynamodb": 6,
    "kms": 15,
    "s3": 30,
    "secretsmanager": 15,
    "sesv2": 60,
    "sns": 60,
    "sqs": 10,
    "stream": 100,
}
CPU_MILLISECONDS = 4.0

# Assumed: so many runs start a container, which takes this time and reads so many secrets and keys.
COLD_SHARE, COLD_SECONDS, COLD_SECRETS, COLD_KEYS = 0.005, 0.8, 3, 1

# Bytes of log lines (docs/limits.md, Requests), and of headers and TLS of a response; the latter are assumed.
REQUEST_LOG, RUN_LOG, HEADERS = 1150, 900, 700

# Lambda polls the queue of a mapping fifteen times a minute while it is empty: five pollers of 20 seconds, as
# measured in https://github.com/getlift/lift/issues/132 (read on 2026-11-30).
POLLS_A_MINUTE = 15
# A message is sent, received and deleted.
REQUESTS_OF_A_MESSAGE = 3

PEAK_SHARE = 0.1  # of a day's use that is in its busiest hour; assumed
# Of all accounts, the share that leaves in a bad week (infra/template/service/rights.yaml).
LEAVING_SHARE, LEAVING_DAYS = 0.05, 7
# Items with an end besides usage, for each active user and day: counters, codes, sessions; assumed.
OTHER_ENDS = 2
# Of codes, the share that is never verified; assumed, as in docs/limits.md (a block against a country).
UNVERIFIED_SHARE = 0.2

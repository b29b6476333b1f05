"""The dashboard *Service*: can users sign up, sign in and chat, and how fast is the answer."""

from __future__ import annotations

from chalicelib.core.metrics import Metric
from infra.dashboards.stack import Stack
from infra.dashboards.widgets import (
    Chart,
    Dashboard,
    areas,
    each,
    highest,
    lines,
    numbers,
    of_function,
    of_gateway,
    of_queue,
    one_of,
    total,
)


def dashboard(stack: Stack) -> Dashboard:
    """The dashboard of a stage."""
    return Dashboard(
        name="service",
        title="Service",
        purpose="Can users sign up, sign in and chat, and how fast is the answer? Times are in UTC.",
        start="-P1D",
        period=300,
        rows=(
            (_IN_SHORT,),
            (_REQUESTS, _GATEWAY_ERRORS, _GATEWAY_LATENCY),
            (_duration(stack), _errors(stack), _throttles(stack)),
            (_FUNNEL, _CODES, _LIMITS),
            (_SESSIONS, _TOKENS_REFUSED, _COLD_STARTS),
            (_LAG, _PROFILES, _STREAM),
            (_HOOKS, _PEOPLE, _MAIL),
            (_PUSHES, _PUSHES_LOST),
            (_REPORTS,),
            (_waiting(stack), _dead(stack)),
        ),
    )


_IN_SHORT = numbers(
    "In short", "number",
    "failed requests and wrong tokens are a small part of the requests; users sign up.",
    "the rows below show where. A figure of -- means that nothing of the kind happened.",
    total(Metric.REQUEST_SERVED, "requests"),
    total(Metric.REQUEST_FAILED, "requests failed"),
    total(Metric.ACCOUNT_CREATED, "accounts created"),
    total(Metric.SESSION_OPENED, "sign-ins"),
    total(Metric.CHAT_TOKEN_MINTED, "chat tokens"),
    total(Metric.TOKEN_REFUSED, "tokens refused"),
)  # fmt: skip
_REQUESTS = lines(
    "Requests", "requests",
    "failed requests stay at zero.",
    "search the logs for entry_failed and request_failed; suspect the last deployment first.",
    total(Metric.REQUEST_SERVED, "served"),
    total(Metric.REQUEST_FAILED, "failed"),
)  # fmt: skip
_GATEWAY_ERRORS = lines(
    "Errors at the gateway", "responses",
    "5xx at zero; 4xx follow the requests.",
    "5xx without failed requests: a function timed out; see the log api-access.",
    of_gateway("Count", "Sum", "all"),
    of_gateway("4XXError", "Sum", "4xx"),
    of_gateway("5XXError", "Sum", "5xx"),
)  # fmt: skip
_GATEWAY_LATENCY = lines(
    "Time to answer, at the gateway", "milliseconds",
    "half within 200 ms, 99 of 100 within a second.",
    "compare with the functions' durations: Stream and SNS are in those of conversations and signup.",
    of_gateway("Latency", "p50", "half of all"),
    of_gateway("Latency", "p99", "99 of 100"),
    of_gateway("IntegrationLatency", "p99", "99 of 100, functions only"),
    bound=1000, bound_label="1 second",
)  # fmt: skip
_FUNNEL = lines(
    "From a number to an account", "number",
    "the four lines stay close: most codes that are asked for are sent and entered.",
    "codes not sent: see SNS and sms.routes_off. Sent but not entered: see texts by country for fraud.",
    one_of(Metric.CODE_ASKED, "signup", "1 code asked for"),
    one_of(Metric.CODE_SENT, "signup", "2 code sent"),
    one_of(Metric.CODE_RIGHT, "signup", "3 code right"),
    total(Metric.ACCOUNT_CREATED, "4 account created"),
)  # fmt: skip
_CODES = lines(
    "Codes that fail", "number",
    "a few wrong codes, and nearly none that is not sent.",
    "many wrong codes mean guessing, which limits stop. Not sent: SNS or SES refuses; see the log of signup.",
    total(Metric.CODE_WRONG, "wrong code"),
    total(Metric.CODE_NOT_SENT, "not sent"),
    total(Metric.CODE_RESERVED, "sent from a device's reserve"),
    total(Metric.BREAKER_REFUSED, "block of numbers refused"),
)  # fmt: skip
_LIMITS = areas(
    "Limits reached, by limit", "requests refused",
    "near zero; single users reach a limit now and then.",
    "one limit alone: abuse, or a bug in an app. See docs/limits.md.",
    *each(Metric.REQUEST_LIMITED),
    total(Metric.USE_NOT_COUNTED, "admitted, as the counter was down"),
)  # fmt: skip
_SESSIONS = lines(
    "Sessions", "number",
    "refreshes follow the day; no copied token is used.",
    "a session whose token was copied ends by itself. Many at once: a leak, or a bug in an app.",
    total(Metric.SESSION_OPENED, "opened"),
    total(Metric.SESSION_REFRESHED, "refreshed"),
    total(Metric.SESSION_CLOSED, "closed"),
    total(Metric.SESSION_STEPPED_UP, "stepped up"),
    total(Metric.REFRESH_REUSED, "copied token used"),
    total(Metric.CHAT_TOKEN_MINTED, "chat token minted"),
)  # fmt: skip
_TOKENS_REFUSED = areas(
    "Access tokens refused, by reason", "tokens",
    "only expired ones, from clients that come back.",
    "unknown keys after a rotation: deploy the public keys. Bad signatures are forged tokens.",
    *each(Metric.TOKEN_REFUSED),
)  # fmt: skip
_COLD_STARTS = areas(
    "Cold starts, by function", "starts",
    "few against the requests; a deployment starts all functions once.",
    "a function that starts all the time is killed: see its log for timeouts and memory.",
    *each(Metric.COLD_START),
)  # fmt: skip
_LAG = lines(
    "Changed profile to Stream", "seconds",
    "a few seconds.",
    "Stream is slow or refuses; see the log of send_unsent. Nothing is dropped.",
    highest(Metric.CHAT_SYNC_LAG, "oldest change that Stream does not have"),
    bound=300, bound_label="5 minutes",
)  # fmt: skip
_PROFILES = lines(
    "Profiles at Stream", "profiles",
    "sent follows the changes; none is refused.",
    "refused: Stream answers 4xx to our data; the log of sync_chat_profiles names the code.",
    total(Metric.CHAT_PROFILE_SYNCED, "sent"),
    total(Metric.CHAT_PROFILE_SKIPPED, "skipped, not active"),
    total(Metric.CHAT_PROFILE_REFUSED, "refused"),
)  # fmt: skip
_STREAM = lines(
    "Stream and push", "number",
    "credentials are never refused.",
    "compare key and secret in the vault with Stream's dashboard; they are read every two minutes.",
    total(Metric.STREAM_CREDENTIALS_REFUSED, "our credentials refused"),
    total(Metric.STREAM_PUSH_TOKEN_DELETED, "push tokens deleted"),
    total(Metric.STREAM_MESSAGE_DELETED, "soft deletions made real"),
)  # fmt: skip
_HOOKS = lines(
    "Events from Stream", "hooks",
    "all that are received are queued.",
    "refused while none is received: Stream signs with another secret. Stale: Stream repeats old events.",
    total(Metric.HOOK_RECEIVED, "received"),
    total(Metric.HOOK_QUEUED, "queued"),
    total(Metric.HOOK_REPEATED, "repeated"),
    total(Metric.HOOK_STALE, "stale"),
    total(Metric.HOOK_REFUSED, "refused"),
)  # fmt: skip
_PEOPLE = lines(
    "People meet", "number",
    "contacts and conversations follow the day.",
    "zero while users are active: see the logs of contacts and conversations.",
    total(Metric.CONTACT_MADE, "contacts made"),
    total(Metric.CONVERSATION_OPENED, "conversations opened"),
)  # fmt: skip
_MAIL = lines(
    "Mail", "mails",
    "sent only; a few come back.",
    "sender refused: see `aws sesv2 get-account`. Many come back: stop the sending job, or SES pauses us.",
    total(Metric.MAIL_SENT, "sent"),
    total(Metric.MAIL_NOT_SENT, "not sent"),
    total(Metric.MAIL_CAME_BACK, "came back"),
    total(Metric.MAIL_SENDER_REFUSED, "sender refused"),
)  # fmt: skip
_PUSHES = lines(
    "Push: to phones", "pushes",
    "taken ones follow the messages; collapsed ones are bursts of a conversation.",
    "none is taken while hooks are queued: see the log of push_messages.",
    total(Metric.PUSH_SENT, "taken by Apple or Google"),
    total(Metric.PUSH_COLLAPSED, "collapsed"),
)  # fmt: skip
_REPORTS = lines(
    "Abuse: reports that wait for operators", "reports",
    "zero: each report is decided within a day, an urgent one within an hour.",
    "open the inbox. If parts fail, Stream or SES does not answer: see the log of work_on_reports.",
    highest(Metric.ABUSE_REPORTS_URGENT, "urgent"),
    highest(Metric.ABUSE_REPORTS_OVERDUE, "late"),
    total(Metric.SAFETY_WORK_FAILED, "parts of the work that failed"),
)  # fmt: skip
_PUSHES_LOST = lines(
    "Push: what no phone shows", "pushes",
    "near zero, apart from tokens of apps that were deleted.",
    "unanswered: an outage, or our credentials. Refused: the form of a push. Too old: the worker is behind.",
    total(Metric.PUSH_UNANSWERED, "provider did not answer"),
    total(Metric.PUSH_REFUSED, "refused"),
    total(Metric.PUSH_DROPPED, "too old, or not queued"),
    total(Metric.PUSH_TOKEN_GONE, "token unknown"),
)  # fmt: skip


def _duration(stack: Stack) -> Chart:
    return lines(
        "Duration of functions that serve clients", "milliseconds, 99 of 100",
        "below a second; cold starts take up to two.",
        "one function alone: its table or its service is slow. All of them: DynamoDB or the region.",
        *(of_function("Duration", one, "p99") for one in stack.serving),
    )  # fmt: skip


def _errors(stack: Stack) -> Chart:
    return areas(
        "Errors of functions", "failed runs",
        "zero, apart from access_token, which fails for each refused token by design.",
        "the log of the function has the error and its place. Jobs repeat by themselves.",
        *(of_function("Errors", one, "Sum") for one in (*stack.serving, *stack.jobs)),
    )  # fmt: skip


def _throttles(stack: Stack) -> Chart:
    return areas(
        "Runs that Lambda throttled", "runs",
        "zero.",
        "the account's concurrency is used up: raise the quota, or reserve less for jobs (docs/deploy.md).",
        *(of_function("Throttles", one, "Sum") for one in (*stack.serving, *stack.jobs)),
    )  # fmt: skip


def _waiting(stack: Stack) -> Chart:
    return lines(
        "Oldest message of each queue", "minutes",
        "below five minutes. An event of Stream may wait for the end of an hour.",
        "its worker fails or is throttled; see its log.",
        *(of_queue("ApproximateAgeOfOldestMessage", one, scale=60) for one in stack.queues),
    )  # fmt: skip


def _dead(stack: Stack) -> Chart:
    return areas(
        "Messages that no worker could work on", "messages",
        "zero.",
        "find the reason in the worker's log, then move the messages back (docs/runbook.md).",
        *(of_queue("ApproximateNumberOfMessagesVisible", one) for one in stack.dead_queues),
    )  # fmt: skip

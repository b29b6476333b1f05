"""The dashboard *Cost and capacity*: what costs money, and what will be full first."""

from __future__ import annotations

from chalicelib.core.metrics import Metric
from infra.dashboards.stack import Stack
from infra.dashboards.widgets import (
    Dashboard,
    areas,
    each,
    highest,
    lines,
    numbers,
    of_function,
    of_gateway,
    of_queue,
    of_table,
    total,
)


def dashboard(stack: Stack) -> Dashboard:
    """The dashboard of a stage."""
    serving, functions = stack.serving, (*stack.serving, *stack.jobs)
    return Dashboard(
        name="capacity",
        title="Cost and capacity",
        purpose="What costs money, and what will be full first? Times are in UTC. Prices: docs/limits.md.",
        start="-P7D",
        period=3600,
        rows=(
            (_IN_SHORT,),
            (_TEXTS, _BUDGETS, _OVER),
            (
                areas(
                    "Runs of functions", "runs",
                    "they follow the requests; jobs run at fixed times.",
                    "one function alone: a loop, or a client that polls.",
                    *(of_function("Invocations", one, "Sum") for one in functions),
                ),
                areas(
                    "Paid time of functions that serve clients", "milliseconds",
                    "it follows the requests. A second of 512 MB costs 0.0008 cents.",
                    "a function takes longer than last week: look for a slow service first.",
                    *(of_function("Duration", one, "Sum") for one in serving),
                ),
                lines(
                    "Longest run of each job", "milliseconds",
                    "far below 900,000, where Lambda kills a run.",
                    "jobs continue where they stopped; raise their figures or workers (docs/limits.md).",
                    *(of_function("Duration", one, "Maximum") for one in stack.jobs),
                ),
            ),
            (
                lines(
                    "Runs at the same time", "runs",
                    "below half of the account's quota, 1,000 as a rule.",
                    "ask AWS for more, or reserve concurrency for sign-in (docs/deploy.md).",
                    *(of_function("ConcurrentExecutions", one, "Maximum") for one in functions),
                ),
                lines(
                    "Requests at the gateway", "requests",
                    "they follow the day; a million costs 3.7 dollars.",
                    "a flood: the ceilings of deploy.md hold; consider the WAF.",
                    of_gateway("Count", "Sum", "requests"),
                ),
                areas(
                    "Messages sent to queues", "messages",
                    "they follow the requests of rights and the events of Stream.",
                    "a chain of messages: see the alarms of dropped messages.",
                    *(of_queue("NumberOfMessagesSent", one, "Sum") for one in stack.queues),
                ),
            ),
            (
                areas(
                    "Read units of tables", "units",
                    "they follow the requests; a million costs 15 cents.",
                    "a table alone: a scan, or a job that runs too often.",
                    *(of_table("ConsumedReadCapacityUnits", one) for one in stack.tables),
                ),
                areas(
                    "Write units of tables", "units",
                    "they follow the requests; a million costs 76 cents.",
                    "Challenges alone: clients ask for masses of codes; see texts by country.",
                    *(of_table("ConsumedWriteCapacityUnits", one) for one in stack.tables),
                ),
                areas(
                    "Throttled reads and writes", "calls",
                    "zero.",
                    "a hot key, or growth beyond the table's warm throughput. Calls are repeated.",
                    *(
                        of_table(metric, one)
                        for one in stack.tables
                        for metric in ("ReadThrottleEvents", "WriteThrottleEvents")
                    ),
                ),
            ),
            (_USAGE, _UNREADABLE, _HISTORY),
        ),
    )  # fmt: skip


_IN_SHORT = numbers(
    "In short", "number",
    "texts are most of the variable cost, at about ten cents each, and follow the sign-ups.",
    "texts without accounts: fraud. See the next row.",
    total(Metric.CODE_TEXTED, "texts sent"),
    total(Metric.ACCOUNT_CREATED, "accounts created"),
    total(Metric.MAIL_SENT, "mails sent"),
    total(Metric.REQUEST_SERVED, "requests"),
    total(Metric.USAGE_ACCEPTED, "usage events"),
)  # fmt: skip
_TEXTS = areas(
    "Texts with codes, by country", "texts",
    "the countries of our users, in their waking hours. `other` counts all countries that are not listed.",
    "a country that jumps without accounts is pumped: remove it from sms.countries.",
    *each(Metric.CODE_TEXTED),
)  # fmt: skip
_BUDGETS = lines(
    "Room left for unverified texts", "per cent, lowest",
    "above half. No line: no text was sent.",
    "at zero new users get no code. Raise the figure, or shorten the countries.",
    *each(Metric.CODE_BUDGET_LEFT, "Minimum"),
    bound=25, bound_label="a quarter left",
)  # fmt: skip
_OVER = lines(
    "Texts over a budget", "texts",
    "zero.",
    "they are refused, or only counted with sms.budgets recorded.",
    total(Metric.CODE_OVER_COUNTRY_BUDGET, "of a country"),
    total(Metric.CODE_OVER_BUDGET_IN_ALL, "of all countries"),
)  # fmt: skip
_USAGE = lines(
    "Usage events", "events",
    "dropped ones lack a consent; few are over the daily cap.",
    "over the cap: an app sends in a loop. It costs two writes per batch.",
    total(Metric.USAGE_ACCEPTED, "accepted"),
    total(Metric.USAGE_DROPPED, "dropped"),
    total(Metric.USAGE_OVER_CAP, "over the cap"),
)  # fmt: skip
_UNREADABLE = lines(
    "Usage that the roll-up left out", "number",
    "zero.",
    "unreadable bundles: see the log of roll_up_usage. Cut accounts sent more groups than a day keeps.",
    total(Metric.USAGE_UNREADABLE, "unreadable"),
    total(Metric.USAGE_ACCOUNT_CUT, "accounts cut"),
)  # fmt: skip
_HISTORY = lines(
    "Countries with verified codes", "countries",
    "it is reported every hour and equals the countries of our users.",
    "no line: record_verified_codes does not run; budgets fall back to their floors after a week.",
    highest(Metric.CODE_HISTORY_RECORDED, "in the history of two weeks"),
)  # fmt: skip

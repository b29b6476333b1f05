"""Evidence in the Ledger: what checks found, and the placement that an operator confirmed.

Entries name settings, roles and channel types, and no person. The next checkpoint of the Ledger signs them.
"""

from collections.abc import Iterable

from chalicelib.core import chain, clock, observe
from chalicelib.core.chain import Chain, DailyHistory, NewEntry, Unreadable
from chalicelib.privacy.periods import Period
from chalicelib.stream.settings.model import CheckedSetting

HISTORY = DailyHistory("chat_settings")
PLACEMENT = Chain(HISTORY.kind, "placement")

CHECKED, PLACEMENT_CONFIRMED = "checked", "placement_confirmed"
_MOST_NAMED = 50  # names of an entry, which has to stay small; the numbers count all


def record_checked(drifted: Iterable[CheckedSetting], unverified: Iterable[CheckedSetting]) -> None:
    """Record the outcome of a check: once a day, and when it differs from the one before.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    now = clock.now()
    outcome = {**_named("drifted", drifted), **_named("unverified", unverified)}
    newest = HISTORY.newest(now)
    if newest is None or newest.data != outcome:
        HISTORY.record(now, CHECKED, outcome, Period.AUDIT.ends(now))


def record_placement(app: str, placement: str) -> None:
    """Record that an operator confirmed where Stream hosts an app.

    Raises:
        Unavailable: the Ledger does not answer.
        Unreadable: the newest confirmation was altered.
    """
    said = {"app": app, "placement": placement}
    chain.append(PLACEMENT, NewEntry(PLACEMENT_CONFIRMED, said, Period.AUDIT.ends(clock.now())))


def confirmed_placement(app: str) -> str | None:
    """The placement of an app that an operator confirmed; None if no operator did, or too long ago.

    Raises:
        Unavailable: the Ledger does not answer.
    """
    try:
        newest = chain.head(PLACEMENT)
    except Unreadable as altered:
        observe.log_failure("placement_unreadable", altered)
        return None
    if newest is None or newest.delete_at <= clock.now() or newest.data.get("app") != app:
        return None
    return str(newest.data["placement"])


def _named(word: str, settings: Iterable[CheckedSetting]) -> dict[str, object]:
    names = sorted(one.name for one in settings)
    return {word: len(names), f"{word}_settings": names[:_MOST_NAMED]}

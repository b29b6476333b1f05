"""The table of reports of abuse, and the reports of and about an account."""

from collections.abc import Iterator

from chalicelib.core.ids import AbuseReportId, AccountId
from chalicelib.safety import store
from chalicelib.safety.reports.model import AbuseReport

REPORTS = store.cases(AbuseReport, "abuse_reports", AbuseReportId, lambda one: one.listing)


def made_by(account_id: AccountId) -> Iterator[AbuseReportId]:
    """The ids of the reports that an account made, newest first."""
    return map(AbuseReportId, store.ids_of(AbuseReport, account_id))


def newest_by(account_id: AccountId) -> list[AbuseReport]:
    """The newest 100 reports that an account made and that can be read."""
    return store.newest_of(AbuseReport, account_id)


def about(account_id: AccountId) -> list[AbuseReport]:
    """The newest 100 reports about an account that can be read."""
    return store.newest_about(AbuseReport, account_id)


def all_about(account_id: AccountId) -> Iterator[AbuseReport]:
    """All reports about an account, newest first.

    Raises:
        SealingError: one cannot be opened.
    """
    return store.all_about(AbuseReport, account_id)

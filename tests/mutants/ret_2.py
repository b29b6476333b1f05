"""Mutants of RET-2: usage data is deleted sooner than other data, and is invisible once it expires."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="held_records_stay_visible",
        promise="RET-2",
        place="chalicelib.core.table.client:_shown",
        find='end = item.get("expires_at")',
        replace='end = item.get("delete_at")',
        harm="Usage data that a hold keeps is still shown and used after it expired.",
    ),
    Mutant(
        name="usage_is_kept_three_times_as_long",
        promise="RET-2",
        place="chalicelib.core.periods:PERIODS",
        find='"usage": _bounds("P30D", "P7D", "P90D")',
        replace='"usage": _bounds("P90D", "P7D", "P90D")',
        harm="What a person did in the app is stored for three months instead of one.",
    ),
    Mutant(
        name="bundle_expires_with_its_newest_event",
        promise="RET-2",
        place="chalicelib.privacy.bundles:pack",
        find="oldest = min(records, key=attrgetter(since))",
        replace="oldest = max(records, key=attrgetter(since))",
        harm=(
            "An event of the morning stays visible after its period, as long as one of the evening "
            "that is stored with it."
        ),
    ),
    Mutant(
        name="purge_does_not_see_expired_usage",
        promise="RET-2",
        place="chalicelib.retention.purge.store:_queries",
        find="index=lane.index, page=_PAGE, expired=Expired.INCLUDED",
        replace="index=lane.index, page=_PAGE",
        harm="The expired usage of a person stays stored, if the database does not delete it by itself.",
    ),
    Mutant(
        name="stopped_run_claims_that_nothing_is_left",
        promise="RET-2",
        place="chalicelib.retention.purge.service:_Purge._report",
        find='elif counts["complete"]:',
        replace="else:",
        harm=(
            "The evidence says that no expired data of people is left, although the run stopped "
            "before it looked."
        ),
    ),
    Mutant(
        name="undeleted_item_is_never_tried_again",
        promise="RET-2",
        place="chalicelib.retention.purge.service:_Purge._purge_lane",
        find="if empty and part == clean and lane.is_over(part, self.by):",
        replace="if part == clean and lane.is_over(part, self.by):",
        harm="An expired event stays stored if its deletion fails once, because no later run reads it.",
    ),
)

"""Mutants of RET-1: every kind of record has a declared retention, and is not kept longer."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="only_the_first_page_of_copies_is_purged",
        promise="RET-1",
        place="chalicelib.core.aws:listed_objects",
        find='        if not answer.get("IsTruncated"):\n            return',
        replace="        if answer:\n            return",
        harm=(
            "A copy of a person's data stays stored past its end, if a thousand other copies are "
            "listed before it."
        ),
    ),
    Mutant(
        name="row_enters_a_day_that_is_over",
        promise="RET-1",
        place="chalicelib.core.table.ends:of_item",
        find="max(clock.from_epoch(end), clock.now()).date()",
        replace="clock.from_epoch(end).date()",
        harm=(
            "No purge ever finds a record that was written after its end, for example by a shorter "
            "period, so it stays."
        ),
    ),
    Mutant(
        name="stage_sets_any_longer_period",
        promise="RET-1",
        place="chalicelib.core.periods:_within",
        find="if not bounds.minimum <= duration <= bounds.maximum:",
        replace="if not bounds.minimum <= duration:",
        harm="A mistyped setting keeps people's data for decades, and nothing refuses it.",
    ),
    Mutant(
        name="class_that_nobody_finds_may_last_long",
        promise="RET-1",
        place="chalicelib.privacy.declaration:_transience",
        find="retention.period.bounds.maximum <= MAX_TRANSIENT_PERIOD",
        replace="retention.period.bounds.default <= MAX_TRANSIENT_PERIOD",
        harm=(
            "Data that neither a copy nor a deletion finds is kept longer than a week, if a stage "
            "sets a longer period."
        ),
    ),
    Mutant(
        name="one_bad_item_keeps_all_after_it",
        promise="RET-1",
        place="chalicelib.retention.purge.service:_Purge._try_to_delete",
        find="if self._failures_in_a_row == _MAX_FAILURES:",
        replace="if self._failures_in_a_row >= 1:",
        harm="One record that cannot be deleted keeps the expired records of all people after it.",
    ),
    Mutant(
        name="held_records_are_not_purged",
        promise="RET-1",
        place="chalicelib.retention.purge.store:EXPIRING",
        find="if one is not Table.KEYS",
        replace="if one not in {Table.KEYS, Table.HELD}",
        harm="What a law kept of a deleted account stays after the day that the certificate names.",
    ),
    Mutant(
        name="papers_outlast_the_decision",
        promise="RET-1",
        place="chalicelib.rights.request.store:_ending_papers",
        find="found.decided(clock.now())",
        replace="found.decided(found.kept_since)",
        harm="A passport stays stored for weeks after the identity of its owner was decided.",
    ),
    Mutant(
        name="bytes_outlast_their_paper",
        promise="RET-1",
        place="chalicelib.retention.purge.store:stray_papers",
        find='if paper_id not in {one["paper_id"] for one in record.get("papers", ())}:',
        replace="if not record:",
        harm="A passport that was dropped from its record stays stored while its request has another paper.",
    ),
)

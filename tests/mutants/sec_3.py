"""Mutants of SEC-3: each safeguard is reviewed by a set date."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="review_is_due_only_on_its_day",
        promise="SEC-3",
        place="chalicelib.privacy.reviews:due",
        find="one.by - NOTICE",
        replace="one.by",
        harm="Operators learn that a safeguard has to be reviewed when it is too late to do so.",
    ),
    Mutant(
        name="late_review_is_not_due_any_more",
        promise="SEC-3",
        place="chalicelib.privacy.reviews:due",
        find="if on >= one.by - NOTICE",
        replace="if one.by >= on >= one.by - NOTICE",
        harm="The alarm ends although nothing was reviewed, and the data of people stays less protected.",
    ),
    Mutant(
        name="outage_of_stream_prevents_the_report",
        promise="SEC-3",
        place="chalicelib.stream.settings.jobs:check_chat_settings",
        find='{"reviews_due": reviews.report_due(), **service.check().counts}',
        replace='{**service.check().counts, "reviews_due": reviews.report_due()}',
        harm="A safeguard is past its day, and no alarm fires as long as Stream does not answer.",
    ),
)

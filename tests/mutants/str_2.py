"""Mutants of STR-2: nothing else about a person reaches Stream, from us or from an app."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="clients_may_write_their_user",
        promise="STR-2",
        place="chalicelib.stream.settings.baseline:_APP_GRANTS",
        find='("flag-user",)',
        replace='("flag-user", "update-user-owner")',
        harm="An app writes the email address of its user to Stream, because its role permits it.",
    ),
    Mutant(
        name="push_tokens_alone_are_no_drift",
        promise="STR-2",
        place="chalicelib.reconciliation.comparison:_differs",
        find="if user.has_other_fields or user.push_tokens:",
        replace="if user.has_other_fields:",
        harm="The push token of a user's phone stays at Stream, although push through Stream is off.",
    ),
    Mutant(
        name="second_write_within_an_hour_is_forgotten",
        promise="STR-2",
        place="chalicelib.reconciliation.events:strip_fields",
        find="_wait(hook, _end_of_hour(full), has_waited=has_waited)",
        replace="metrics.count(Metric.STREAM_FIELDS_LEFT)",
        harm=(
            "An app writes personal data to its user at Stream twice in an hour, and the second "
            "stays there for days."
        ),
    ),
)

"""Mutants of STR-6: rights concerning data at Stream can be exercised through us."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="full_export_counts_as_complete",
        promise="STR-6",
        place="chalicelib.stream.export.service:_copy",
        find="redaction.most_entries >= export.MAX_EXPORTED",
        replace="redaction.most_entries > export.MAX_EXPORTED",
        harm=(
            "A person gets a copy without their oldest messages, and it does not say that any may be missing."
        ),
    ),
    Mutant(
        name="correction_that_never_arrives_counts_as_done",
        promise="STR-6",
        place="chalicelib.rights.rectification.steps:_notify",
        find='return Stop("not_at_stream")',
        replace="return _done(notices)",
        harm=(
            "A person's corrected name never reaches Stream, and their request ends without an "
            "operator's help."
        ),
    ),
    Mutant(
        name="loss_after_a_closed_case_opens_none",
        promise="STR-6",
        place="chalicelib.reconciliation.cases.service:open_case",
        find="if known and known.is_open:",
        replace="if known:",
        harm="A user with a closed case loses their chats at Stream, and no operator learns of it.",
    ),
)

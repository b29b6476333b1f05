"""Mutants of RGT-2: wrong data can be corrected, and recipients are notified."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="recipients_of_reviewed_fields_are_not_listed",
        promise="RGT-2",
        place="chalicelib.rights.request.recipients:changed_fields",
        find="(*correction.deferred, *(correction.proposed or ()))",
        replace="correction.deferred",
        harm="After operators correct a field, an authority that got the wrong value is never notified.",
    ),
    Mutant(
        name="partial_decision_changes_nothing",
        promise="RGT-2",
        place="chalicelib.rights.rectification.intake:_CORRECTS",
        find="frozenset({Status.COMPLETED, Status.PARTIALLY_COMPLETED})",
        replace="frozenset({Status.COMPLETED})",
        harm="The answer says that a part of the data was corrected, and no value was stored.",
    ),
    Mutant(
        name="old_name_at_stream_counts_as_notified",
        promise="RGT-2",
        place="chalicelib.rights.rectification.steps:_look_at_stream",
        find="(user.name, user.image) == (wanted.name, wanted.image)",
        replace="user.image == wanted.image",
        harm="The person reads that Stream was notified, while Stream still shows the wrong name to others.",
    ),
)

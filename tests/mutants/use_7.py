"""Mutants of USE-7: payment records are kept only as long as the law requires."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="invoice_is_kept_a_year_too_long",
        promise="USE-7",
        place="chalicelib.privacy.periods:Period.ends",
        find="since.astimezone(UTC).year + 1",
        replace="since.astimezone(UTC).year + 2",
        harm="The invoices of a person are kept a year longer than the law requires.",
    ),
    Mutant(
        name="hold_replaces_the_statutory_period",
        promise="USE-7",
        place="chalicelib.retention.held.model:KeepReasons.ends",
        find="if self.law else None",
        replace="if self.law and not self.holds else None",
        harm=(
            "An invoice of an erased account that a hold keeps too is deleted when the hold ends,"
            " years before the law allows."
        ),
    ),
    Mutant(
        name="invoice_is_recorded_during_an_erasure",
        promise="USE-7",
        place="chalicelib.staff.billing.service:_commit",
        find="        not_erasing(invoice.account_id),\n",
        replace="",
        harm=(
            "An invoice stays under the account of an erased person, because it is recorded after"
            " the others were moved."
        ),
    ),
)

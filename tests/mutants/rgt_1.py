"""Mutants of RGT-1: access, which data is processed, why, for how long and who receives it, and a copy."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="pins_of_a_conflicting_batch_are_only_counted",
        promise="RGT-1",
        place="chalicelib.privacy.pins:_pin_batch",
        find="kept += table.try_write(write)",
        replace="kept += 1",
        harm=(
            "If one of 25 records is deleted or kept meanwhile, the other 24 expire and are missing from "
            "the person's copy."
        ),
    ),
    Mutant(
        name="copy_reads_as_of_now",
        promise="RGT-1",
        place="chalicelib.rights.copy.reader:Reading._of_table",
        find="store.items_by_account(where, self._account_id, self._as_of)",
        replace="store.items_by_account(where, self._account_id, clock.now())",
        harm="Records that expired after the day of the request are missing from the person's copy.",
    ),
    Mutant(
        name="lapsed_secrecy_still_hides_a_disclosure",
        promise="RGT-1",
        place="chalicelib.rights.copy.reader:Reading._is_undisclosed",
        find="return until is not None and clock.now() < until",
        replace="return until is not None",
        harm=(
            "After a secrecy order has lapsed, the person's copy still hides that an authority received "
            "their data."
        ),
    ),
    Mutant(
        name="copy_denies_what_may_be_secret",
        promise="RGT-1",
        place="chalicelib.rights.copy.contents:_has_none",
        find="all(one.name != UNDISCLOSED_RECORDS for one in section.withheld)",
        replace="True",
        harm="The person's copy says that we have no hold on their data while a secret one is in force.",
    ),
)

"""Mutants of ACC-10: the names that users give contacts in their phones are not collected."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="name_is_taken_as_a_number",
        promise="ACC-10",
        place="chalicelib.people.contacts.matching.model:_NumberOfBook",
        find='pattern=f"^({_DIALLED}|ext)*$"',
        replace='pattern="^"',
        harm="An app sends the names of an address book, and nobody notices.",
    ),
    Mutant(
        name="other_fields_are_ignored",
        promise="ACC-10",
        place="chalicelib.people.contacts.matching.model:NumbersToMatch",
        find="class NumbersToMatch(Body):",
        replace='class NumbersToMatch(Body, extra="ignore"):',
        harm="An app sends the names beside the numbers, and nobody notices.",
    ),
    Mutant(
        name="numbers_without_names_come_as_any_text",
        promise="ACC-10",
        place="chalicelib.people.contacts.matching.model:NumbersToMatch",
        find="tuple[_NumberOfBook, ...]",
        replace="tuple[str, ...]",
        harm="A name in place of a number is skipped in silence, after it came to us.",
    ),
)

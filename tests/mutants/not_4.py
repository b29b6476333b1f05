"""Mutants of NOT-4: everyone can see who the controller is and how to contact them."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="html_of_a_mail_has_no_contact",
        promise="NOT-4",
        place="chalicelib.messages.mail:_as_html",
        find='Html("<br>").join(signature)',
        replace='Html("<br>").join(signature[:1])',
        harm="A person who reads a mail in its usual form does not see how to reach the controller.",
    ),
    Mutant(
        name="officer_is_shown_as_the_representative",
        promise="NOT-4",
        place="chalicelib.site.about.api:Controller.of_stage",
        find="representative=arranged.representatives.get(RepresentedLaw.EU) or None",
        replace="representative=arranged.data_protection_officer or None",
        harm="A person in the EU writes to the wrong address, because the representative is not shown.",
    ),
    Mutant(
        name="function_starts_without_a_contact",
        promise="NOT-4",
        place="chalicelib.core.settings:read",
        find='_parsed(environment, "RU4M_CONTACT_EMAIL", email_address)',
        replace='_parsed_or(environment, "RU4M_CONTACT_EMAIL", email_address, "")',
        harm="The service runs without an address to which a person can write.",
    ),
    Mutant(
        name="imprint_names_no_representative",
        promise="NOT-4",
        place="chalicelib.site.pages.imprint:_appointed",
        find="if named := tuple(arranged.represented()):",
        replace="if named := ():",
        harm="A person without the app does not find the representative of their country.",
    ),
)

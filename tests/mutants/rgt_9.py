"""Mutants of RGT-9: everyone is informed where to complain."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="own_authority_replaces_the_commissioner",
        promise="RGT-9",
        place="chalicelib.privacy.remedies:authorities_for",
        find="return (*CONTROLLER.authorities, own) if own else CONTROLLER.authorities",
        replace="return (own,) if own else CONTROLLER.authorities",
        harm="A person abroad does not learn that they can complain to the Commissioner in Belgrade.",
    ),
    Mutant(
        name="only_refusals_name_the_remedies",
        promise="RGT-9",
        place="chalicelib.rights.answers.decisions:_paragraphs",
        find="if request.status is not Status.CANCELLED:\n        disagree",
        replace="if request.refusal:\n        disagree",
        harm=(
            "A person whose request was answered with less than they wanted does not read where to complain."
        ),
    ),
    Mutant(
        name="certificate_forgets_the_country",
        promise="RGT-9",
        place="chalicelib.rights.erasure.certificates.page:_complaint",
        find="remedies.authorities_for(country)",
        replace="remedies.authorities_for(None)",
        harm=(
            "The certificate of a deletion does not name the authority of the country in which the person "
            "lives."
        ),
    ),
    Mutant(
        name="page_of_a_right_names_no_authority",
        promise="RGT-9",
        place="chalicelib.site.pages.about_right:parts",
        find="paragraphs(remedies.in_words(None, reader.language))",
        replace="paragraphs()",
        harm="A person who reads about a right on the site does not learn where to complain.",
    ),
)

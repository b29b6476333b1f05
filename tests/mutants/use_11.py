"""Mutants of USE-11: advertisements are personalised only with consent."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="only_the_first_purpose_is_judged",
        promise="USE-11",
        place="chalicelib.consents.marketing:_judge",
        find="for purpose in kind.purposes:",
        replace="for purpose in kind.purposes[:1]:",
        harm="A person who agreed to news only gets news that is chosen by their data.",
    ),
    Mutant(
        name="consent_to_news_personalises_ads",
        promise="USE-11",
        place="chalicelib.consents.marketing:may_personalise_ads",
        find="NonServiceKind.ADVERTISEMENT",
        replace="NonServiceKind.NEWS",
        harm="A person who agreed to news sees advertisements that are chosen by their data.",
    ),
    Mutant(
        name="ads_rest_on_our_interests",
        promise="USE-11",
        place="chalicelib.privacy.purposes:Purpose",
        find='"marketing.advertising.first_party.targeted",\n        LegalBasis.CONSENT,',
        replace='"marketing.advertising.first_party.targeted",\n        LegalBasis.LEGITIMATE_INTERESTS,',
        harm="A person who was never asked sees advertisements that are chosen by their data.",
    ),
)

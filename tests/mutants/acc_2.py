"""Mutants of ACC-2: a number is verified before an account exists, and an abandoned signup leaves nothing."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="resend_starts_the_attempts_again",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.store:count_resend",
        find='put={"resend_after": clock.to_text(next_after)},',
        replace='put={"resend_after": clock.to_text(next_after), "attempts": 0},',
        harm="A stranger guesses the code of a number that is not theirs seventeen times instead of five.",
    ),
    Mutant(
        name="code_is_accepted_after_its_life",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.store:count_attempt",
        find='Attr("code_until").gt(clock.to_text(clock.now())) & Attr("attempts").lt(maximum)',
        replace='Attr("attempts").lt(maximum)',
        harm="A person who finds yesterday's code on a phone opens an account with its number.",
    ),
    Mutant(
        name="code_that_was_never_mailed_is_right",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.service:check_code",
        find=" and challenge.has_code",
        replace="",
        harm="A stranger has as many codes to guess as addresses, where texts do not arrive.",
    ),
    Mutant(
        name="abandoned_signup_is_kept_for_a_week",
        promise="ACC-2",
        place="chalicelib.core.periods:PERIODS",
        find='"challenge": _bounds("PT48H",',
        replace='"challenge": _bounds("P7D",',
        harm="We keep the number of a person who never signed up for seven days instead of two.",
    ),
    Mutant(
        name="block_has_no_share_of_a_country",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.store:_at_most",
        find="_up_to(name, free) | _up_to(block, share)",
        replace="_up_to(name, free) | _up_to(block, 10 * share)",
        harm="One network uses up the texts of a country, and people in other networks cannot sign up.",
    ),
    Mutant(
        name="verified_code_does_not_repay_its_block",
        promise="ACC-2",
        place="chalicelib.accounts.challenges.store:add_verified",
        find="_to_debts(place, -paid, -paid_of_block)",
        replace="_to_debts(place, -paid, 0)",
        harm="People behind a carrier's address are refused because others of it signed up before them.",
    ),
    Mutant(
        name="resend_counts_for_no_address",
        promise="ACC-2",
        place="chalicelib.signup.service:resend",
        find="challenges.resend(_ref(challenge_id), address, _known_device)",
        replace="challenges.resend(_ref(challenge_id), None, _known_device)",
        harm="A network has four times as many texts sent to strangers as its limit says.",
    ),
    Mutant(
        name="each_network_of_an_ipv6_site_has_a_share",
        promise="ACC-2",
        place="chalicelib.core.http.parameters:ClientAddress.site",
        find="block.version == 6 and",
        replace="block.version == 4 and",
        harm="One customer with a /48 uses up the texts of a country from its many networks.",
    ),
)

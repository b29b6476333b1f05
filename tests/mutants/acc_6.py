"""Mutants of ACC-6: others see only the public part of a profile."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="others_see_the_country",
        promise="ACC-6",
        place="chalicelib.accounts.profiles.model:PublicProfile",
        find=(
            "    avatar_url: str | None = None\n"
            "\n"
            "    @classmethod\n"
            "    def of(cls, account: Account, profile: Profile, avatar: Avatar | None) -> Self:\n"
            '        """Build the view for others."""\n'
            "        return cls(\n"
        ),
        replace=(
            "    avatar_url: str | None = None\n"
            "    country: str | None = None\n"
            "\n"
            "    @classmethod\n"
            "    def of(cls, account: Account, profile: Profile, avatar: Avatar | None) -> Self:\n"
            '        """Build the view for others."""\n'
            "        return cls(\n"
            "            country=profile.country,\n"
        ),
        harm="Other users see the country that a user entered for themselves only.",
    ),
    Mutant(
        name="full_name_replaces_the_chosen_one",
        promise="ACC-6",
        place="chalicelib.accounts.profiles.model:PublicProfile.of",
        find="display_name=profile.display_name,",
        replace="display_name=profile.name or profile.display_name,",
        harm="Other users see the full name of a user who chose to show a nickname.",
    ),
    Mutant(
        name="blocked_user_still_sees_the_profile",
        promise="ACC-6",
        place="chalicelib.accounts.blocks.service:keep_apart",
        find="return one.is_kept_from(other) or other.is_kept_from(one)",
        replace="return other.is_kept_from(one)",
        harm="A blocked user still sees the profile of the user who blocked them.",
    ),
    Mutant(
        name="lifting_an_id_finds_the_entry_of_its_number",
        promise="ACC-6",
        place="chalicelib.accounts.blocks.model:BlockList.without",
        find="        if user_id not in self.links:\n",
        replace=(
            "        erased = (one for one, link in self.links.items() if not link.account_id)\n"
            "        user_id = next(erased, user_id)\n"
            "        if user_id not in self.links:\n"
        ),
        harm="A user lifts a block of a new account, and sees which erased user had its number.",
    ),
)

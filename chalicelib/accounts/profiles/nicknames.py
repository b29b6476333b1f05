"""Random nicknames for users without a display name, made without data about them (STR-1)."""

import secrets

_KINDS = (
    "Amber", "Brave", "Calm", "Clever", "Curious", "Gentle", "Golden", "Happy", "Jolly", "Kind",
    "Lucky", "Merry", "Quick", "Quiet", "Silver", "Sunny", "Swift", "Warm", "Wild", "Wise",
)  # fmt: skip
_ANIMALS = (
    "Badger", "Beaver", "Crane", "Dolphin", "Falcon", "Fox", "Hare", "Hedgehog", "Heron", "Lynx",
    "Marten", "Otter", "Owl", "Panda", "Puffin", "Robin", "Seal", "Sparrow", "Stork", "Swan",
)  # fmt: skip


def random_nickname() -> str:
    """Two words and a number, such as "Calm Otter 417"."""
    return f"{secrets.choice(_KINDS)} {secrets.choice(_ANIMALS)} {secrets.randbelow(900) + 100}"

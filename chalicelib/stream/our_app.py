"""The user at Stream that creates channels. It is no person, and accounts never get its id.

A participant who created a channel would own it at Stream, and could read it after leaving it.
"""

SYSTEM_USER = "ru4m"
SYSTEM_USER_NAME = "RU4M"

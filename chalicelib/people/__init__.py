"""The people a user knows: contacts, conversations with them, and blocks that end both."""

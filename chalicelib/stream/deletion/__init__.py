"""The deletion of a user at Stream, and what Stream reports about it."""

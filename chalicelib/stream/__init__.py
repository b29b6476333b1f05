"""Chat: users at Stream, and the short-lived tokens with which they connect.

The deletion of a user at Stream; start reading at `deletion`:

Stream's part of a copy; start reading at `export`:
"""

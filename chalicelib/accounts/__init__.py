"""Accounts and their profiles, sessions, one-time codes, known devices and blocks."""

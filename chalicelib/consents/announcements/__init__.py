"""Announces new versions of notices to all accounts: by mail to a verified address, else in the app."""

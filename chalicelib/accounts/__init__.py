"""Accounts: one per mobile number, with an internal id, a public user id and a state."""

"""Secrets that an account's owner may choose: a PIN and a password (ACC-3). Sign-in asks for them."""

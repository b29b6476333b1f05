"""Blocks: whom an account keeps away, also under a new account with the same number (ADR 37).

The routes are in `people/api`, because a block also ends the contact and open invitations.
"""

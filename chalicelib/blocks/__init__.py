"""Blocks: whom an account keeps away, also under a new account with the same number (ADR 37).

service  the judgement whether two users keep each other away, and the parts of changes
store    all DynamoDB access: one sealed list per account, and the reverse row under each blocked account
model    the list, pure

The routes are in `contacts`, because a block also ends the contact and open invitations.
"""

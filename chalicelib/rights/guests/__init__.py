"""Requests without a session, by a code to a number or mailbox (RGT-11, ADR 49).

The routes are in `rights/guests/api`.
"""

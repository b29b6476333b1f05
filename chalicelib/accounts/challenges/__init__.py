"""Challenges: a one-time code is sent to a number or mailbox for one purpose, and has to be sent back.

The concepts that need one (signup, sessions, profiles, guests, support) use `service`. This package imports
none of them.
"""

"""Challenges: a one-time code is sent somewhere for one purpose, and has to be given back.

Whoever needs one (signup, sessions, profiles) uses `service`; nothing here knows them.
"""

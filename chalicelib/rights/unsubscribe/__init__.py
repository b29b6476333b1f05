"""Unsubscribing by the link in a marketing mail: an objection to direct marketing without a session (RGT-6).

service  the objection
page     the page that asks for a confirmation, and the one that confirms
"""

"""The gate of messages that are no service messages, and the links by which people object to them (ADR 47).

model    the kinds of these messages, and the reasons against one
gate     may_send, may_personalise_ads: the only way to an address for such a message
links    the tokens of links to unsubscribe
service  sends a marketing mail
"""

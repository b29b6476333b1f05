"""Stream's webhook: signed events about users and messages, received and worked on (ADR 39).

An event only names what to look at. Whatever it says, the worker reads the current state and acts on that.
"""

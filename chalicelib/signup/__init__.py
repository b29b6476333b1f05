"""Signup: a mobile number, a code by SMS, then an account or the one that the number has already.

Read `service` for the rules; the code and its attempts are in `challenges`.
"""

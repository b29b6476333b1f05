"""Signup: a mobile number and a code by SMS open the number's account, or create it.

`service` has the rules; codes and attempts are in `accounts/challenges`.
"""

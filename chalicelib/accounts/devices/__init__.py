"""Devices: an app's description of its device, and the devices that an account knows.

Challenges and sessions store the description in their records. `store` has the known devices (ADR 25).
"""

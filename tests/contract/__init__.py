"""Tests of the official SDKs against the Stream emulator, with the service's own tokens."""

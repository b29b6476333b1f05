"""The official SDKs run against the Stream emulator, with the service's own tokens."""

"""The official SDKs against our Stream emulator, with tokens as we mint them."""

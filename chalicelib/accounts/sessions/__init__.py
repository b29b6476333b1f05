"""Sessions: a signed-in device, its tokens, and the callers of routes."""

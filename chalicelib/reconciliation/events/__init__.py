"""Works on events of Stream that the webhook received; the current state decides, not the event."""

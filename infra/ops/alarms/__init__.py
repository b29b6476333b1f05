"""What a person on call looks at: alarms, queues, settings at Stream."""

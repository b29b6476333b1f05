"""Runs of jobs, as the schedule, topics and queues start them."""

"""Retention: the deletion of what has ended, holds, and what a law or a hold keeps of erased accounts."""

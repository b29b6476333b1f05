"""What the suites share: builders, the world, counting, canaries. Hides plumbing, never behaviour."""

"""The link in a marketing mail: an objection to direct marketing without a session (RGT-6)."""

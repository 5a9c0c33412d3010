"""Barriers, turnstiles and door openers; one file per model."""

"""Ways to tell people who are not at the gate: one file per way."""

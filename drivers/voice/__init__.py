"""Loudspeakers with a fixed vocabulary; one file per model."""

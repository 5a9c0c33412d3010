"""Code scanners; one file per model."""

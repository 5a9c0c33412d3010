"""Thermometers that deliver readings by themselves; one file per model."""

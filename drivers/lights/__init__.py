"""Drivers of signal towers and their button; one file each."""

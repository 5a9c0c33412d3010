"""Platforms that say what an opaque health, itinerary or venue code means; one file per protocol."""

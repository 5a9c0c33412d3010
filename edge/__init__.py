"""The gate's daemon: measures, reads, asks, decides, writes down, shows, forwards."""

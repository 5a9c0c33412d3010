"""The district's server: receives what gates wrote, keeps it, shows it."""

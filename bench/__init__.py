"""Figures, with peers measured in the same run. `./gate bench [NAME]` prints one JSON object a line."""

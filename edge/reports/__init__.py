"""Reports: figures recomputed from the journal's rows, ledgers, and what is sent of them every day."""

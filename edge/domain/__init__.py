"""Pure decisions: no I/O, no clock, no threads, no logging; standard library only."""

"""An engine that is to be proven: its source rewritten, and run on numbers that are not known."""

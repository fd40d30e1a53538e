"""The line that is wrong, and the smallest change of the source with which everything is right."""

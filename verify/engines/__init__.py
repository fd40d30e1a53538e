"""The engine under test: found, loaded, adapted, run, and kept at a distance."""

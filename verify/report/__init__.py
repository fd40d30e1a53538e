"""One file a format; each listens to the events of a run."""

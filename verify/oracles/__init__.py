"""Sources of the true gradient; one file a truth, and none of them knows an engine."""

"""Where the class lives."""

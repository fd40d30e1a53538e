"""An engine run on symbols: what it computes, for all inputs."""

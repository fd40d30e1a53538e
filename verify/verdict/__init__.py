"""From readings to verdicts, and from verdicts to what a check yields."""

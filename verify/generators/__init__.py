"""What to ask: cases that are drawn, listed or enumerated, and cases made small."""

"""Compare: children, adults, models and baselines side by side, down to the trials behind every point."""

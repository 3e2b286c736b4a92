"""Reaction times: distributions and the summaries that fit them, refused where the timing cannot be trusted."""

"""Coding by hand where a child looked, frame by frame, from the video of a session."""

"""Gaze, the half with devices and drawing: trackers, head placement and calibration, watching where the child looks."""

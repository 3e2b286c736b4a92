"""Developmental statistics, figures and the report."""

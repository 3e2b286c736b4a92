"""Regression with chance fixed, population-averaged and child-specific, and linear models for looking."""

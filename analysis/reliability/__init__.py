"""Reliability and quality: consistency, retest, coders, response patterns, missingness and sensitivity."""

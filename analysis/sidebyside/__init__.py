"""Respondents side by side for whoever looks at them one chart at a time: the app, ``devkit compare``."""

from analysis.sidebyside.compared import Range, compare

__all__ = ["Range", "compare"]

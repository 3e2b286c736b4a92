"""The report: one self-contained page, its figures and tables as files beside it."""

from analysis.report.write import Written, write_report

__all__ = ["Written", "write_report"]

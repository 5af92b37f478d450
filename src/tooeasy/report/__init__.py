"""Results as one HTML page."""

from tooeasy.report.chapter import Chapter, study_dataset
from tooeasy.report.notebook import to_notebook
from tooeasy.report.page import render_page
from tooeasy.report.report import Report, check_form, make_report, write_report

__all__ = [
    "Chapter",
    "Report",
    "check_form",
    "make_report",
    "render_page",
    "study_dataset",
    "to_notebook",
    "write_report",
]

"""The pages of a run: pictures of every candidate and the HTML report."""

from lensmith.report.candidate_pictures import write_candidate_pictures
from lensmith.report.page import write_report

__all__ = ["write_candidate_pictures", "write_report"]

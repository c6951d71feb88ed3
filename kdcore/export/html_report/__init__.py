"""The report: what was measured, drawn and written down so that it can be read without this project.

`run_report` and `comparison_report` compute what it says; `templates/` say how it looks. Jinja escapes whatever comes from
a run, and the page forbids itself to fetch anything or to run a script.
"""

from kdcore.export.html_report.page import report_page

__all__ = ["report_page"]

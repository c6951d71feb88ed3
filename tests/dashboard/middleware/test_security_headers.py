from __future__ import annotations

from starlette.responses import JSONResponse

from dashboard.middleware.closed_endpoints import ClosedEndpoints
from dashboard.middleware.security_headers import SecurityHeaders
from tests.dashboard.middleware.asking import PAGE, ask


def test_a_page_loads_nothing_from_elsewhere_and_stands_in_no_frame() -> None:
    headers = ask(SecurityHeaders(PAGE), host="laptop:8501").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert "ws://laptop:8501" in policy["connect-src"]
    assert policy["frame-ancestors"] == "'none'"
    assert not [value for value in policy.values() if "*" in value or "https:" in value.split()]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_a_course_page_may_frame_it_where_it_is_named() -> None:
    headers = ask(SecurityHeaders(PAGE, {"https://course.example.org"}), host="x").headers
    assert "frame-ancestors https://course.example.org" in headers["content-security-policy"]


def test_what_is_no_page_needs_no_policy() -> None:
    headers = ask(SecurityHeaders(JSONResponse({})), host="x").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" not in headers


def test_figures_of_the_server_are_closed_unless_they_are_asked_for() -> None:
    for path in ("/_stcore/metrics", "/lab/_stcore/metrics", "/_stcore/metrics/"):
        assert ask(ClosedEndpoints(PAGE), path).status == 404
        assert ask(ClosedEndpoints(PAGE, metrics=True), path).status == 200
    assert ask(ClosedEndpoints(PAGE, metrics=True), "/_stcore/agent/interact").status == 404
    assert ask(ClosedEndpoints(PAGE), "/_stcore/health").status == 200

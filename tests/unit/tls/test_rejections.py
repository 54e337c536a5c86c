"""One log line for each rejected connection, few for a flood."""

from __future__ import annotations

from structlog.testing import capture_logs

from vard_http.tls.rejections import MAX_KINDS, Rejections


async def test_each_kind_is_logged_at_once_and_its_repeats_are_counted() -> None:
    rejections = Rejections()
    with capture_logs() as lines:
        for port in (1, 2, 3):
            rejections.note(("10.0.0.1", port), "why")
        rejections.note(("::1", 4), "why")
        rejections.end_period()
        rejections.note(("10.0.0.1", 5), "why")
        rejections.end_period()
    assert [line["event"] for line in lines] == [
        'rejected connection from "10.0.0.1:1" (error "why")',
        'rejected connection from "[::1]:4" (error "why")',
        'rejected 2 more connections from "10.0.0.1" (error "why")',
        'rejected connection from "10.0.0.1:5" (error "why")',
    ]


async def test_a_flood_from_everywhere_does_not_flood_the_log() -> None:
    rejections = Rejections()
    with capture_logs() as lines:
        for number in range(10 * MAX_KINDS):
            rejections.note((f"host{number}", 1), "why")
        rejections.end_period()
    assert len(lines) == MAX_KINDS + 1
    assert lines[-1]["event"] == f"rejected {9 * MAX_KINDS} more connections for other reasons"


async def test_a_reason_cannot_begin_a_line_of_its_own() -> None:
    rejections = Rejections()
    with capture_logs() as lines:
        rejections.note(("10.0.0.1", 1), 'name "x\ny"')
        rejections.end_period()
    assert lines[0]["event"].endswith(r'(error "name \"x\ny\"")')

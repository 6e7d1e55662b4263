"""The order in which the query over all lines reads, and its tokens while lines come and go."""

import base64
from dataclasses import replace

import pytest

from router_app.http.positions import Part, Position, decode_position, encode_position, remaining
from router_app.problems import Problem
from version_registry.model import Line, LineStatus, VersionApp

APP = VersionApp("app", "app.test")


def live(name, generation=1):
    return Line(name, LineStatus.LIVE, generation=generation, app=APP)


def retired(name, generation=1):
    return Line(name, LineStatus.RETIRED, generation=generation)


def app_part(line, generation=1, token=None):
    return Position(line, Part.APP, generation, token)


def archive_part(line, token=None):
    return Position(line, Part.ARCHIVE, token=token)


def test_newest_lines_come_first_and_apps_before_what_is_archived():
    lines = [live("1.9"), live("1.10"), retired("1.2"), Line("2.0", LineStatus.REGISTERED)]
    assert remaining(lines, None) == [
        archive_part("2.0"),
        *(app_part("1.10"), archive_part("1.10")),
        *(app_part("1.9"), archive_part("1.9")),
        archive_part("1.2"),
    ]


@pytest.mark.parametrize(
    ("lines", "reached", "expected"),
    [
        pytest.param(
            [live("1.1"), live("1.0")],
            app_part("1.0", token="t"),
            [app_part("1.0", token="t"), archive_part("1.0")],
            id="goes on where it was",
        ),
        pytest.param(
            [live("1.2"), live("1.0")],
            app_part("1.0", token="t"),
            [app_part("1.0", token="t"), archive_part("1.0")],
            id="a newer line that came since is not begun",
        ),
        pytest.param(
            [retired("1.1"), live("1.0")],
            app_part("1.1", token="t"),
            [archive_part("1.1"), app_part("1.0"), archive_part("1.0")],
            id="a line that retired since is read from the archive, from its beginning",
        ),
        pytest.param(
            [live("1.0")],
            app_part("1.1", token="t"),
            [app_part("1.0"), archive_part("1.0")],
            id="a line that is gone altogether leaves its token behind",
        ),
        pytest.param(
            [live("1.0", generation=2)],
            app_part("1.0", generation=1, token="t"),
            [app_part("1.0", generation=2), archive_part("1.0")],
            id="a line that was made anew is read from the beginning",
        ),
        pytest.param(
            [replace(live("1.0"), status=LineStatus.RETIRING)],
            app_part("1.0", token="t"),
            [archive_part("1.0")],
            id="an app that is being deleted is not asked",
        ),
        pytest.param(
            [live("1.0")], archive_part("1.0", token="k"), [archive_part("1.0", token="k")], id="within the archive"
        ),
        pytest.param([], app_part("1.0"), [], id="nothing left"),
    ],
)
def test_a_query_goes_on_while_lines_come_and_go(lines, reached, expected):
    assert remaining(lines, decode_position(encode_position(reached))) == expected


@pytest.mark.parametrize("position", [app_part("1.0"), app_part("1.4.2rc1", 3, "bmV4dA=="), archive_part("1.0", "ü")])
def test_a_position_survives_its_token(position):
    assert decode_position(encode_position(position)) == position


@pytest.mark.parametrize(
    "token", ["", "x", "ü", "W10=", "WyIxLjAiXQ==", "WzEsMl0=", "bnVsbA==", "WyJ4IiwiYXBwIiwxLG51bGxd"]
)
def test_a_token_of_somebody_else_is_refused(token):
    with pytest.raises(Problem):
        decode_position(token)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(encode_position(app_part("1.0", token="a\r\nX-Evil: 1")), id="a header within a header"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 100_000).decode(), id="nested without end"),
    ],
)
def test_a_hostile_token_is_refused_before_anything_is_asked(text):
    with pytest.raises(Problem) as refused:
        decode_position(text)
    assert refused.value.kind.slug == "invalid-parameter"

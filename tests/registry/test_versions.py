"""What a version, a line and a request for a version are."""

import pytest

from version_registry.errors import InvalidNameError
from version_registry.versions import RequestKind, VersionRequest, line_of, parse_release, parse_request


@pytest.mark.parametrize(
    ("text", "normalised", "line"),
    [
        ("1.4.2", "1.4.2", "1.4"),
        ("v1.4.2", "1.4.2", "1.4"),
        ("V1.4.2", "1.4.2", "1.4"),
        ("01.04.002", "1.4.2", "1.4"),
        ("1.4.2-rc.1", "1.4.2rc1", "1.4.2rc1"),
        ("1.4.2rc1", "1.4.2rc1", "1.4.2rc1"),
        ("1.4.2-beta2", "1.4.2b2", "1.4.2b2"),
        ("2.0.0a1", "2.0.0a1", "2.0.0a1"),
        ("10.20.30", "10.20.30", "10.20"),
    ],
)
def test_a_release_is_normalised_and_belongs_to_a_line(text, normalised, line):
    assert (str(parse_release(text)), line_of(text)) == (normalised, line)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1.4", "1.4.2.3", "1.4.x", "latest", "1.4rc1", "1.4.2/../x", "9" * 70),
        *("1!1.4.2", "1.4.2+local", "1.4.2.dev1", "1.4.2.post1", "1.4.2-1"),
    ],
)
def test_what_is_no_release_is_refused(text):
    with pytest.raises(InvalidNameError):
        parse_release(text)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (None, VersionRequest(RequestKind.CURRENT)),
        ("", VersionRequest(RequestKind.CURRENT)),
        ("latest", VersionRequest(RequestKind.LATEST)),
        ("Latest", VersionRequest(RequestKind.LATEST)),
        ("1", VersionRequest(RequestKind.MAJOR, "1")),
        ("v2", VersionRequest(RequestKind.MAJOR, "2")),
        ("1.4", VersionRequest(RequestKind.LINE, "1.4")),
        ("v1.04", VersionRequest(RequestKind.LINE, "1.4")),
        ("1.4.2", VersionRequest(RequestKind.LINE, "1.4")),
        ("1.4.2-rc.1", VersionRequest(RequestKind.LINE, "1.4.2rc1")),
        ("~=1.4", VersionRequest(RequestKind.SPECIFIER, "~=1.4")),
        (" >=1.2, <2 ", VersionRequest(RequestKind.SPECIFIER, "<2,>=1.2")),
    ],
)
def test_a_request_is_understood(text, request_):
    assert parse_request(text) == request_


@pytest.mark.parametrize(
    "text", ["newest", "1.4.2.3", "~1.4", ">=banana", "==", "1.", "-1", ">=" + "1" * 70, "1" * 70, "  "]
)
def test_a_request_that_means_nothing_is_refused(text):
    with pytest.raises(InvalidNameError):
        parse_request(text)


@pytest.mark.parametrize(
    "text", ["１.０", "１.０.０", "١.٠", "1.0\n", "1.0.0\n", "1.0\x00", "\u20031.0", "1.0\u200b", "~=１.０", "lateſt"]
)
def test_other_scripts_and_hidden_characters_are_refused(text):
    with pytest.raises(InvalidNameError):
        parse_request(text)
    with pytest.raises(InvalidNameError):
        parse_release(text)

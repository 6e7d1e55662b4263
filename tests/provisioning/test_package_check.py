"""What is refused in a package, and what the refusal tells the person to do."""

import stat
import zipfile
from pathlib import Path

import pytest

from provisioning import ZipLimits, check_zip
from provisioning.host_json import without_comments

HOST = '{"version": "2.0"}'
APP = "import azure.functions as func\napp = func.FunctionApp()\n"
GOOD = {"host.json": HOST, "function_app.py": APP}


def codes(path, *limits):
    return [problem.code for problem in check_zip(path, *limits)]


def test_a_good_package_has_no_problems(make_zip):
    assert check_zip(make_zip({**GOOD, "lib/": "", "lib/a.py": "x = 1", "data/..a": ""})) == ()


CONTENT = {
    "no host.json": ({"function_app.py": APP}, "no_host_json", "this is no Function app"),
    "the folder was zipped": (
        {"orders/host.json": HOST, "orders/function_app.py": APP},
        "no_host_json",
        "it is in orders/: zip the app folder's contents, not the folder itself",
    ),
    "no function_app.py": ({"host.json": HOST, "main.py": APP}, "no_entry_file", "PYTHON_SCRIPT_FILE_NAME"),
    "the v1 model": ({"host.json": HOST, "hello/function.json": "{}"}, "no_entry_file", "v1 programming model"),
    "host.json is no JSON": ({**GOOD, "host.json": "{version: 2}"}, "bad_host_json", "not valid JSON"),
    "host.json is no object": ({**GOOD, "host.json": "[]"}, "bad_host_json", "not a JSON object"),
    "host.json is no text": ({**GOOD, "host.json": b"\xff\xfe\x00"}, "bad_host_json", "not valid JSON"),
    "the task hub is fixed": (
        {**GOOD, "host.json": '{"extensions": {"durableTask": {"hubName": "Orders"}}}'},
        "fixed_task_hub",
        "remove it",
    ),
    "out of the folder": ({**GOOD, "../evil.py": ""}, "unsafe_path", "leads out of the app folder"),
    "out of the folder later": ({**GOOD, "a/../../evil.py": ""}, "unsafe_path", "leads out of the app folder"),
    "absolute": ({**GOOD, "/etc/passwd": ""}, "unsafe_path", "absolute path"),
    "a drive": ({**GOOD, "C:/evil.py": ""}, "unsafe_path", "absolute path"),
    "backslashes": ({**GOOD, "a\\evil.py": ""}, "unsafe_path", "backslashes"),
    "control characters": ({**GOOD, "a\x01.py": ""}, "unsafe_path", "control characters"),
    "nothing": ({}, "empty", "zip the app folder's contents"),
}


@pytest.mark.parametrize(("files", "code", "advice"), CONTENT.values(), ids=CONTENT)
def test_a_problem_is_named_with_what_to_do(make_zip, files, code, advice):
    problems = {problem.code: problem.message for problem in check_zip(make_zip(files))}

    assert advice in problems[code]


@pytest.mark.parametrize("hub", ["%WEBSITE_SITE_NAME%", ""], ids=["from a setting", "empty"])
def test_a_task_hub_name_that_differs_by_app_is_fine(make_zip, hub):
    host = f'{{"extensions": {{"durableTask": {{"hubName": "{hub}"}}}}}}'

    assert check_zip(make_zip({**GOOD, "host.json": host})) == ()


def test_comments_in_host_json_are_fine(make_zip):
    host = '// the host\n{"version": "2.0", /* "x": */ "url": "http://a//b", "q": "\\"//"}'

    assert check_zip(make_zip({**GOOD, "host.json": host})) == ()


def test_several_problems_are_told_at_once(make_zip):
    assert codes(make_zip({"a.txt": ""})) == ["no_host_json", "no_entry_file"]
    assert codes(make_zip({"/a": "", "../b": ""})) == ["unsafe_path", "unsafe_path"]


def test_a_symbolic_link_is_refused(make_zip):
    path = make_zip(GOOD)
    entry = zipfile.ZipInfo("link.py")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, "/etc/passwd")

    assert codes(path) == ["link"]


def test_a_name_that_is_there_twice_is_refused(make_zip):
    path = make_zip(GOOD)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("function_app.py", "other = 1")

    assert codes(path) == ["duplicate"]


def test_an_encrypted_package_is_refused(make_zip):
    path = make_zip(GOOD)
    content = bytearray(path.read_bytes())
    # The flag bit of encryption, in the central directory, whose records begin with PK 01 02.
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    assert codes(path) == ["encrypted"]


def test_damage_is_found(make_zip):
    path = make_zip({**GOOD, "data.bin": bytes(range(256)) * 50})
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("data.bin").header_offset + 60
    content = bytearray(path.read_bytes())
    content[start] ^= 0xFF
    path.write_bytes(content)

    assert codes(path) == ["corrupt"]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 50], ids=["empty", "text", "cut"])
def test_what_is_no_zip_is_refused(tmp_path, content):
    path = tmp_path / "package.zip"
    path.write_bytes(content)

    assert codes(path) == ["unreadable"]


def test_an_upload_that_was_cut_is_refused(make_zip):
    path = make_zip({**GOOD, "data.bin": bytes(range(256)) * 50})
    path.write_bytes(path.read_bytes()[:-100])

    assert codes(path) == ["unreadable"]


def test_a_bomb_is_refused_without_being_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
        archive.writestr("zeros", bytes(30 * 1024 * 1024))

    assert codes(path) == ["too_dense"]


def test_a_package_that_unpacks_to_too_much_is_refused(make_zip):
    assert codes(make_zip({**GOOD, "data": b"x" * 1000}), ZipLimits(total_bytes=500)) == ["too_large"]


def test_a_package_with_too_many_entries_is_refused(make_zip):
    files = {**GOOD, **{f"{number}.txt": "" for number in range(20)}}

    assert codes(make_zip(files), ZipLimits(entries=10)) == ["too_many_entries"]


def test_a_size_that_lies_is_found_when_it_is_read(make_zip):
    path = make_zip({**GOOD, "data.bin": b"x" * 5000})
    content = bytearray(path.read_bytes())
    last = content.rindex(b"PK\x01\x02")
    # The unpacked size in the central directory, which the limits go by.
    content[last + 24 : last + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)

    assert codes(path) == ["corrupt"]


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.1.0"])
def test_the_examples_pass(make_zip, version):
    folder = Path(__file__).parents[2] / "examples" / "orders" / version
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert check_zip(make_zip(files)) == ()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a // b\nc", "a     \nc"),
        ("/* a\nb */ c", "    \n     c"),
        ('"// no"', '"// no"'),
        ('"a\\"// no" // yes', '"a\\"// no"       '),
        ("/* open", "       "),
        ('"open', '"open'),
        ("", ""),
    ],
)
def test_comments_are_blanked_outside_strings_only(text, result):
    assert without_comments(text) == result

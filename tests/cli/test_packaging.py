"""Packing a folder: what goes in, and that the bytes depend on nothing else."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from router_cli.packaging import PackageError, pack_folder, packaged_files, read_package


def an_app(folder: Path, **files: str) -> Path:
    contents = {"function_app.py": "app = 1\n", "host.json": "{}", **files}
    for name, text in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_the_same_files_give_the_same_bytes_whenever_and_wherever_they_are_packed(tmp_path: Path) -> None:
    one = an_app(tmp_path / "one", **{"shop/prices.py": "PRICE = 1\n"})
    other = an_app(tmp_path / "other", **{"shop/prices.py": "PRICE = 1\n"})
    os.utime(other / "function_app.py", (1_000_000_000, 1_000_000_000))
    (other / "host.json").chmod(0o755)
    assert pack_folder(one) == pack_folder(other)


def test_a_changed_file_gives_other_bytes(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    before = pack_folder(app)
    (app / "function_app.py").write_text("app = 2\n")
    assert pack_folder(app) != before


@pytest.mark.parametrize(
    ("funcignore", "left_out"),
    [
        pytest.param("notes.md\n", {"notes.md"}, id="a name"),
        pytest.param("*.md\n!notes.md\n", set(), id="a later line brings back"),
        pytest.param("# notes.md\n\n", set(), id="comments and blanks say nothing"),
        pytest.param("docs/\n", {"docs/a.txt", "docs/deep/b.txt"}, id="a folder and all below it"),
        pytest.param("/*\n!/function_app.py\n!/docs/\n", {"host.json", "notes.md"}, id="everything but"),
        pytest.param("!.venv/\n!local.settings.json\n", set(), id="what is never packed cannot be brought back"),
    ],
)
def test_funcignore_is_honoured(tmp_path: Path, funcignore: str, left_out: set[str]) -> None:
    visible = {"function_app.py", "host.json", "notes.md", "docs/a.txt", "docs/deep/b.txt"}
    never = {".venv/lib/x.py": "", "__pycache__/y.pyc": "", "local.settings.json": "{}", ".local_azure/durable.db": ""}
    app = an_app(tmp_path, **dict.fromkeys(visible, "x"), **never, **{".funcignore": funcignore})
    assert set(packaged_files(app)) == visible - left_out


def test_a_zip_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "package.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("function_app.py", "app = 1")
    assert read_package(file) == file.read_bytes()


def test_a_packed_folder_unpacks_to_the_same_files(tmp_path: Path) -> None:
    app = an_app(tmp_path, **{"shop/prices.py": "PRICE = 1\n"})
    with zipfile.ZipFile(io.BytesIO(read_package(app))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: (app / name).read_bytes() for name in ("function_app.py", "host.json", "shop/prices.py")
        }


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda path: path.mkdir(), "has no function_app.py", id="a folder without an app"),
        pytest.param(lambda path: path.write_text("hello"), "neither a folder nor a zip", id="some other file"),
        pytest.param(lambda _path: None, "neither a folder nor a zip", id="nothing"),
    ],
)
def test_what_is_no_package_is_refused_with_a_reason(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(PackageError, match=words):
        read_package(path)

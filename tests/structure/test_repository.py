"""What stands in several files of the repository agrees, and what must not stand in any does not."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

# Things that look like a credential wherever they stand.
SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "storage account key": r"AccountKey=[A-Za-z0-9+/]{40,}",
    "SAS signature": r"[?&]sig=[A-Za-z0-9%+/]{30,}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}",
    "AWS access key": r"\bAKIA[0-9A-Z]{16}\b",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{30,}\b",
    "password in a URL": r"https?://[^\s/:@\"'<>{}$]+:[^\s/:@\"'<>{}$]+@",
}
# Places that exist on one machine only.
MACHINE_PLACES = {
    # /home/site is where Azure itself keeps an app.
    "a home directory": r"(?<![\w.])/(?:home|Users)/(?!site/)[a-z][\w.-]*/",
    "the superuser's home": r"(?<![\w.])/(?:root)/",
    "a private network": r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b",
    "an internal host": r"\b[\w-]+\.(?:internal|corp|intranet|lan)\b(?!\()",
    "a package index": r"(?:index-url|extra-index-url|index_url)\s*[=\s]\s*https?://",
}
TEXT_ENDINGS = {".py", ".md", ".json", ".toml", ".txt", ".yml", ".yaml", ".bicep", ".sh", ".html", ".css", ".js"}


def tracked_files() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [CHECKOUT / name for name in names.split("\0") if name and (CHECKOUT / name).is_file()]


def text_files() -> list[Path]:
    plain = {"Makefile", "run", ".funcignore", ".gitignore"}
    return [file for file in tracked_files() if file.suffix in TEXT_ENDINGS or file.name in plain]


def pins_of(file: str) -> dict[str, str]:
    lines = (CHECKOUT / file).read_text().splitlines()
    pins = (re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line) for line in lines)
    return {pin[1].lower(): pin[2] for pin in pins if pin}


def findings(patterns: dict[str, str], files: list[Path]) -> list[str]:
    compiled = {name: re.compile(pattern) for name, pattern in patterns.items()}
    return [
        f"{file.relative_to(CHECKOUT)}:{number}: {name}"
        for file in files
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        for name, pattern in compiled.items()
        if pattern.search(line)
    ]


def test_every_deployed_requirement_is_pinned_and_tested_at_the_same_version() -> None:
    deployed, tested = pins_of("requirements.txt"), pins_of("requirements-dev.txt")
    lines = (CHECKOUT / "requirements.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert len(deployed) == len(wanted), "requirements.txt has a line that is not name==version"
    assert {name: tested.get(name) for name in deployed} == deployed


def test_the_deployed_router_imports_everything_that_it_requires() -> None:
    folders = ("router_app", "version_registry", "provisioning")
    code = "\n".join(file.read_text() for folder in folders for file in (CHECKOUT / folder).rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:from|import)\s+([\w.]+)", code, re.MULTILINE))
    modules = {"azure-functions-durable": "azure.durable_functions"}
    wanted = {name: modules.get(name, name.replace("-", ".")) for name in pins_of("requirements.txt")}
    unused = [
        name for name, module in wanted.items() if not any(f"{one}.".startswith(f"{module}.") for one in imported)
    ]
    assert unused == []


def test_example_apps_run_on_the_libraries_that_the_tests_run_on() -> None:
    tested = pins_of("requirements-dev.txt")
    examples = sorted((CHECKOUT / "examples").glob("*/*/requirements.txt"))
    assert examples
    for file in examples:
        pins = pins_of(str(file.relative_to(CHECKOUT)))
        assert pins == {name: tested[name] for name in pins}, file


def test_every_direct_dependency_is_explained_in_contributing() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    lines = [line for extra in project["optional-dependencies"].values() for line in extra]
    direct = {re.split(r"[<>=~!\[]", line)[0] for line in lines} | set(pins_of("requirements.txt"))
    text = (CHECKOUT / "CONTRIBUTING.md").read_text()
    assert sorted(name for name in direct if f"`{name}`" not in text) == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs"])
def test_every_make_command_in_the_texts_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    place = CHECKOUT / page
    texts = [file.read_text() for file in (sorted(place.glob("*.md")) if place.is_dir() else [place])]
    # As a command stands in a text: in back quotes or at the start of a line of a code block.
    named = {name for text in texts for name in re.findall(r"(?:`|^\s*(?:\$ )?)make ([a-z]+)", text, re.MULTILINE)}
    assert named
    assert named <= targets


def test_links_between_the_texts_lead_somewhere() -> None:
    links = [
        (file, link)
        for file in tracked_files()
        if file.suffix == ".md"
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text())
        if "://" not in link and not link.startswith("mailto:")
    ]
    assert links
    broken = [f"{file.relative_to(CHECKOUT)} -> {link}" for file, link in links if not (file.parent / link).exists()]
    assert broken == []


def test_no_file_holds_a_secret() -> None:
    assert findings(SECRETS, text_files()) == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert findings(MACHINE_PLACES, text_files()) == []


@pytest.mark.parametrize(
    ("patterns", "line"),
    [
        # Put together here, so that this file does not trip over itself.
        pytest.param(SECRETS, "-----BEGIN RSA " + "PRIVATE KEY-----", id="private key"),
        pytest.param(SECRETS, "AccountKey" + "=" + "A" * 44, id="storage key"),
        pytest.param(SECRETS, "https://me:" + "word@host/", id="password in a URL"),
        pytest.param(MACHINE_PLACES, "/home" + "/somebody/x", id="home directory"),
        pytest.param(MACHINE_PLACES, "192.168" + ".1.2", id="private network"),
        pytest.param(MACHINE_PLACES, "build." + "corp", id="internal host"),
    ],
)
def test_the_search_for_secrets_and_places_finds(patterns: dict[str, str], line: str) -> None:
    assert any(re.search(pattern, line) for pattern in patterns.values())


def test_the_package_of_the_router_holds_what_azure_runs_and_nothing_else() -> None:
    from router_cli.packaging import packaged_files

    top = {name.split("/")[0] for name in packaged_files(CHECKOUT)}
    assert top == {"function_app.py", "host.json", "requirements.txt", "router_app", "version_registry", "provisioning"}


def test_host_json_of_every_app_is_plain_json() -> None:
    # The SDK reads it with a parser that takes no comments.
    files = [CHECKOUT / "host.json", *sorted((CHECKOUT / "examples").glob("*/*/host.json"))]
    assert len(files) > 1
    for file in files:
        assert json.loads(file.read_text())["version"] == "2.0", file


def test_the_page_of_the_http_api_names_every_problem_and_no_other() -> None:
    from router_app.problems import KINDS

    page = (CHECKOUT / "docs" / "http-api.md").read_text()
    table = page[page.index("## Problems") :]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", table)) - {"type", "detail"} == set(KINDS)


def test_the_page_of_the_http_api_names_every_route() -> None:
    from router_app.app import create_app
    from router_app.settings import Settings

    settings = Settings("r", "s", "g", "l", "file:///nowhere")
    bindings = [json.loads(raw) for f in create_app(settings).get_functions() for raw in f.get_raw_bindings()]
    routes = [binding["route"] for binding in bindings if binding["type"] == "httpTrigger"]
    assert len(routes) > 20
    page = (CHECKOUT / "docs" / "http-api.md").read_text()
    # The fixed words of a route, such as `releases` or `cancel-drain`; variable parts are named more freely there.
    words = {word for route in routes for word in route.split("/") if "{" not in word}
    assert sorted(word for word in words if not re.search(rf"[/`]{re.escape(word)}\b", page)) == []


def test_the_page_of_the_http_api_names_every_field_of_the_policy() -> None:
    from version_registry.model import Policy, PromotePolicy, RetiredStarts

    page = (CHECKOUT / "docs" / "http-api.md").read_text()
    words = [*Policy.__dataclass_fields__, *PromotePolicy, *RetiredStarts]
    assert [word for word in words if f"`{word}`" not in page] == []


def test_the_page_of_settings_names_every_setting_and_no_other() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text()
    source = "".join(file.read_text() for file in (CHECKOUT / "router_app").glob("*.py"))
    read = set(re.findall(r'"(ROUTER_[A-Z_]+)"', source))
    from version_registry.model import Timings

    read |= {f"ROUTER_{name.upper()}_SECONDS" for name in Timings.__dataclass_fields__}
    read |= {f"ROUTER_{role}_KEYS" for role in ("CLIENT", "RELEASE", "ADMIN")}
    assert set(re.findall(r"`(ROUTER_[A-Z_]+)`", page)) == read

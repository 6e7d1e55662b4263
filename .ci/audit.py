"""Looks the pinned requirements up in the advisory database; what could not be looked up is never called clean.

Ends with 0 if nothing is known against them, 1 if something is, and 3 if some or all could not be looked up.
A finding that does not concern this project is answered in ANSWERED, with the reason.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
ANSWERED: Mapping[str, str] = {}
"""Advisories that do not concern this project, by their ids, with the reason."""
PATIENCE_SECONDS = 240

CLEAN, FOUND, NOT_LOOKED_UP = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says."""

    status: int
    lines: tuple[str, ...]


def judge(report: Any) -> Verdict:
    """Judge a report of pip-audit: a package that was skipped is not a clean one."""
    packages = report["dependencies"]
    found = [line for package in packages for line in _findings(package)]
    skipped = sorted(package["name"] for package in packages if "skip_reason" in package)
    if found:
        return Verdict(FOUND, (f"pip-audit: {len(found)} advisories concern what is pinned here.", *found))
    if skipped or not packages:
        text = f"pip-audit: NOT AUDITED: {len(skipped)} of {len(packages)} packages could not be looked up: "
        return Verdict(NOT_LOOKED_UP, (text + ", ".join(skipped[:10]) + (" …" if len(skipped) > 10 else ""),))
    return Verdict(CLEAN, (f"pip-audit: nothing is known against the {len(packages)} pinned packages.",))


def _findings(package: Mapping[str, Any]) -> list[str]:
    known = [vulnerability for vulnerability in package.get("vulns", ()) if vulnerability["id"] not in ANSWERED]
    return [
        f"  {package['name']} {package['version']}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'nothing'}"
        for one in known
    ]


def audit(command: Sequence[str]) -> Verdict:
    """Run pip-audit and judge its report."""
    try:
        run = subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
        return judge(json.loads(run.stdout))
    except subprocess.TimeoutExpired:
        reason = f"no answer within {PATIENCE_SECONDS} s"
    except ValueError:
        reason = run.stderr.strip().splitlines()[-1][:200] if run.stderr.strip() else "no report"
    return Verdict(NOT_LOOKED_UP, (f"pip-audit: NOT AUDITED: the advisory service could not be asked ({reason}).",))


def main() -> int:
    """Audit, print the verdict, and return the exit status."""
    # No resolving: everything is pinned, and an audit should not fetch packages.
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    files = [argument for name in REQUIREMENTS for argument in ("-r", name)]
    verdict = audit([*command, "--format", "json", *files])
    print(*verdict.lines, sep="\n")
    return verdict.status


if __name__ == "__main__":
    sys.exit(main())

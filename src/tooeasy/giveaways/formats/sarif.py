"""A verdict as SARIF 2.1.0, which code scanners read."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from tooeasy.giveaways.checks import CHECKS, Check
from tooeasy.giveaways.gate import JudgedFinding, JudgedLimit, Verdict
from tooeasy.limits import MEASURES
from tooeasy.text import printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LIMIT_RULE = "limit-"  # before the name of a measure


def to_sarif(verdict: Verdict, source: str) -> str:
    """Write a run with a rule for each check and limit, and a result for each finding and each limit that is exceeded.

    Parameters
    ----------
    verdict : Verdict
    source : str
        What was looked at, as it was given: the folder of the images that findings name, and where all else is found.
    """
    rules = [_rule(check) for check in CHECKS.values()]
    rules += [_limit_rule(limit.name) for limit in verdict.limits]
    places = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(one, source) for one in verdict.findings]
    results += [_limit_result(one, source) for one in verdict.limits if one.status != "holds"]
    for result in results:
        result["ruleIndex"] = places[result["ruleId"]]
    driver = {"name": "tooeasy", "version": version("tooeasy"), "rules": rules}
    notes = [{"level": "note", "message": {"text": printable(note)}} for note in verdict.notes]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, allow_nan=False) + "\n"


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.name,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": f"{check.why}\n\n{check.advice}"},
        "defaultConfiguration": {"level": "warning"},
    }


def _limit_rule(name: str) -> dict[str, Any]:
    return {
        "id": _LIMIT_RULE + name,
        "shortDescription": {"text": f"{name} is over its limit"},
        "fullDescription": {"text": f"A limit is set to the {MEASURES[name]}."},
        "help": {"text": "Find out what made it worse, or set the limit anew."},
        "defaultConfiguration": {"level": "error"},
    }


def _result(one: JudgedFinding, source: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.finding.check,
        "level": one.finding.severity,
        "message": {"text": printable(one.finding.message) or one.name},
        "locations": [_location(uri) for uri in _files(one, source) or [uri_of(source)]],
        "partialFingerprints": {"tooeasyFinding/v1": one.name},
        "properties": {"status": one.status, "images": [printable(str(image)) for image in one.finding.images]},
    }
    if one.acceptance is not None:
        reason = printable(one.acceptance.reason)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _limit_result(one: JudgedLimit, source: str) -> dict[str, Any]:
    return {
        "ruleId": _LIMIT_RULE + one.name,
        "level": "note" if one.status == "known" else "error",
        "message": {"text": printable(one.line)},
        "locations": [_location(uri_of(source))],
        "partialFingerprints": {"tooeasyFinding/v1": _LIMIT_RULE + one.name},
        "properties": {"status": one.status},
    }


def _files(one: JudgedFinding, source: str) -> list[str]:
    """URIs of the images concerned that a scanner can show: not members of archives, nor rows of tables."""
    paths = (Path(source, image.file) for image in one.finding.images if image.file)
    return list(dict.fromkeys(uri_of(str(path)) for path in paths if _is_file(path)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _location(uri: str) -> dict[str, Any]:
    # An image has no lines; GitHub shows only locations that have one.
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}}


def uri_of(name: str) -> str:
    """Turn a path or an address into a URI: below the current folder a relative one, of an address what is public.

    Examples
    --------
    >>> uri_of("photos/50% off #1.jpg")
    'photos/50%25%20off%20%231.jpg'
    >>> uri_of("https://user:secret@example.org/a.zip?token=1")
    'https://example.org/a.zip'
    """
    if "://" in name:
        return _public(name)
    path = Path(name)
    if path.is_absolute():
        if not path.is_relative_to(Path.cwd()):
            return "file://" + _quoted("/" + path.as_posix().lstrip("/"))
        path = path.relative_to(Path.cwd())
    return _quoted(path.as_posix())


def _public(address: str) -> str:
    """Leave out what an address holds for nobody else: user, password and query."""
    try:
        parts = urlsplit(address)
    except ValueError:  # such as a bracket that is not closed
        return _quoted(address.partition("?")[0].rpartition("@")[2])
    return urlunsplit(
        (parts.scheme, _quoted(parts.netloc.rpartition("@")[2], "[]:%"), _quoted(parts.path, "/%"), "", "")
    )


def _quoted(text: str, safe: str = "/") -> str:
    """Percent-encode a name, also one that is bytes and no text."""
    try:
        return quote(text, safe=safe, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(text, safe=safe, errors="replace")

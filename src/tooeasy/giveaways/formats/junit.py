"""A verdict as JUnit XML, as Jenkins, GitLab and others read it."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree as ET

from tooeasy.giveaways.checks import CHECKS
from tooeasy.giveaways.gate import JudgedFinding, JudgedLimit, Verdict

# What XML 1.0 has no way to write, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(verdict: Verdict) -> str:
    """Write a suite of findings, in which every check is a case at least, and a suite of limits."""
    root = ET.Element("testsuites", name="tooeasy check")
    _add_findings(_suite(root, "findings", verdict), verdict)
    limits = _suite(root, "limits", verdict)
    for limit in verdict.limits:
        _add_limit(limits, limit)
    for suite in root:
        _count(suite)
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: ET.Element, name: str, verdict: Verdict) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=_clean(f"{verdict.audit.dataset} {name}"))


def _add_findings(suite: ET.Element, verdict: Verdict) -> None:
    found: dict[str, list[JudgedFinding]] = defaultdict(list)
    for one in verdict.findings:
        found[one.finding.check].append(one)
    skipped = verdict.audit.skipped
    for check in (*CHECKS, *(name for name in skipped if name not in CHECKS)):
        for one in found[check]:
            _add_finding(suite, one)
        if not found[check]:
            case = ET.SubElement(suite, "testcase", classname="tooeasy.findings", name=_clean(check))
            if check in skipped:
                ET.SubElement(case, "skipped", message=_clean(skipped[check]))


def _add_finding(suite: ET.Element, one: JudgedFinding) -> None:
    case = ET.SubElement(suite, "testcase", classname="tooeasy.findings", name=_clean(one.name))
    about = one.finding.about
    if one.status == "fails":
        failure = ET.SubElement(case, "failure", type=one.finding.check, message=_clean(one.line))
        failure.text = _clean(f"{about.why}\n{about.advice}")
    elif one.status == "accepted":
        ET.SubElement(case, "skipped", message=_clean(f"accepted: {one.line}"))
    else:
        ET.SubElement(case, "system-out").text = _clean(one.line)


def _add_limit(suite: ET.Element, limit: JudgedLimit) -> None:
    case = ET.SubElement(suite, "testcase", classname="tooeasy.limits", name=limit.name)
    if limit.status in ("exceeded", "not measured"):
        ET.SubElement(case, "failure", type="limit", message=_clean(limit.line))
    else:
        ET.SubElement(case, "system-out").text = _clean(limit.line)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)

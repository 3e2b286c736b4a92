"""ELAN annotation files (``.eaf``): time-aligned annotations of the tiers of people.

Speech is on tiers that no other tier is the parent of and that name a participant, or are named by a speaker code
(``CHI``, ``FA1``, ``MOT``); where no tier is, all such top tiers are taken. Annotations of other tiers are entries too,
rejected as ``other-tier``, so that nothing goes silently. A file with a DOCTYPE is refused: ELAN writes none.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from devkit.corpus.transcripts.base import Entries
from devkit.errors import Problem

_SPEAKER = re.compile(r"^(?:[A-Z]{2,3}\d?|SPEAKER[_ ]?\d+)$")


def read_elan(text: str, name: str) -> tuple[Entries, list[Problem]]:
    """Read the annotations of a file; return them, or what is wrong with the whole."""
    entries = Entries()
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # anywhere, for a long comment may come before it
        return entries, [Problem("malformed-transcript", "has a DOCTYPE, which ELAN never writes", name)]
    try:
        root = ET.fromstring(text.encode("utf-8", "replace"))
    except ET.ParseError as error:
        line, column = error.position
        message = f"is no whole XML: {error.msg.partition(':')[0]}"
        return entries, [Problem("malformed-transcript", message, f"{name}:{line}:{column + 1}", "is it complete?")]
    if root.tag != "ANNOTATION_DOCUMENT":
        return entries, [Problem("malformed-transcript", "is no ELAN file", name)]
    slots = {str(slot.get("TIME_SLOT_ID")): slot.get("TIME_VALUE") for slot in root.iter("TIME_SLOT")}
    tiers = list(root.iter("TIER"))
    top = [tier for tier in tiers if not tier.get("PARENT_REF")]
    people = [tier for tier in top if tier.get("PARTICIPANT") or _SPEAKER.match(tier.get("TIER_ID") or "")] or top
    for tier in tiers:
        spoken = any(tier is one for one in people)
        for annotation in tier.iter():
            if annotation.tag in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
                _take(entries, tier, annotation, slots, spoken)
    return entries, []


def _take(
    entries: Entries, tier: ET.Element, annotation: ET.Element, slots: dict[str, str | None], spoken: bool
) -> None:
    text = " ".join((annotation.findtext("ANNOTATION_VALUE") or "").split())
    if not spoken:
        return entries.reject("other-tier", f"tier '{(tier.get('TIER_ID') or '')[:40]}'", text)
    start, end = (slots.get(annotation.get(key) or "") for key in ("TIME_SLOT_REF1", "TIME_SLOT_REF2"))
    if start is None or end is None or not (start.isdecimal() and end.isdecimal()):
        return entries.reject("no-time", "a time slot has no value", text)
    speaker = tier.get("PARTICIPANT") or tier.get("TIER_ID") or ""
    language = tier.get("LANG_REF") or tier.get("DEFAULT_LOCALE") or ""
    entries.add(int(start) / 1000, int(end) / 1000, text, speaker=speaker, language=language)
    return None

"""Transcripts that speech recognisers write as JSON: Azure Speech, WhisperX, faster-whisper, Whisper; and our own.

Azure comes in three shapes: batch results (``recognizedPhrases``, times in ticks of 100 ns), fast transcription
(``phrases``, times in ms) and what the SDK returns for one phrase (``NBest``), one a line or in a list.
"""

from __future__ import annotations

import math
from typing import Any

from pydantic import ValidationError

from devkit.annotations import Utterance
from devkit.corpus.transcripts.base import Entries, Rejected, dicts, mean, number, words_from
from devkit.files import first_error

TICKS = 10_000_000


def kind_of(value: Any) -> str:
    """Return which recogniser wrote a JSON value; ``plain`` for our own form, empty for none that is known."""
    if isinstance(value, dict):
        if "recognizedPhrases" in value or "phrases" in value or "NBest" in value or "RecognitionStatus" in value:
            return "azure"
        return "whisper" if "segments" in value else ""
    if not isinstance(value, list):
        return ""
    first = next((row for row in value if isinstance(row, dict)), None)
    if first is None or "start_ms" in first or "end_ms" in first:
        return "plain"
    if "NBest" in first or "RecognitionStatus" in first or "DisplayText" in first:
        return "azure"
    return "whisper" if "start" in first or "words" in first else "plain"


def read_json(value: Any) -> tuple[str, Entries]:
    """Read any of the JSON forms; the name is empty when it is none of them."""
    kind = kind_of(value)
    if kind == "azure":
        return kind, _azure(value)
    if kind == "whisper":
        return kind, _whisper(value)
    return kind, _plain(value) if kind == "plain" else Entries()


def _plain(value: list[Any]) -> Entries:
    """Read a list of `Utterance`, the form that a corpus keeps its own transcripts in."""
    entries = Entries()
    for row in value:
        try:
            said = Utterance.model_validate(row)
        except ValidationError as error:
            entries.reject("malformed", first_error(error))
            continue
        if said.end_ms < said.start_ms:
            detail = f"ends at {said.end_ms} ms, before it starts"
            entries.rejected.append(
                Rejected(entries.count + 1, "backwards", detail, said.text[:500], said.start_ms, said.end_ms)
            )
        else:
            entries.utterances.append(said)
    return entries


def _whisper(value: Any) -> Entries:
    """Read segments of Whisper, WhisperX or faster-whisper; confidence is the words' mean, else exp(avg_logprob)."""
    whole = value if isinstance(value, dict) else {}
    info = whole.get("info")
    language = whole.get("language") or (info.get("language") if isinstance(info, dict) else "")
    entries = Entries(language=language if isinstance(language, str) else "")
    for row in dicts(value if isinstance(value, list) else whole.get("segments")):
        if not isinstance(row, dict):
            entries.reject("malformed", "the segment is no object")
            continue
        words = words_from(row.get("words"), ("word", "start", "end", _confidence_key(row)))
        logprob = number(row.get("avg_logprob"))
        spare = math.exp(min(0.0, logprob)) if logprob is not None else None
        sure = mean(word.confidence for word in words)
        start, end, text = row.get("start"), row.get("end"), row.get("text")
        if words:  # some writers give times and text of words only
            start = words[0].start_ms / 1000 if start is None else start
            end = words[-1].end_ms / 1000 if end is None else end
            text = " ".join(word.text for word in words) if text is None else text
        entries.add(
            start, end, text, speaker=row.get("speaker"), confidence=spare if sure is None else sure, words=words
        )
    return entries


def _confidence_key(row: dict[str, Any]) -> str:
    """WhisperX says ``score``, faster-whisper and Whisper say ``probability``."""
    first = next((word for word in dicts(row.get("words")) if isinstance(word, dict)), {})
    return "score" if "score" in first else "probability"


def _azure(value: Any) -> Entries:
    entries = Entries()
    if isinstance(value, dict) and "recognizedPhrases" in value:
        for phrase in dicts(value["recognizedPhrases"]):
            _azure_phrase(entries, phrase, ("recognitionStatus", "nBest", "display", "confidence"))
    elif isinstance(value, dict) and "phrases" in value:
        for phrase in dicts(value["phrases"]):
            _azure_fast(entries, phrase)
    else:
        for phrase in value if isinstance(value, list) else [value]:
            _azure_phrase(entries, phrase, ("RecognitionStatus", "NBest", "Display", "Confidence"))
    return entries


def _azure_phrase(entries: Entries, phrase: Any, keys: tuple[str, str, str, str]) -> None:
    """Take the best reading of a phrase of a batch result or of the SDK."""
    if not isinstance(phrase, dict):
        return entries.reject("malformed", "the phrase is no object")
    status, best_key, display, sure = keys
    if phrase.get(status, "Success") != "Success":
        return entries.reject("not-recognised", str(phrase.get(status))[:60])
    readings = [row for row in dicts(phrase.get(best_key)) if isinstance(row, dict)]
    best = readings[0] if readings else {}
    offset = number(phrase.get("offsetInTicks", phrase.get("Offset")))
    length = number(phrase.get("durationInTicks", phrase.get("Duration")))
    start = None if offset is None else offset / TICKS
    end = None if offset is None or length is None else (offset + length) / TICKS
    words = words_from([_in_seconds(word) for word in dicts(best.get("words", best.get("Words")))], _IN_SECONDS)
    text = best.get(display, phrase.get("DisplayText"))
    speaker = phrase.get("speaker", phrase.get("SpeakerId"))
    locale = phrase.get("locale", phrase.get("PrimaryLanguage", ""))
    language = locale.get("Language", "") if isinstance(locale, dict) else locale
    entries.add(
        start,
        end,
        text,
        speaker=speaker,
        confidence=best.get(sure),
        language=language if isinstance(language, str) else "",
        words=words,
    )
    return None


_IN_SECONDS = ("word", "start", "end", "confidence")


def _in_seconds(word: Any) -> dict[str, object]:
    """Return an Azure word of any shape with its times in seconds."""
    if not isinstance(word, dict):
        return {}
    ticks = number(word.get("offsetInTicks", word.get("Offset")))
    length = number(word.get("durationInTicks", word.get("Duration")))
    start = None if ticks is None else ticks / TICKS
    end = None if ticks is None or length is None else (ticks + length) / TICKS
    if start is None and (ms := number(word.get("offsetMilliseconds"))) is not None:
        start = ms / 1000
        end = start + (number(word.get("durationMilliseconds")) or 0) / 1000
    text = word.get("word", word.get("Word", word.get("text")))
    return {"word": text, "start": start, "end": end, "confidence": word.get("confidence", word.get("Confidence"))}


def _azure_fast(entries: Entries, phrase: Any) -> None:
    if not isinstance(phrase, dict):
        return entries.reject("malformed", "the phrase is no object")
    offset, length = number(phrase.get("offsetMilliseconds")), number(phrase.get("durationMilliseconds"))
    locale = phrase.get("locale", "")
    entries.add(
        None if offset is None else offset / 1000,
        None if offset is None or length is None else (offset + length) / 1000,
        phrase.get("text"),
        speaker=phrase.get("speaker"),
        confidence=phrase.get("confidence"),
        language=locale if isinstance(locale, str) else "",
        words=words_from([_in_seconds(word) for word in dicts(phrase.get("words"))], _IN_SECONDS),
    )
    return None

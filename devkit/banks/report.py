"""An audit as plain text for the terminal and as one page for a browser."""

from __future__ import annotations

import html

from devkit import look
from devkit.banks.findings import AuditReport, Result, Status

_WORDS = {
    "defect": "DEFECT",
    "expected": "expected",
    "note": "note",
    "unknown": "too few",
    "clean": "clean",
}
_ORDER: tuple[Status, ...] = ("defect", "expected", "note", "unknown", "clean")
_TONES = {"defect": "wrong", "expected": "caution", "note": "accent", "unknown": "quiet", "clean": "good"}
_TITLES = {
    "defect": "Defects",
    "expected": "Expected of a published form",
    "note": "Worth knowing",
    "unknown": "Too few items to tell",
    "clean": "Looked at and clean",
}


def headline(report: AuditReport) -> str:
    """Return the answer in one sentence."""
    defects, expected = len(report.of("defect")), len(report.of("expected"))
    if not defects and not expected:
        return f"Nothing was found in {report.bank} ({report.items} items)."
    parts = [f"{defects} defect{'s' * (defects != 1)}"] if defects else []
    parts += [f"{expected} that belong{'s' * (expected == 1)} to a published form"] if expected else []
    return f"Found in {report.bank} ({report.items} items): {' and '.join(parts)}."


def as_text(report: AuditReport) -> str:
    """Return the report for a terminal: the answer, what was found in full, then everything in a table."""
    lines = [headline(report)]
    if report.against:
        lines.append(f"Compared with: {', '.join(report.against)}.")
    for result in report.of("defect", "expected", "note"):
        lines += [
            "",
            f"{_WORDS[result.status]:<9} {result.check}, {result.where}",
            f"          {_sentence(result.message)}",
        ]
        if result.examples:
            lines.append(f"          For example {', '.join(result.examples[:3])}.")
        if result.advice:
            lines.append(f"          To do: {result.advice}.")
    width = max((len(result.where) for result in report.results), default=10)
    lines += ["", f"{'check':<19} {'form':<{width}}  {'outcome':<9} {'share':>6}  {'95 % interval':<15} chance"]
    lines += [_row(result, width) for result in report.results]
    return "\n".join(lines)


def _row(result: Result, width: int) -> str:
    share, interval, chance = _figures(result)
    row = f"{result.check:<19} {result.where:<{width}}  {_WORDS[result.status]:<9} {share:>6}  {interval:<15} {chance}"
    return row.rstrip()


def _figures(result: Result) -> tuple[str, str, str]:
    share = f"{result.hits / result.total:.1%}" if result.total and result.low is not None else ""
    interval = "" if result.low is None or result.high is None else f"{result.low:.1%} – {result.high:.1%}"
    return share, interval, "" if result.chance is None else f"{result.chance:.1%}"


def as_html(report: AuditReport) -> str:
    """Return the report as one page that needs nothing else."""
    sections = [_section(status, list(report.of(status))) for status in _ORDER if report.of(status)]
    compared = f"<p>Compared with {_text(', '.join(report.against))}.</p>" if report.against else ""
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Audit of {_text(report.bank)}</title><style>{_style()}</style></head><body><main>"
        f"<h1>Audit of {_text(report.bank)}</h1><p class='answer'>{_text(headline(report))}</p>{compared}"
        + "".join(sections)
        + f"<p class='quiet'>Digest of the bank: {report.digest}</p></main></body></html>\n"
    )


def _section(status: Status, results: list[Result]) -> str:
    rows = "".join(_html_row(result) for result in results)
    table = (
        "<div class='wide'><table><thead><tr><th>Check</th><th>Form</th><th>What was seen</th><th>Share</th>"
        f"<th>95&nbsp;% interval</th><th>Chance</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
    title = f"{_TITLES[status]} ({len(results)})"
    if status == "clean":
        return f"<details><summary class='{status}'>{title}</summary>{table}</details>"
    return f"<h2 class='{status}'>{title}</h2>{table}"


def _html_row(result: Result) -> str:
    share, interval, chance = _figures(result)
    seen = _text(_sentence(result.message))
    if result.status != "clean" and result.examples:
        names = ", ".join(f"<code>{_text(name)}</code>" for name in result.examples[:3])
        seen += f"<br><span class='quiet'>For example {names}.</span>"
    if result.advice:
        seen += f"<br><b>To do:</b> {_text(result.advice)}."
    cells = (_text(result.check), _text(result.where), seen)
    numbers = "".join(f"<td class='number'>{value}</td>" for value in (share, interval, chance))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + numbers + "</tr>"


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."


def _text(value: str) -> str:
    return html.escape(value)


def _style() -> str:
    light = "".join(f"--{name}:{surface.light};" for name, surface in look.SURFACES.items())
    dark = "".join(f"--{name}:{surface.dark};" for name, surface in look.SURFACES.items())
    tones = "".join(f".{status}{{color:var(--{tone})}}" for status, tone in _TONES.items())
    small, body, lead, title = look.SIZES_PX[0], look.SIZES_PX[1], look.SIZES_PX[2], look.SIZES_PX[3]
    return (
        f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"body{{margin:0;background:var(--ground);color:var(--text);font:{body}px/1.5 {look.FONT_FAMILY}}}"
        f"main{{max-width:72rem;margin:0 auto;padding:{look.BETWEEN_GROUPS_PX}px}}"
        f"h1{{font-size:{title}px;margin:0}}h2,summary{{font-size:{lead}px;font-weight:600}}"
        f"h2,details{{margin:{look.BETWEEN_GROUPS_PX}px 0 {look.INSIDE_GROUP_PX}px}}summary{{cursor:pointer}}"
        f".answer{{font-size:{lead}px}}.quiet{{color:var(--quiet);font-size:{small}px}}"
        f".wide{{overflow-x:auto;background:var(--surface);border:1px solid var(--line);"
        f"border-radius:{look.CORNER_PX}px;margin-top:{look.INSIDE_GROUP_PX}px}}"
        "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
        f"padding:{look.INSIDE_GROUP_PX}px;border-top:1px solid var(--line)}}thead th{{border-top:0}}"
        "td:nth-child(-n+2){white-space:nowrap}.number{white-space:nowrap;font-variant-numeric:tabular-nums}"
        f"{tones}@media print{{.wide{{border:0}}details{{display:block}}}}"
    )

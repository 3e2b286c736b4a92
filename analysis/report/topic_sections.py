"""The sections of the report about topics and about the plan; every number is folded beneath its figure."""

from __future__ import annotations

from analysis.report.blocks import Block, FigureBlock, Paragraph, Section, TableBlock
from analysis.report.extras import Extras
from analysis.report.topic_figures import MAKERS, Cast, tables_only

TITLES = {
    "age": "Slopes over age and hours",
    "compare": "Models and children",
    "items": "Item by item",
    "measurement": "The items as a measure",
    "tasks": "What single tasks measure",
    "looking": "Looking over time",
    "times": "Reaction times",
    "quality": "Data quality: reliability and doubtful answers",
    "sensitivity": "With and without exclusions",
}
BEFORE_SESSIONS = ("age", "compare", "items", "measurement", "tasks", "looking", "times")
EXPLORATORY = " (exploratory)"


def topic_section(topic: str, extras: Extras, cast: Cast) -> Section | None:
    """Return the section of one topic; None when it has nothing to say."""
    found = {one.name: one for one in extras.topics.get(topic, ())}
    if not found:
        return None
    blocks = list(MAKERS.get(topic, tables_only)(found, cast))
    shown = {block.table.name for block in blocks if isinstance(block, (FigureBlock, TableBlock))}
    blocks += [TableBlock(one.table(), folded=True) for name, one in found.items() if name not in shown]
    title = TITLES[topic] + (EXPLORATORY if extras.plan is not None else "")
    return Section(f"topic-{topic}", title, tuple(blocks))


def plan_section(extras: Extras) -> Section | None:
    """Return the section of the plan: what was stated before the data, as answered; None without a plan."""
    ran = extras.plan
    if ran is None:
        return None
    stated, *rest = ran.sections()
    words = (
        f"Plan {ran.plan.plan}, version {ran.plan.version}, first run on {ran.first.at:%d %B %Y}. "
        f"Digest of the plan {ran.run.plan_digest[:16]}, of the data {ran.run.data_digest[:16]}. "
        "Everything outside of this section is exploratory."
    )
    blocks: list[Block] = [Paragraph((f"{one}",)) for one in ran.plan.hypotheses]
    blocks += [Paragraph((words,), "note")]
    blocks += [Paragraph((f"{note[0].upper()}{note[1:]}.",), "warning") for note in ran.notes]
    blocks.append(TableBlock(stated.table()))
    blocks += [TableBlock(one.table(), folded=True) for one in rest]
    return Section("plan", stated.title, tuple(blocks))

"""The parts that a page consists of: sections of paragraphs, figures with their tables, and tables."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.figures import Drawn
from analysis.report.claims import Sentence
from analysis.tables import Table


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of sentences; ``style`` is ``lead``, ``note``, ``warning`` or empty."""

    sentence: Sentence
    style: str = ""
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure with its caption and the table folded beneath it."""

    drawn: Drawn
    caption: Sentence
    table: Table
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table, open or folded."""

    table: Table
    folded: bool = False
    kind: str = "table"


Block = Paragraph | FigureBlock | TableBlock


@dataclass(frozen=True, slots=True)
class Section:
    """A section with its anchor and title."""

    name: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def folded(self) -> bool:
        """True when all of it is folded away, so that print, which unfolds nothing, leaves it out."""
        return all(isinstance(block, TableBlock) and block.folded for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report, before it is rendered.

    Attributes:
        title: Of the page.
        byline: What it is made from, in a line.
        answer: The answer in two sentences.
        badges: Respondents whose nature must not be missed: name of the voice and words.
        sections: In order.
    """

    title: str
    byline: str
    answer: tuple[Sentence, Sentence]
    badges: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table of the page, in order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return tuple(block.table for block in blocks if isinstance(block, (FigureBlock, TableBlock)))

"""The checks of an audit on one form: short cuts through the pictures, the places, the words, the labels, the length.

Each function takes the items of one form and returns results; sharing between train and test is
`devkit.banks.leakage`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from devkit.banks.chance import ALPHA, Case, Share, above, favourite, text_only, uneven, wilson
from devkit.banks.findings import Result, Status, result
from devkit.banks.interpret import NAMELESS
from devkit.banks.nouns import Nouns
from devkit.banks.pixels import Pictures, by_memory, by_pixels, has_query
from devkit.items import Choice, Item, Turn

FEWEST = 30
_COPIES = (("left_right", "published"), ("spatial_details", "published"))
_NAMED = ("picture_vocabulary", "looking_while_listening")
_TOKENS_PER_WORD = 1.5  # above what byte-level tokenizers of a few thousand entries need for plain English


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one form.

    Attributes:
        task: Task.
        form: Form.
        items: Its items.
    """

    task: str
    form: str
    items: tuple[Item, ...]

    @property
    def where(self) -> tuple[str, str]:
        """Task and form."""
        return self.task, self.form


def query_is_answer(group: Group, pictures: Pictures) -> Iterator[Result]:
    """Find items whose right option is the query itself."""
    asked = [item for item in group.items if has_query(item)]
    if not asked:
        return
    hit = [i.item_id for i in asked if pictures.same(i.turns[0].stimuli[0], str(_target(i.turns[0]).media))]
    by_design = group.where == ("left_right", "published")
    status: Status = "clean" if not hit else ("expected" if by_design else "defect")
    message = f"the right option is the query itself in {len(hit)} of {len(asked)} items"
    if by_design and hit:
        message += ": so the published form is made"
    advice = "use the robust form beside it and report both" if by_design else "make the options from other pictures"
    share = wilson(len(hit), len(asked))
    yield result("query-is-answer", group.where, status, message, share=share, examples=hit, advice=advice)


def identical_choices(group: Group, pictures: Pictures) -> Iterator[Result]:
    """Find questions that offer the same picture twice, or the same words."""
    unanswerable: list[str] = []
    fewer: list[str] = []
    total = 0
    for item in group.items:
        for turn in item.turns:
            media = [c.media for c in turn.choices if c.media is not None]
            names: Sequence[int | str] = (
                pictures.kinds(media) if len(media) == len(turn.choices) else [c.label for c in turn.choices]
            )
            total += 1
            if names.count(names[turn.target]) > 1:
                unanswerable.append(item.item_id)
            elif len(set(names)) < len(names):
                fewer.append(item.item_id)
    if unanswerable:
        message = f"the right option is offered twice in {len(unanswerable)} of {total} questions: no answer is right"
        share = wilson(len(unanswerable), total)
        advice = "look for file names that collide, and make the items again"
        yield result(
            "identical-choices", group.where, "defect", message, share=share, examples=unanswerable, advice=advice
        )
    by_design = group.where == ("left_right", "published")
    if fewer:
        message = f"two wrong options are the same in {len(fewer)} of {total} questions: the odd one out is right"
        message += ", as the published form is made" if by_design else ""
        share = wilson(len(fewer), total)
        status: Status = "expected" if by_design else "defect"
        yield result("identical-choices", group.where, status, message, share=share, examples=fewer)
    if not unanswerable and not fewer:
        yield result("identical-choices", group.where, "clean", f"all options differ in {total} questions", total=total)


def pixel_equality(group: Group, pictures: Pictures) -> Iterator[Result]:
    """See how many questions a solver gets right that only compares pixels."""
    judged: list[tuple[str, Turn, tuple[int, ...]]] = []
    for item in group.items:
        if has_query(item):
            judged.append((item.item_id, item.turns[0], by_pixels(item.turns[0], pictures)))
        elif item.task == "memory":
            answers = by_memory(item.turns, pictures)
            judged += [(item.item_id, t, a) for t, a in zip(item.turns, answers, strict=True) if len(t.choices) > 1]
    if not judged:
        return
    credit = sum(1 / len(chosen) for _, turn, chosen in judged if turn.target in chosen)
    sure = [(name, turn.target in chosen) for name, turn, chosen in judged if len(chosen) == 1]
    right = [name for name, good in sure if good]
    chance = sum(1 / len(turn.choices) for _, turn, _ in judged) / len(judged)
    solved = len(right) > len(sure) - len(right) and len(right) >= max(1, 0.02 * len(judged))
    status: Status = "clean" if not solved else ("expected" if group.where in _COPIES else "defect")
    message = f"comparing pixels alone gives {credit / len(judged):.1%} right, sure of {len(sure)} of {len(judged)}"
    if status == "expected":
        message += "; the published form is so made, its scores say little"
    yield result(
        "pixel-equality",
        group.where,
        status,
        message,
        share=wilson(credit, len(judged)),
        chance=chance,
        examples=right,
        advice="report the robust form beside it" if status == "expected" else "cut, scale and light each option anew",
    )


def position_prior(group: Group) -> Iterator[Result]:
    """See whether the right option stands at each place, or is each word, equally often."""
    turns = [turn for item in group.items for turn in item.turns if len(turn.choices) > 1]
    by_size: dict[int, Counter[int]] = defaultdict(Counter)
    by_words: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for turn in turns:
        by_size[len(turn.choices)][turn.target] += 1
        if turn.answer_format == "word":
            by_words[tuple(sorted(c.label for c in turn.choices))][_target(turn).label] += 1
    for size, places in sorted(by_size.items()):
        names = [_place_name(turns, size, place) for place in range(size)]
        yield _prior(group, [places[place] for place in range(size)], names, "place")
    for words, labels in sorted(by_words.items()):
        if len(by_words) > 1 or len(words) == 2:
            yield _prior(group, [labels[word] for word in words], list(words), "word")


def _prior(group: Group, counts: Sequence[int], names: Sequence[str], what: str) -> Result:
    total, most = sum(counts), max(counts)
    favoured = names[list(counts).index(most)]
    p = uneven(counts)
    share = wilson(most, total)
    message = f"always answering {what} '{favoured}' gives {share.value:.1%} right (even use: p = {p:.2g})"
    status: Status = "defect" if p < ALPHA else ("clean" if total >= FEWEST else "unknown")
    if status == "unknown":
        message += f"; {total} questions are too few to tell"
    advice = "draw the places evenly; a planner that balances them hides this, an export does not"
    chance = 1 / len(counts)
    return result("position-prior", group.where, status, message, share=share, chance=chance, advice=advice)


def _place_name(turns: Sequence[Turn], size: int, place: int) -> str:
    labels = {turn.choices[place].label for turn in turns if len(turn.choices) == size}
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return labels.pop() if len(labels) == 1 else (letters[place] if place < 26 else str(place + 1))


def text_only_baseline(group: Group) -> Iterator[Result]:
    """See whether a learner that reads the questions and sees nothing is above chance."""
    if group.task == "memory":
        return  # the same words in every turn: nothing to learn but the places, which `position_prior` looks at
    cases = []
    for item in group.items:
        turn = item.turns[-1]
        if turn.answer_format == "letter" and turn.shuffle:
            offered: tuple[int | str, ...] = tuple(range(len(turn.choices)))
            key: int | str = turn.target
        else:
            offered = tuple(choice.label for choice in turn.choices)
            key = offered[turn.target]
        cases.append(Case(origin(item), turn.prompt, offered, key))
    advice = "draw the answers independently of the words, or leave out the words that tell"
    yield _learned(group, "text-only", "a text-only learner", cases, text_only, "defect", advice)


def origin(item: Item) -> str:
    """Name the event that an item was made from: its recording and minute, or the item itself.

    A learner is not tested on what it has learned from: items of one event may share their answer, which tells
    nothing about the words.
    """
    source = item.provenance
    if not source.recordings or source.span_ms is None:
        return item.item_id
    return f"{source.recordings[0]}/{source.span_ms[0] // 60_000}"


def choice_prior(group: Group) -> Iterator[Result]:
    """See whether some nouns tend to be right whatever is asked; told, not counted as a defect."""
    cases = []
    for item in group.items:
        turn = item.turns[0]
        labels = tuple(choice.label for choice in turn.choices)
        named = not any(label.startswith(NAMELESS) for label in labels)
        if group.task in _NAMED and named and len(set(labels)) == len(labels):
            cases.append(Case(origin(item), "", labels, labels[turn.target]))
    if cases:
        advice = "let each noun be a distractor as often as it is a target"
        what = "knowing which nouns tend to be right"
        yield _learned(group, "choice-prior", what, cases, favourite, "note", advice)


def _learned(
    group: Group,
    check: str,
    what: str,
    cases: Sequence[Case],
    learner: Callable[[Sequence[Case]], Share],
    bad: Status,
    advice: str,
) -> Result:
    chance = sum(1 / len(case.offered) for case in cases) / len(cases)
    if len(cases) < FEWEST:
        message = f"{len(cases)} items are too few for a learner"
        return result(check, group.where, "unknown", message, total=len(cases), chance=chance)
    share = learner(cases)
    status: Status = bad if above(share.hits, share.total, chance) else "clean"
    message = f"{what} gets {share.value:.1%} right, guessing {chance:.1%}"
    return result(check, group.where, status, message, share=share, chance=chance, advice=advice)


def label_noise(group: Group, nouns: Nouns) -> Iterator[Result]:
    """Find words that are asked for as nouns and are none."""
    faults: dict[str, str] = {}
    items: list[str] = []
    asked = 0
    for item in group.items:
        words = set(_nouns_of(item))
        asked += bool(words)
        bad = {word: fault for word in sorted(words) if (fault := nouns.fault(word))}
        faults |= bad
        if bad:
            items.append(item.item_id)
    if not asked:
        return
    named = "; ".join(f"'{word}': {fault}" for word, fault in sorted(faults.items())[:6])
    message = f"{len(items)} of {asked} items have doubtful nouns: {named}" if items else f"all nouns of {asked} items"
    advice = "correct the labels, or add right nouns with --vocabulary"
    status: Status = "defect" if items else "clean"
    share = wilson(len(items), asked)
    yield result("label-noise", group.where, status, message, share=share, examples=items, advice=advice)


def _nouns_of(item: Item) -> Iterator[str]:
    """Yield the words that an item takes for nouns: what it asks for, and the labels of its pictures."""
    if item.word:
        yield item.word
    yield from (word for words in item.labels for word in words)
    if item.task in _NAMED:
        yield from (c.label for c in item.turns[0].choices if not c.label.startswith(NAMELESS))


def whole_frame_boxes(group: Group, pictures: Pictures) -> Iterator[Result]:
    """Find items that ask for the quadrant of a box which fills the picture."""
    boxed = [item for item in group.items if item.bb is not None and item.turns[0].stimuli]
    if not boxed:
        return
    filled = []
    for item in boxed:
        width, height = pictures.size(item.turns[0].stimuli[0])
        box = item.bb or (0, 0, 0, 0)
        if box[2] >= 0.9 * width and box[3] >= 0.9 * height:
            filled.append(item.item_id)
    message = f"the box fills the picture in {len(filled)} of {len(boxed)} items: no quadrant is right"
    status: Status = "defect" if filled else "clean"
    share = wilson(len(filled), len(boxed))
    advice = "leave these items out"
    yield result("whole-frame-box", group.where, status, message, share=share, examples=filled, advice=advice)


def context_overflow(group: Group, tokens_per_image: int, context: int) -> Iterator[Result]:
    """Find items that are longer than a model's context."""
    lengths = {item.item_id: item_tokens(item, tokens_per_image) for item in group.items}
    long = [name for name, length in lengths.items() if length > context]
    most = max(lengths.values())
    message = f"the longest item has about {most} tokens of {context}; {len(long)} of {len(lengths)} are too long"
    status: Status = "defect" if long else "clean"
    share = wilson(len(long), len(lengths))
    advice = "show fewer frames, or use a model with a longer context; they would be cut silently"
    yield result("context-overflow", group.where, status, message, share=share, examples=long, advice=advice)


def item_tokens(item: Item, tokens_per_image: int) -> int:
    """Return about how many tokens an item takes: its images, its words, and a word of reply and marks a turn."""
    images = sum(len(turn.images()) for turn in item.turns)
    words = sum(len(re.findall(r"\w+|[^\w\s]", turn.prompt.replace("<image>", ""))) for turn in item.turns)
    return images * tokens_per_image + round(words * _TOKENS_PER_WORD) + 8 * len(item.turns)


def missing_labels(group: Group) -> Iterator[Result]:
    """Find Memory dialogues without labels, whose adjusted score cannot be computed."""
    if group.task != "memory":
        return
    bare = [item.item_id for item in group.items if not item.labels]
    message = f"{len(bare)} of {len(group.items)} dialogues have no labels: no adjusted score for them"
    status: Status = "defect" if bare else "clean"
    share = wilson(len(bare), len(group.items))
    advice = "publish what each picture shows, or report the raw score only"
    yield result("missing-labels", group.where, status, message, share=share, examples=bare, advice=advice)


def _target(turn: Turn) -> Choice:
    return turn.choices[turn.target]

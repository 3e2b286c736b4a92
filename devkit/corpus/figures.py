"""The figures of ``devkit corpus stats``: one file each, in the house's colours, every one with its n."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devkit.corpus.stats import CorpusStats
from devkit.look import BAND_SHARE, SIZES_PX, SURFACES, VOICES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINT = 0.75
_CHILDREN = ("child", "model", "second_model", "adult", "simulation", "baseline")
"""Children of a corpus take the palette's colours in turn; its first is the children's own."""


def _settings() -> dict[str, Any]:
    text, quiet, line = (SURFACES[name].light for name in ("text", "quiet", "line"))
    small, normal = SIZES_PX[0] * _POINT, SIZES_PX[1] * _POINT
    return {
        **{"font.family": "DejaVu Sans", "font.size": small, "svg.fonttype": "none", "svg.hashsalt": "devkit"},
        **{"axes.edgecolor": line, "axes.labelcolor": quiet, "axes.titlesize": normal, "axes.titlecolor": text},
        **{"axes.titlelocation": "left", "axes.titleweight": "bold", "axes.titlepad": 12, "text.color": text},
        **{"axes.spines.top": False, "axes.spines.right": False, "xtick.color": line, "ytick.color": line},
        **{"xtick.labelcolor": quiet, "ytick.labelcolor": quiet, "legend.frameon": False, "legend.fontsize": small},
        **{"figure.facecolor": SURFACES["surface"].light, "axes.facecolor": SURFACES["surface"].light},
        **{"axes.labelsize": small, "xtick.labelsize": small, "ytick.labelsize": small},
    }


def write_figures(stats: CorpusStats, folder: Path) -> list[Path]:
    """Draw every figure that the data have something for, as SVG and PNG; return the files."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    drawings: dict[str, tuple[bool, Callable[[CorpusStats, Axes], None]]] = {
        "hours": (bool(stats.hours), _hours),
        "words": (bool(stats.words), _words),
        "lengths": (bool(stats.lengths), _lengths),
        "exposure": (any(row.tokens for row in stats.exposure), _exposure),
        "similarity": (bool(stats.likeness), _similarity),
        "in-view": (any(row.named for row in stats.objects), _in_view),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with matplotlib.rc_context(_settings()):  # type: ignore[arg-type]
        for name, (wanted, draw) in drawings.items():
            if not wanted:
                continue
            figure, axes = plt.subplots(figsize=(6.8, 3.6), layout="constrained")
            draw(stats, axes)
            for suffix, more in ((".svg", {"metadata": {"Date": None}}), (".png", {"dpi": 150})):
                figure.savefig(folder / f"{name}{suffix}", **more)
                files.append(folder / f"{name}{suffix}")
            plt.close(figure)
    return files


def _colours(names: list[str]) -> dict[str, str]:
    return {name: VOICES[_CHILDREN[place % len(_CHILDREN)]].light for place, name in enumerate(names)}


def _months(axes: Axes, highest: float) -> None:
    axes.set_xlabel("age (months)")
    axes.set_xlim(left=0)
    axes.set_xticks(range(0, math.ceil(highest / 6) * 6 + 1, 6))


def _hours(stats: CorpusStats, axes: Axes) -> None:
    children = sorted({row.child for row in stats.hours})
    colours = _colours(children)
    floor: dict[int, float] = {}
    for child in children:
        rows = [row for row in stats.hours if row.child == child]
        ages = [row.age_months for row in rows]
        axes.bar(ages, [row.hours for row in rows], bottom=[floor.get(age, 0.0) for age in ages], width=0.8,
                 color=colours[child], label=child)  # fmt: skip
        for row in rows:
            floor[row.age_months] = floor.get(row.age_months, 0.0) + row.hours
    _months(axes, max(floor))
    axes.set_ylabel("hours")
    axes.legend(title="child", loc="upper left", bbox_to_anchor=(1, 1))
    total = sum(row.hours for row in stats.hours)
    first, last = min(floor), max(floor)
    axes.set_title(f"{total:.1f} hours of {len(children)} children, aged {first} to {last} months")


def _words(stats: CorpusStats, axes: Axes) -> None:
    rows = [row for row in stats.words if row.count > 0]
    axes.scatter([row.first_days / 30.4375 for row in rows], [row.count for row in rows], s=14,
                 color=VOICES["child"].light, alpha=0.6, linewidths=0)  # fmt: skip
    shown: list[tuple[float, float]] = []
    for row in rows[:30]:
        place = (row.first_days / 30.4375, math.log10(row.count))
        if all(abs(place[0] - x) > 5 or abs(place[1] - y) > 0.12 for x, y in shown):  # so that labels do not overlap
            shown.append(place)
            axes.annotate(row.word, (place[0], row.count), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.8)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylabel("times said")
    _months(axes, max(row.first_days for row in rows) / 30.4375)
    axes.set_xlabel("age at which it is first heard (months)")
    axes.set_title(f"Frequent words are heard early (n = {len(rows)} of {stats.types} words)")


def _lengths(stats: CorpusStats, axes: Axes) -> None:
    total = sum(stats.lengths.values())
    axes.bar(list(stats.lengths), [count / total for count in stats.lengths.values()], width=0.8,
             color=VOICES["child"].light)  # fmt: skip
    mean = sum(length * count for length, count in stats.lengths.items()) / total
    axes.axvline(mean, color=SURFACES["quiet"].light, linestyle="--", linewidth=1)
    axes.annotate(f"mean {mean:.1f}", (mean, axes.get_ylim()[1]), xytext=(4, -10), textcoords="offset points")
    axes.set_xlabel("words in a sentence")
    axes.set_ylabel("share of sentences")
    axes.set_title(f"A sentence has {mean:.1f} words on average (n = {total} sentences)")


def _exposure(stats: CorpusStats, axes: Axes) -> None:
    children = sorted({row.child for row in stats.exposure})
    colours = _colours(children)
    for child in children:
        rows = [row for row in stats.exposure if row.child == child]
        ages = [row.age_days / 30.4375 for row in rows]
        axes.plot(ages, [row.types for row in rows], color=colours[child], marker=".", markersize=4)
        axes.annotate(child, (ages[-1], rows[-1].types), xytext=(5, 0), textcoords="offset points", va="center",
                      color=colours[child])  # fmt: skip
    _months(axes, max(row.age_days for row in stats.exposure) / 30.4375)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("different words heard so far")
    axes.set_title(f"Vocabulary exposure grows with age (n = {stats.tokens} words, {stats.types} different ones)")


def _similarity(stats: CorpusStats, axes: Axes) -> None:
    for place, (one, name) in enumerate(zip(stats.likeness, ("child", "model"), strict=False)):
        total, colour = sum(one.counts), VOICES[name].light
        axes.stairs([count / total for count in one.counts], one.edges, color=colour, fill=True, alpha=BAND_SHARE)
        axes.stairs(
            [count / total for count in one.counts], one.edges, color=colour, label=f"{one.what}s (n = {total})"
        )
        axes.axvline(one.floor, color=colour, linestyle="--", linewidth=1)
        label = f"{one.what}s above {one.floor:g}: {one.above(one.floor):.0%}"
        axes.annotate(label, (one.floor, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -10 - 14 * place),
                      textcoords="offset points", color=colour)  # fmt: skip
    axes.set_xlabel("similarity of pictures and words")
    axes.set_ylabel("share")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    axes.set_title("What the thresholds keep")


def _in_view(stats: CorpusStats, axes: Axes) -> None:
    rows = sorted((row for row in stats.objects if row.named), key=lambda row: -row.named)[:20]
    rows.sort(key=lambda row: row.named_in_view / row.named)
    names = [f"{row.noun} ({row.named})" for row in rows]
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes are drawn in a figure
    figure.set_size_inches(6.8, max(2.4, 0.26 * len(rows) + 1.0))
    axes.barh(names, [row.named_in_view / row.named for row in rows], color=VOICES["child"].light, height=0.7)
    named, seen = sum(row.named for row in stats.objects), sum(row.named_in_view for row in stats.objects)
    axes.axvline(seen / named, color=SURFACES["quiet"].light, linestyle="--", linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the sentences that name it with the thing in view")
    axes.set_title(f"What is named is in view in {seen / named:.0%} of sentences (n = {named})")

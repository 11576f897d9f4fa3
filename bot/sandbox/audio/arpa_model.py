"""A language model of three-word sequences, in the ARPA format that recognisers read."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

Words = tuple[str, ...]

ORDER = 3
NEVER = -99.0


def arpa(sentences: Sequence[str]) -> str:
    """The model as text: interpolated, smoothed by how many different words follow (Witten and Bell, 1991)."""
    rows = [("<s>", *sentence.split(), "</s>") for sentence in sentences]
    counts = [_counted(rows, length) for length in range(1, ORDER + 1)]
    likely = _single(counts[0])
    tables, escapes = [likely], [dict[Words, float]()]
    for counted in counts[1:]:
        escape = _escapes(counted)
        seen = _totals(counted)
        likely = {
            words: (1 - escape[words[:-1]]) * count / seen[words[:-1]] + escape[words[:-1]] * tables[-1][words[1:]]
            for words, count in counted.items()
        }
        tables.append(likely)
        escapes[-1] = escape
        escapes.append({})
    return _written(tables, escapes)


def _counted(rows: Sequence[Words], length: int) -> Counter[Words]:
    return Counter(row[start : start + length] for row in rows for start in range(len(row) - length + 1))


def _single(counted: Counter[Words]) -> dict[Words, float]:
    """Single words by frequency; a sentence start never follows anything."""
    total = sum(count for words, count in counted.items() if words != ("<s>",))
    return {words: 0.0 if words == ("<s>",) else count / total for words, count in counted.items()}


def _totals(counted: Counter[Words]) -> Counter[Words]:
    """How often each history was followed by anything."""
    totals: Counter[Words] = Counter()
    for words, count in counted.items():
        totals[words[:-1]] += count
    return totals


def _escapes(counted: Counter[Words]) -> dict[Words, float]:
    """For each history, the share left for words that never followed it."""
    kinds: dict[Words, int] = defaultdict(int)
    for words in counted:
        kinds[words[:-1]] += 1
    return {history: kinds[history] / (total + kinds[history]) for history, total in _totals(counted).items()}


def _written(tables: Sequence[dict[Words, float]], escapes: Sequence[dict[Words, float]]) -> str:
    lines = ["\\data\\", *(f"ngram {length}={len(table)}" for length, table in enumerate(tables, 1))]
    for length, table in enumerate(tables, 1):
        lines += ["", f"\\{length}-grams:"]
        for words, share in sorted(table.items()):
            line = f"{math.log10(share) if share else NEVER:.4f}\t{' '.join(words)}"
            if length < ORDER:
                line += f"\t{math.log10(escapes[length - 1].get(words, 1.0)):.4f}"
            lines.append(line)
    return "\n".join([*lines, "", "\\end\\", ""])

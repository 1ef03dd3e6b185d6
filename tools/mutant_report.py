"""What tools/mutants found, as numbers and as docs/bug_finding.md."""

import math

from tools.mutant_runs import GIVES_UP_AFTER, SEED_LANES, WITHOUT, Found

INFINITE = math.inf


# --- Statistics ------------------------------------------------------------------------------------------------------


def seeds_to_detection(found, oracles):
    """Of each range, sorted; infinite where something else came first, or nothing."""
    return sorted(one.seeds if one.is_detected_by(oracles) else INFINITE for one in found)


def median(values):
    """Of sorted values; infinite if half of them are."""
    if not values:
        return INFINITE
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def interval(values):
    """At least 95 % sure to hold the median: order statistics, by the binomial distribution, exact. None if there are
    too few values for that."""
    count = len(values)
    tail, rank = 0, 0
    while rank < count // 2:
        tail += math.comb(count, rank)
        if 40 * tail > 2**count:  # More than 2.5 % on one side.
            break
        rank += 1
    return (values[rank - 1], values[count - rank]) if rank > 0 else None


def number(value, limit):
    if value == INFINITE:
        return f"> {limit:,}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def interval_text(values, limit):
    found = interval(values)
    return f"[{number(found[0], limit)}, {number(found[1], limit)}]" if found else "–"


# --- Rows ------------------------------------------------------------------------------------------------------------


class Row:
    """One mutant in one lane."""

    def __init__(self, mutant, lane, entry):
        self.mutant = mutant
        self.lane = lane
        self.found = [Found(**one) for one in entry["found"]]
        self.limit = entry["seeds_max"]
        self.values = seeds_to_detection(self.found, mutant.oracles)
        self.median = median(self.values)
        self.detected = sum(1 for one in self.found if one.is_detected_by(mutant.oracles))
        self.reached = sum(1 for one in self.found if one.reached or one.way in ("oracle", "crash"))
        self.triggered = sum(1 for one in self.found if one.triggered or one.way in ("oracle", "crash"))
        self.seconds = sum(one.seconds for one in self.found)
        self.build_seconds = entry.get("build_seconds", 0.0)

    def ways(self):
        """Which oracle, or what else, in how many ranges; those that count first."""
        counts = {}
        for one in self.found:
            way = one.oracle if one.way == "oracle" else one.way
            counts[way] = counts.get(way, 0) + 1
        order = sorted(counts, key=lambda way: (way not in self.mutant.oracles, -counts[way], way))
        return ", ".join(f"{way if way in self.mutant.oracles else '(' + way + ')'} {counts[way]}" for way in order)

    def median_text(self):
        return number(self.median, self.limit)

    def verdict(self):
        """One line, as a run goes on."""
        return (f"{self.detected}/{len(self.found)} ranges, median {self.median_text()} "
                f"{interval_text(self.values, self.limit)}, {self.ways()}; {self.seconds:.0f} s")


def home_rows(mutants, results):
    """Each mutant where its header says, as far as it was run: (rows, mutants without)."""
    rows, missing = [], []
    for mutant in mutants:
        entry = results.get((mutant.name, mutant.lane, ""))
        if entry:
            rows.append(Row(mutant, mutant.lane, entry))
        else:
            missing.append(mutant)
    return rows, missing


# --- The document ----------------------------------------------------------------------------------------------------


def table(head, rows, right=()):
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + "|".join(" ---: " if column in right else " --- " for column in range(len(head))) + "|")
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def count_of(things, word):
    return f"{things} {word}{'' if things == 1 else 's'}"


def summary(rows, missing):
    """Sentences. What a bar is for."""
    all_found = [row for row in rows if row.median != INFINITE]
    lines = [f"* {len(all_found)} of {len(rows)} mutants are found: the expected oracle speaks first in at least half "
             "of their ranges."]
    seeded = [row for row in rows if row.lane in SEED_LANES]
    if seeded:
        medians = sorted(row.median for row in seeded)
        worst = max(seeded, key=lambda row: (row.median, row.mutant.name))
        limit = max(row.limit for row in seeded)
        lines.append(f"* The median of the medians is {number(median(medians), limit)} seeds, the largest "
                     f"{number(worst.median, limit)} (`{worst.mutant.name}`).")
    for row in rows:
        if row.median == INFINITE:
            lines.append(f"* NOT FOUND: `{row.mutant.name}` ({row.detected} of {len(row.found)} ranges; {row.ways()}).")
    if missing:
        lines.append("* Not run: " + ", ".join(f"`{mutant.name}`" for mutant in missing) + ".")
    return lines


def mutants_section(rows, missing):
    lines = ["## Mutants", ""]
    lines += summary(rows, missing)
    lines += ["", table(
        ["mutant", "class", "lane", "reached", "triggered", "detected", "of", "seeds", "95 %", "found by", "build s",
         "run s"],
        [[f"`{row.mutant.name}`", ", ".join(row.mutant.classes), row.lane, row.reached, row.triggered, row.detected,
          len(row.found), row.median_text(), interval_text(row.values, row.limit), row.ways(),
          f"{row.build_seconds:.0f}", f"{row.seconds:.0f}"] for row in rows],
        right=(3, 4, 5, 6, 7, 10, 11))]
    return lines


def other_lanes_section(mutants, results):
    rows = [Row(mutant, lane, entry) for mutant in mutants
            for (name, lane, without), entry in sorted(results.items())
            if name == mutant.name and not without and lane != mutant.lane]
    if not rows:
        return []
    return ["## The same in other lanes", "", table(
        ["mutant", "lane", "detected", "of", "seeds", "95 %", "found by"],
        [[f"`{row.mutant.name}`", row.lane, row.detected, len(row.found), row.median_text(),
          interval_text(row.values, row.limit), row.ways()] for row in rows], right=(2, 3, 4))]


def ablation_section(mutants, results):
    used = [without for without in WITHOUT if any(key[2] == without for key in results)]
    if not used:
        return []
    lines = ["## Ablation", "",
             "The table again without one of the things that make seeds hurt: the median of seeds, and in how many "
             "ranges the", "expected oracle spoke first. What changes nothing earns nothing.", ""]
    most = max(entry["seeds_max"] for entry in results.values())
    body, sums = [], {without: [] for without in ["", *used]}
    for mutant in mutants:
        cells = [f"`{mutant.name}`"]
        for without in ["", *used]:
            entry = results.get((mutant.name, mutant.lane, without))
            if not entry:
                cells.append("")
                continue
            row = Row(mutant, mutant.lane, entry)
            sums[without].append(row.median)
            cells.append(f"{row.median_text()} ({row.detected}/{len(row.found)})")
        if any(cells[2:]):
            body.append(cells)
    totals = ["**found; median of medians**"]
    for without in ["", *used]:
        medians = sorted(sums[without])
        good = sum(1 for value in medians if value != INFINITE)
        totals.append(f"{good}/{len(medians)}; {number(median(medians), most)}")
    head = ["mutant", "with all", *(f"without {without}" for without in used)]
    return lines + [table(head, [*body, totals], right=range(1, len(head)))]


def clean_section(clean):
    if not clean:
        return []
    lines = ["## The clean build", ""]
    for lane in sorted(clean):
        entry = clean[lane]
        seeds = ", ".join(str(seed) for seed in entry["alarm_seeds"][:5])
        lines.append(f"* {lane}: {count_of(entry['alarms'], 'alarm')} in {entry['seeds']:,} seeds"
                     + (f" ({seeds})" if seeds else "") + f"; {entry['seconds']:.0f} s of processes.")
    return lines


def shrink_section(mutants, results):
    body = []
    for mutant in mutants:
        entry = results.get((mutant.name, mutant.lane, ""))
        if entry and entry.get("shrunk"):
            body.append((mutant.name, *entry["shrunk"]))
    if not body:
        return []
    faults, sizes = (sorted(row[column] for row in body) for column in (1, 2))
    return ["## Shrinking", "",
            f"The first failing seed of each of {len(body)} mutants, shrunk: the median is {number(median(faults), 0)} "
            f"faults and {number(median(sizes), 0)} bytes", "of workload left.", "",
            table(["mutant", "faults left", "bytes left"],
                  [[f"`{name}`", left, f"{size:,}"] for name, left, size in body], right=(1, 2))]


def coverage_section(mutants, rows, reasons):
    by_row = {}
    for mutant in mutants:
        for row in mutant.classes:
            by_row.setdefault(row, []).append(mutant.name)
    planted = [row for row in rows if row in by_row]
    rest = [row for row in rows if row not in by_row and row in reasons]
    silent = [row for row in rows if row not in by_row and row not in reasons]
    lines = ["## Which rows are planted", "",
             f"{len(planted)} of the {len(rows)} rows of [failures.md](failures.md) have a mutant. These have none:",
             "",
             table(["row", "what goes wrong", "why no mutant"], [[row, rows[row], reasons[row]] for row in rest])]
    if silent:
        lines += ["", "Rows without a mutant and without a reason: " + ", ".join(silent) + "."]
    return lines


HEAD = """# What the simulator finds

Generated by `tools/mutants`; not to be edited by hand. Each mutant is a bug that somebody could write, planted in
`core/` alone ([the patches](../testdata/mutants)). It is looked for in disjoint ranges of seeds, each of which ends at
the first violation.

* *reached*, *triggered*: ranges in which the place of the bug was come to, and in which the mutant did there what the
  right code would not.
* *detected*: ranges in which the oracle that the patch names was the first to speak. Another oracle (in brackets), a
  crash or a time-out counts as not detected, unless the patch says that it is the expected way.
* *seeds*: until detection, the median over the ranges; beside it an interval that holds the true median with at least
  95 % (order statistics, exact binomial). `> N`: not within the N seeds of a range. Of the lane `explore`, which has no
  seeds: its cells."""


def render(mutants, rows, reasons, state):
    """The whole document. `state`: what tools/mutants keeps, its results by (mutant, lane, without)."""
    results = state["results"]
    found, missing = home_rows(mutants, results)
    limits = sorted({(entry["ranges"], entry["seeds_max"]) for key, entry in results.items() if not key[2]})
    asked = "; ".join(f"{ranges} ranges of at most {seeds:,} seeds" for ranges, seeds in limits)
    notes = [f"Asked for: {asked or 'nothing yet'}. A lane is left after {GIVES_UP_AFTER} ranges without the expected",
             "oracle, if these are more than half; it then has fewer ranges."]
    trees = {entry.get("tree") for entry in [*results.values(), *state["clean"].values()]}
    if len(trees) > 1:
        notes.append(f"The results are of {len(trees)} states of the program: run all of them again.")
    sections = [mutants_section(found, missing), other_lanes_section(mutants, results), clean_section(state["clean"]),
                ablation_section(mutants, results), shrink_section(mutants, results),
                coverage_section(mutants, rows, reasons)]
    return "\n\n".join([HEAD, "\n".join(notes), *("\n".join(lines) for lines in sections if lines)]) + "\n"

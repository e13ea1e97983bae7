#!/usr/bin/env python3
"""Fits the overheads of LASP's code (scenarios/profiles/overheads/lasp-*.json).

    scripts/fit_lasp.py build/release/scenarios/twinlink lasp_h100 issue operation kernel_rate host_state
    scripts/fit_lasp.py build/release/scenarios/twinlink lasp_5090 issue operation kernel_rate

Runs the library's scenario through the simulator and changes the named constants until the largest
and the median error of tokens_per_s over the published rows that are beside it are smallest (their
sum, with the methods of each column in the published order; Nelder-Mead on the logarithms, from what
the files hold and from places around it). Only rows with published figures
count, so what is held out plays no part. Prints the constants and every row; writes nothing.
"""
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys

UNITS = {"issue": "us", "operation": "us", "kernel_rate": "TFLOP/s", "host_state": "us"}
ROOT = pathlib.Path(__file__).resolve().parent.parent


def predictions(program, scenario, constants, extra):
    overheads = {name: f"{value:.6g} {UNITS[name]}" for name, value in constants.items()}
    path = ROOT / "scenarios/library" / f"{scenario}.json"
    methods = [m for m in json.loads(path.read_text())["workload"]["methods"] if "/" not in m]
    command = [program, "run", str(path), "--json", "--set", "/workload/methods=" + json.dumps(methods),
               "--set", "/workload/overheads=" + json.dumps(overheads)] + extra
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)["results"]


def errors(rows):
    """[(row, predicted / published - 1)] of rows with a published figure, in time."""
    return [(row, row["published"]["tokens_per_s"] / row["tokens_per_s"] - 1)
            for row in rows if row.get("published")]


def swapped(found):
    """How much is missing, summed, for the methods of each column to stand in the published order."""
    total = 0
    for a, _ in found:
        for b, _ in found:
            same = all(a[key] == b[key] for key in ("direction", "dp"))
            if same and a["published"]["tokens_per_s"] > b["published"]["tokens_per_s"]:
                total += max(0, b["tokens_per_s"] / a["tokens_per_s"] - 0.999)
    return total


def loss(found):
    sizes = [abs(error) for _, error in found]
    return max(sizes) + statistics.median(sizes) + 10 * swapped(found)


def nelder_mead(function, start, step, rounds):
    n = len(start)
    points = [list(start)] + [[x + (step if i == j else 0) for i, x in enumerate(start)] for j in range(n)]
    values = [function(p) for p in points]
    for _ in range(rounds):
        order = sorted(range(n + 1), key=lambda i: values[i])
        points, values = [points[i] for i in order], [values[i] for i in order]
        centre = [sum(p[i] for p in points[:n]) / n for i in range(n)]

        def at(t):
            return [c + t * (w - c) for c, w in zip(centre, points[n])]

        tries = [(function(p), p) for p in (at(-1),)]
        if tries[0][0] < values[0]:
            tries.append((function(at(-2)), at(-2)))
        elif tries[0][0] >= values[n - 1]:
            tries.append((function(at(0.5)), at(0.5)))
        best = min(tries)
        if best[0] < values[n]:
            values[n], points[n] = best
        else:
            points = [points[0]] + [[(a + b) / 2 for a, b in zip(points[0], p)] for p in points[1:]]
            values = [values[0]] + [function(p) for p in points[1:]]
    return points[values.index(min(values))]


def main(program, scenario, names, extra):
    machine = scenario.removeprefix("lasp_")
    held = json.loads((ROOT / f"scenarios/profiles/overheads/lasp-{machine}.json").read_text())["constants"]
    start = {name: float(held[name]["value"].split()[0]) if name in held else 1.0 for name in names}

    def constants(point):
        return {name: math.exp(x) for name, x in zip(names, point)}

    def value(point):
        return loss(errors(predictions(program, scenario, constants(point), extra)))

    spread = random.Random(1)
    best = [math.log(start[name]) for name in names]
    for attempt in range(2):
        point = [x + (spread.gauss(0, 0.4) if attempt else 0) for x in best]
        for step in (0.3, 0.1, 0.03):
            point = nelder_mead(value, point, step, 25)
        best = min(best, point, key=value)
    point = best
    found = errors(predictions(program, scenario, constants(point), extra))
    for name, constant in constants(point).items():
        print(f"{name:12} {constant:.4g} {UNITS[name]}")
    for row, error in found:
        print(f"{row['method']:14} {row['direction']:17} dp {row['dp']:<2.0f} {row['published']['tokens_per_s'] / 1e6:8.2f} M/s"
              f" predicted {row['tokens_per_s'] / 1e6:8.2f} M/s, time {error:+.1%}")
    sizes = [abs(error) for _, error in found]
    print(f"max {max(sizes):.1%}, median {statistics.median(sizes):.1%} of {len(sizes)} rows")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sets = [argument for argument in sys.argv[3:] if argument.startswith("/")]
    main(sys.argv[1], sys.argv[2], [a for a in sys.argv[3:] if not a.startswith("/")],
         [part for assignment in sets for part in ("--set", assignment)])

#!/usr/bin/env python3
"""Two timelines of one plan (Chrome JSON of --trace), op by op: how long each kind of op took.

  scripts/compare_traces.py SIMULATED.json MEASURED.json

Ops are matched by their number in the plan; files of different plans are refused. Kinds are the ops'
names without peers ("compute attention", "copy"). A line: kind, ops, mean of both in us, measured
over simulated, and that ratio's least and largest among the ops. Then when the last op of each rank
ends. Files may be gzipped.
"""
import gzip
import json
import pathlib
import statistics
import sys


def ops_of(path):
    raw = pathlib.Path(path).read_bytes()
    text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    return {e["args"]["op"]: e for e in json.loads(text)["traceEvents"] if e["ph"] == "X"}


def kind_of(event):
    return event["name"].split(" <- ")[0].split(" -> ")[0]


def check_same_plan(first, second):
    if first.keys() != second.keys():
        sys.exit(f"compare_traces: {len(first)} and {len(second)} ops: not one plan")
    for op in first:
        if first[op]["name"] != second[op]["name"]:
            sys.exit(f"compare_traces: op {op} is {first[op]['name']} and {second[op]['name']}: not one plan")


def kinds(simulated, measured):
    groups = {}
    for op in simulated:
        groups.setdefault(kind_of(simulated[op]), []).append((simulated[op]["dur"], measured[op]["dur"]))
    print(f"{'kind':24} {'ops':>6} {'simulated us':>13} {'measured us':>12} {'ratio':>6} {'least':>6} {'most':>6}")
    for kind, pairs in sorted(groups.items()):
        before, after = (statistics.fmean(column) for column in zip(*pairs))
        ratios = [m / s for s, m in pairs if s > 0]
        ends = f"{min(ratios):6.2f} {max(ratios):6.2f}" if ratios else f"{'-':>6} {'-':>6}"
        ratio = f"{after / before:6.2f}" if before > 0 else f"{'-':>6}"
        print(f"{kind:24} {len(pairs):>6} {before:13.2f} {after:12.2f} {ratio} {ends}")


def ends(simulated, measured):
    print(f"\n{'rank':24} {'':6} {'simulated us':>13} {'measured us':>12} {'ratio':>6}")
    for rank in sorted({event["pid"] for event in simulated.values()}):
        last = [max(e["ts"] + e["dur"] for e in ops.values() if e["pid"] == rank) for ops in (simulated, measured)]
        print(f"{rank:<24} {'':6} {last[0]:13.2f} {last[1]:12.2f} {last[1] / last[0]:6.2f}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    simulated, measured = ops_of(sys.argv[1]), ops_of(sys.argv[2])
    check_same_plan(simulated, measured)
    kinds(simulated, measured)
    ends(simulated, measured)


if __name__ == "__main__":
    main()

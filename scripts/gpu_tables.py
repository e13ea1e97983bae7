#!/usr/bin/env python3
"""Short tables of a folder of measurements (twinlink.measurement/1), for scripts/gpu_check.

  scripts/gpu_tables.py FOLDER

Plans beside the faster of NCCL's two modes with the ratios asked for; scans of two ranks beside an
empty exchange; rates of links; what consumers of one resource leave each other.
"""
import json
import pathlib
import sys

KIB, MIB = 1 << 10, 1 << 20
PUSH_LIMIT = 366e3  # bytes per us of one direction by SM stores, both directions busy


def sets_of(folder, suite):
    path = folder / f"{suite}.json"
    return json.loads(path.read_text())["sets"] if path.exists() else []


def size(count):
    for unit, name in ((1 << 30, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} B"


def goal(count):
    if count <= MIB:
        return 1.5
    if count <= 32 * MIB:
        return 1.3
    return 1.25 if count <= 64 * MIB else 1.08


def named(what):
    shape = "x".join(str(what[k]) for k in ("ctas", "threads", "loads") if k in what)
    return f"{what['algorithm']} {shape}"


def best_of(rows):
    return min(rows, key=lambda row: row["median_us"], default=None)


def beside_nccl(folder):
    groups = {}
    for row in sets_of(folder, "collectives"):
        what = row["what"]
        side = "nccl" if what["algorithm"] == "nccl" else "ours"
        groups.setdefault((what["operation"], what["bytes"]), {}).setdefault(side, []).append(row)
    if not groups:
        return
    print("\nbeside NCCL (faster of default and registered buffers), medians in us")
    print(f"{'operation':15} {'size':>8} {'NCCL':>9} {'ours':>9} {'ratio':>6} {'goal':>5}  plan")
    for (operation, count), sides in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1])):
        nccl, ours = best_of(sides.get("nccl", [])), best_of(sides.get("ours", []))
        if ours is None:
            continue
        line = f"{operation:15} {size(count):>8} "
        if nccl is None:
            print(line + f"{'-':>9} {ours['median_us']:9.2f} {'-':>6} {'-':>5}  {named(ours['what'])}")
            continue
        ratio = nccl["median_us"] / ours["median_us"]
        met = "" if ratio >= goal(count) else "  below"
        print(line + f"{nccl['median_us']:9.2f} {ours['median_us']:9.2f} {ratio:6.2f} {goal(count):5.2f}  "
              f"{named(ours['what'])}{met}")


def scans(folder):
    rows = sets_of(folder, "scans")
    fenced = [r["median_us"] for r in rows if r["what"]["measure"] == "barrier_fenced" and r["what"]["ctas"] <= 8]
    groups = {}
    for row in rows:
        if row["what"]["measure"] == "scan":
            groups.setdefault((row["what"]["ranks"], row["what"]["bytes"]), []).append(row)
    if not groups:
        return
    print("\nexclusive scans, best of all, us" + (f"; fenced barrier {min(fenced):.2f} us" if fenced else ""))
    for (ranks, count), found in sorted(groups.items()):
        best = best_of(found)
        line = f"{ranks:>3} ranks {size(count):>8} {best['median_us']:10.2f}  {named(best['what'])}"
        if ranks == 2 and fenced:
            bound = 1.3 * (min(fenced) + count / PUSH_LIMIT)
            line += f"  (1.3 x (barrier + bytes/limit) = {bound:.2f}{'' if best['median_us'] <= bound else ', above'})"
        print(line)


def rates(folder, suite, keys):
    groups = {}
    for row in sets_of(folder, suite):
        if row.get("GBps") and row["what"]["measure"] in keys:
            groups.setdefault((row["what"]["measure"], row["what"]["bytes"]), []).append(row)
    if not groups:
        return
    print(f"\n{suite}: best rate by size, GB/s of one direction")
    sizes = sorted({count for _, count in groups})
    print(f"{'':16}" + "".join(f"{size(c):>9}" for c in sizes))
    for key in keys:
        cells = []
        for count in sizes:
            found = groups.get((key, count))
            cells.append(f"{max(r['GBps'] for r in found):9.1f}" if found else f"{'-':>9}")
        print(f"{key:16}" + "".join(cells))


def latencies(folder):
    rows = [r for r in sets_of(folder, "links") if not r.get("GBps")]
    if rows:
        print("\nlatencies, us")
    for row in rows:
        rest = " ".join(f"{k}={v}" for k, v in row["what"].items() if k not in ("measure", "threads"))
        print(f"  {row['what']['measure']:16} {rest:18} {row['median_us']:8.3f}")


def contention(folder, suite):
    rows = [row for row in sets_of(folder, suite) if "beside" in row["what"]]
    alone = {}
    for row in rows:
        if row["what"]["beside"] == "nothing":
            alone[row["what"]["consumer"]] = row
    if not rows:
        return
    print(f"\n{suite}: rate alone, beside the other, and what is left")
    for row in rows:
        what = row["what"]
        if what["beside"] == "nothing" or what["consumer"] not in alone:
            continue
        unit = "GBps" if row.get("GBps") else "TFLOPs"
        before, now = alone[what["consumer"]][unit], row[unit]
        if not before or not now:
            continue
        print(f"  {what['consumer']:26} beside {what['beside']:26} {before:8.1f} {now:8.1f} "
              f"{'GB/s' if unit == 'GBps' else 'TF/s'} {now / before:5.2f}")


def pipelines(folder):
    rows = sets_of(folder, "dwdp")
    titles = {
        "dwdp_tokens": ("forwards by tokens and where weights lie", ("tokens", "weights")),
        "dwdp_slices": ("forwards by slice and copies in flight", ("tokens", "slice", "in_flight")),
        "dwdp_order": ("forwards of 4 ranks on two GPUs by order of peers", ("tokens", "order", "slice")),
    }
    for measure, (title, keys) in titles.items():
        found = [row for row in rows if row["what"]["measure"] == measure]
        if not found:
            continue
        print(f"\ndwdp: {title}, ms; pulled GB per rank over the time, GB/s; TFLOP/s of a rank")
        for row in found:
            what = row["what"]
            name = " ".join(f"{k} {size(what[k]) if k == 'slice' else what[k]}" for k in keys)
            print(f"  {name:36} {row['median_us'] / 1e3:9.3f} {row['GBps'] or 0:8.1f} {row['TFLOPs'] or 0:8.1f}")


def kinds(folder):
    table, names = {}, []
    for row in sets_of(folder, "dwdp"):
        what = row["what"]
        if what["measure"] != "dwdp_kind":
            continue
        if what["kind"] not in names:
            names.append(what["kind"])
        table.setdefault((what["tokens"], what["weights"]), {})[what["kind"]] = row["median_us"] / 1e3
    if not table:
        return
    print("\ndwdp: time of each kind of work in a forward, ms (mean rank)")
    print(f"{'':18}" + "".join(f"{name:>16}" for name in names))
    for (tokens, weights), found in sorted(table.items()):
        cells = "".join(f"{found[name]:16.3f}" if name in found else f"{'-':>16}" for name in names)
        print(f"{tokens:>8} {weights:9}" + cells)


def scatter(folder):
    rows = sets_of(folder, "dwdp")
    layers = [row for row in rows if row["what"]["measure"] == "dp_attention"]
    if layers:
        print("\ndp attention, two ranks: a layer's communication, us")
    for row in layers:
        print(f"  {row['what']['rows']:>6} rows, {row['what']['combine']:15} {row['median_us']:10.2f}")
    best = {}
    for row in rows:
        what = row["what"]
        if what["measure"] != "collective":
            continue
        side = "nccl" if what["algorithm"] == "nccl" else "ours"
        key = (what["bytes"], what["operation"], side)
        if key not in best or row["median_us"] < best[key]["median_us"]:
            best[key] = row
    for (count, operation, side), row in sorted(best.items()):
        name = "NCCL" if side == "nccl" else row["what"]["algorithm"]
        print(f"  {count:>10} B  {operation:15} {name:12} {row['median_us']:10.2f}")


def share_of_roofline(row, peaks):
    """Time at the peaks (FLOPs at the GEMM's rate, bytes at the reads', the longer) of the time."""
    return max((row["TFLOPs"] or 0) / peaks["TFLOPs"], (row["GBps"] or 0) / peaks["GBps"])


def linear_attention(folder):
    rows = sets_of(folder, "linear_attention")
    measured = {r["what"]["what"]: r for r in rows if r["what"]["measure"] == "peak"}
    if not {"gemm", "read"} <= measured.keys():
        return
    peaks = {"TFLOPs": measured["gemm"]["TFLOPs"], "GBps": measured["read"]["GBps"]}
    print(f"\nlinear attention: peaks {peaks['TFLOPs']:.0f} TFLOP/s, {peaks['GBps']:.0f} GB/s;"
          " medians in us, share of roofline")
    for row in rows:
        what = row["what"]
        if what["measure"] not in ("part", "meeting", "exchange"):
            continue
        name = what.get("part") or what.get("scan") or ""
        share = f"{share_of_roofline(row, peaks):6.2f}" if what["measure"] == "part" else ""
        print(f"  {what['measure']:9} {name:16} {what.get('direction', ''):9} {what['ranks']:>3} ranks {what['gpus']} GPU"
              f" {what['tokens']:>7} x {what['batch']:<3} {row['median_us']:10.2f} {share}")
    groups = {}
    for row in rows:
        what = row["what"]
        if what["measure"] == "step":
            key = (what["gpus"], what["batch"], what["tokens"], what["ranks"], what["direction"])
            groups.setdefault(key, {})[f"{what['method']} {what['scan']} {what['order']}"] = row
    for key, found in sorted(groups.items()):
        gpus, batch, tokens, ranks, direction = key
        print(f"  step {direction}, {ranks} ranks on {gpus} GPU, {tokens} tokens x {batch}")
        for name, row in sorted(found.items(), key=lambda item: item[1]["median_us"]):
            print(f"    {name:40} {row['median_us']:10.2f} {share_of_roofline(row, peaks):6.2f}")


def main():
    folder = pathlib.Path(sys.argv[1])
    beside_nccl(folder)
    scans(folder)
    latencies(folder)
    rates(folder, "links", ["copy_push", "copy_pull", "copy_both", "sm_push", "sm_pull", "sm_push_both", "sm_pull_both"])
    rates(folder, "memory", ["memcpy_local", "sm_copy", "sm_read", "sm_write", "sm_fold"])
    contention(folder, "sharing")
    contention(folder, "overlap")
    contention(folder, "dwdp")
    pipelines(folder)
    kinds(folder)
    scatter(folder)
    linear_attention(folder)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Tables of scripts/gpu_tables.py from a made-up measurement of suite dwdp."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "gpu_tables.py"


def row(what, median_us, gbps=None, tflops=None):
    return {"what": what, "median_us": median_us, "GBps": gbps, "TFLOPs": tflops}


def rows():
    tokens = {"measure": "dwdp_tokens", "tokens": 4096, "weights": "split"}
    kind = {**tokens, "measure": "dwdp_kind"}
    overlap = {"measure": "dwdp_overlap", "consumer": "attention"}
    return [
        row(tokens, 30500.0, 184.8, 512.3),
        row({"measure": "dwdp_slices", "tokens": 256, "slice": 2 << 20, "in_flight": 2}, 9000.0, 313.2, 60.1),
        row({"measure": "dwdp_order", "tokens": 256, "order": "rotated", "slice": 0}, 12000.0, 100.0, 10.0),
        row({**kind, "kind": "attention"}, 4200.0),
        row({**kind, "weights": "merged", "kind": "d2d_copy"}, 2100.0),
        row({**overlap, "beside": "nothing"}, 1000.0, None, 600.0),
        row({**overlap, "beside": "copy_pull"}, 1250.0, None, 480.0),
        row({"measure": "dp_attention", "rows": 1024, "combine": "reduce_scatter"}, 61.5),
        row({"measure": "collective", "operation": "all_reduce", "algorithm": "nccl", "bytes": 14680064}, 70.0),
        row({"measure": "collective", "operation": "all_reduce", "algorithm": "two_shot", "bytes": 14680064}, 66.0),
        row({"measure": "collective", "operation": "all_reduce", "algorithm": "ring", "bytes": 14680064}, 90.0),
    ]


def printed(sets):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "dwdp.json").write_text(json.dumps({"sets": sets}))
        return subprocess.run([sys.executable, SCRIPT, folder], check=True, capture_output=True, text=True).stdout


def line_with(text, *words):
    found = [line.split() for line in text.splitlines() if all(word in line for word in words)]
    return found[0] if found else []


class Tables(unittest.TestCase):
    def test_pipelines_in_ms(self):
        text = printed(rows())
        self.assertEqual(line_with(text, "tokens 4096 weights split")[-3:], ["30.500", "184.8", "512.3"])
        self.assertEqual(line_with(text, "slice 2 MiB in_flight 2")[-3:], ["9.000", "313.2", "60.1"])
        self.assertEqual(line_with(text, "order rotated")[-3], "12.000")

    def test_kinds_of_one_forward_in_one_line_and_gaps_where_there_is_none(self):
        text = printed(rows())
        self.assertEqual(line_with(text, "4096 split"), ["4096", "split", "4.200", "-"])
        self.assertEqual(line_with(text, "4096 merged"), ["4096", "merged", "-", "2.100"])

    def test_what_is_left_beside_the_other(self):
        line = line_with(printed(rows()), "attention", "copy_pull")
        self.assertEqual(line[-4:], ["600.0", "480.0", "TF/s", "0.80"])

    def test_the_fastest_plan_stands_beside_the_library(self):
        text = printed(rows())
        self.assertEqual(line_with(text, "all_reduce", "two_shot")[-1], "66.00")
        self.assertEqual(line_with(text, "all_reduce", "NCCL")[-1], "70.00")
        self.assertEqual(line_with(text, "all_reduce", "ring"), [])

    def test_another_measurement_gives_another_table(self):
        changed = rows()
        changed[0]["median_us"] = 30600.0
        self.assertEqual(line_with(printed(changed), "tokens 4096 weights split")[-3], "30.600")
        self.assertNotIn("dp attention", printed(changed[:7]))


if __name__ == "__main__":
    unittest.main()

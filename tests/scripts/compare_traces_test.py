#!/usr/bin/env python3
"""scripts/compare_traces.py on two made-up timelines of one plan."""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "compare_traces.py"


def event(op, name, rank, begin, length):
    return {"ph": "X", "name": name, "pid": rank, "ts": begin, "dur": length, "args": {"op": op}}


def timeline(scale=1.0):
    return [
        {"ph": "M", "name": "process_name", "pid": 0},
        event(0, "compute attention", 0, 0, 10),
        event(1, "compute attention", 1, 0, 10 * scale),
        event(2, "copy <- 1", 0, 2, 30),
        event(3, "copy <- 0", 1, 2, 30),
    ]


def compare(first, second, pack=False):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, events in (("a", first), ("b", second)):
            text = json.dumps({"traceEvents": events}).encode()
            paths.append(pathlib.Path(folder) / name)
            paths[-1].write_bytes(gzip.compress(text) if pack else text)
        return subprocess.run([sys.executable, SCRIPT, *paths], capture_output=True, text=True)


def line(text, word):
    return next(found.split() for found in text.splitlines() if found.startswith(word))


class Compare(unittest.TestCase):
    def test_kinds_and_ends(self):
        done = compare(timeline(), timeline(4.0), pack=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        # attention: (10 + 40) / 2 = 25 over 10, between 1 and 4; copies of both peers are one kind
        self.assertEqual(line(done.stdout, "compute attention")[2:], ["2", "10.00", "25.00", "2.50", "1.00", "4.00"])
        self.assertEqual(line(done.stdout, "copy")[1:], ["2", "30.00", "30.00", "1.00", "1.00", "1.00"])
        self.assertEqual(line(done.stdout, "1  ")[1:], ["32.00", "40.00", "1.25"])

    def test_another_plan_is_refused(self):
        self.assertIn("not one plan", compare(timeline(), timeline()[:-1]).stderr)
        other = timeline()
        other[1]["name"] = "compute others"
        self.assertIn("op 0", compare(timeline(), other).stderr)


if __name__ == "__main__":
    unittest.main()

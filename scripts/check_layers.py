#!/usr/bin/env python3
"""Checks include directions, third parties' places, own headers first, and file sizes.

The table below is the architecture: what a folder may include, and where each third party may be
seen. A source that includes its own header first shows that the header compiles alone, so
tests/headers compiles only headers without one. Exits 1 and names every offending line.
"""
import os
import re
import subprocess
import sys

ALLOWED = {
    "topology": {"topology"},
    "models": {"topology", "models"},
    "sim": {"topology", "models", "sim"},
    "realgpu": {"topology", "models", "realgpu"},
    "analysis": {"topology", "models", "analysis"},
    "scenarios": {"topology", "models", "sim", "realgpu", "analysis", "scenarios"},
    "tests": {"topology", "models", "sim", "realgpu", "analysis", "scenarios", "tests"},
}
# Pattern of an include -> files that may have it (regular expression on the path).
THIRD_PARTIES = {
    r"boost/": r"(topology/[^/]*|realgpu/process_links)\.cpp",
    r"Eigen/|unsupported/": r"(analysis/.*|sim/host_[^/]*)",
    r"nlohmann/|valijson/|CLI/|pugixml": r"(scenarios|tests)/.*",
    r"cuda|nccl|cublas": r"realgpu/.*|tests/gpu/.*",
    r"doctest/|benchmark/": r"tests/.*",
    r"fmt/": r"(scenarios|realgpu|tests)/.*",
    r"mpi\.h": r"(scenarios|realgpu)/mpi[^/]*\.cpp",
}
LINES = {".h": 150, ".cuh": 150, ".cpp": 350, ".cu": 350}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def tracked_files():
    names = subprocess.run(["git", "ls-files", "*.h", "*.cpp", "*.cu", "*.cuh"], check=True,
                           capture_output=True, text=True).stdout.split()
    return [name for name in names if name.split("/")[0] in ALLOWED]


def problems_of_include(path, line, quote, target):
    folder = path.split("/")[0]
    top = target.split("/")[0]
    if top in ALLOWED and top not in ALLOWED[folder]:
        yield f"{path}:{line}: {folder} must not include {target}"
    if quote == '"' and top not in ALLOWED:
        yield f"{path}:{line}: include {target} from the repository root, or with <>"
    if quote == "<":
        for pattern, places in THIRD_PARTIES.items():
            if re.match(pattern, target) and not re.fullmatch(places, path):
                yield f"{path}:{line}: <{target}> may only be seen in {places}"


def problems_of_file(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    limit = LINES["." + path.rsplit(".", 1)[1]]
    if len(lines) > limit:
        yield f"{path}: {len(lines)} lines, the limit is {limit}: split it by concept"
    includes = [(number, INCLUDE.match(text)) for number, text in enumerate(lines, 1)]
    includes = [(number, match.group(1), match.group(2)) for number, match in includes if match]
    for number, quote, target in includes:
        yield from problems_of_include(path, number, quote, target)
    yield from problems_of_order(path, lines, includes)


def problems_of_order(path, lines, includes):
    stem, ending = path.rsplit(".", 1)
    if ending in ("h", "cuh") and "#pragma once" not in lines:
        yield f"{path}:1: #pragma once is missing"
    own = stem + ".h"
    if ending == "cpp" and os.path.exists(own) and (not includes or includes[0][2] != own):
        yield f"{path}:1: include its own header {own} first: so it is seen to compile alone"


def main():
    files = tracked_files()
    problems = [problem for path in files for problem in problems_of_file(path)]
    print("\n".join(problems) or
          f"{len(files)} files: directions, third parties, own headers first and sizes hold")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

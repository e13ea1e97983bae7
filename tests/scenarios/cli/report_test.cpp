// twinlink report: what a user finds in it, and that nothing is written where a file is wrong.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/scenarios/cli/program.h"

using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;

namespace {

// One row with a published time of 10 us, predicted as 12 us: an error of +20 %.
std::string one_row(const std::string& time) {
  return R"({"schema": "twinlink.result/1", "scenario": "mine", "scenario_hash": "0123",
    "variant": "", "operation": "all_reduce", "algorithm": "ring", "machine": "hgx-h100",
    "executor": "sim", "ranks": 4, "bytes": 1048576, "time_us": )" +
         time + R"(, "correct": true, "provenance": "assumed", "extrapolated": true,
    "profile": "hgx-h100", "seed": 7, "version": "v1",
    "published": {"time_us": 10, "tflops": 3}, "published_kind": "measured",
    "published_record": "a table", "unmodelled": ["tflops"]})";
}

}  // namespace

TEST_CASE("report: origin, tables, errors and threats of one row, worked by hand") {
  const Folder folder;
  const Outcome outcome =
      twinlink::test::twinlink("report " + folder.write("one.json", one_row("12")));
  REQUIRE(outcome.code == 0);
  CHECK(has(outcome.out, "| command | not known: no study has this hash |"));
  CHECK(has(outcome.out, "| seed | 7 |"));
  CHECK(has(outcome.out, "| ring | 4 | 1 MiB | yes | time_us | 12 | 10 | +20.0% |"));
  CHECK(has(outcome.out, "| mine | hgx-h100 | time_us | 1 | 20.0 | 20.0 | 20.0 | +20.0 |"));
  CHECK(has(outcome.out, "1 of 1 rows use an assumed constant; 1 of 1 rows are extrapolated"));
  CHECK(has(outcome.out, "not modelled: tflops."));
}

TEST_CASE("report: a study of the library is made again by its name; pictures stand beside it") {
  const Folder folder;
  const Outcome outcome = twinlink::test::shell(
      "\"$TWINLINK\" run h200_pair_allreduce --executor sim --json | \"$TWINLINK\" report - -o " +
      folder.path("r.md"));
  REQUIRE(outcome.code == 0);
  const std::string text = twinlink::test::read_text(folder.path("r.md"));
  CHECK(has(text, "`twinlink run h200_pair_allreduce"));
  REQUIRE(has(text, "](r.1.svg)"));
  const std::string svg = twinlink::test::read_text(folder.path("r.1.svg"));
  CHECK(has(svg, "<polyline"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK_FALSE(has(svg, "nan"));
}

TEST_CASE("report: wrong files are refused by file and line, nothing is written") {
  const Folder folder;
  const std::string bad = folder.write("bad.json", one_row("-12"));
  const Outcome outcome = twinlink::test::twinlink("report " + bad + " -o " + folder.path("r.md"));
  CHECK(outcome.code == 4);
  CHECK(has(outcome.err, "bad.json:3:"));
  CHECK(has(outcome.err, "/time_us"));
  CHECK(folder.names() == std::vector<std::string>{"bad.json"});
  CHECK(twinlink::test::twinlink("report " + folder.write("other.json", "{\"a\": 1}")).code == 4);
  CHECK(twinlink::test::twinlink("report " + folder.write("empty.json", "")).code == 4);
}

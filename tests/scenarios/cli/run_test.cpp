// twinlink run: results, assertions, traces, interruption.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/scenarios/cli/program.h"

using nlohmann::json;
using twinlink::test::crossbar_scenario;
using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;
using twinlink::test::shell;

namespace {
Outcome run_verb(const std::string& arguments) {
  return twinlink::test::twinlink("run " + arguments);
}
// Ring on the crossbar: 2 (N-1) (S / (N B) + l) = 6 (3.6 MB / 4 / 900 GB/s + 2 us) = 6 x 3 us.
constexpr double kRingTime = 18;
}  // namespace

TEST_CASE("one point is one result with every field of the contract") {
  const Folder folder;
  const Outcome outcome = run_verb(folder.write("one.json", crossbar_scenario()) + " --json");
  REQUIRE(outcome.code == 0);
  CHECK(outcome.err.empty());
  const json row = json::parse(outcome.out);
  for (const char* field :
       {"schema",     "scenario",     "variant",        "operation", "algorithm",   "machine",
        "executor",   "ranks",        "bytes",          "time_us",   "time_us_p10", "time_us_p90",
        "algbw_GBps", "busbw_GBps",   "lower_bound_us", "correct",   "reason",      "bottleneck",
        "provenance", "extrapolated", "profile",        "seed",      "version"}) {
    CAPTURE(field);
    CHECK(row.contains(field));
  }
  CHECK(row["schema"] == "twinlink.result/1");
  CHECK(row["scenario"] == "one");
  CHECK(row["correct"] == true);
  // Each of the six steps may round up by a picosecond.
  CHECK(row["time_us"].get<double>() == doctest::Approx(kRingTime).epsilon(1e-6));
  // 3.6 MB / 18 us = 200 GB/s, times 2 x 3/4.
  CHECK(row["algbw_GBps"].get<double>() == doctest::Approx(200).epsilon(1e-6));
  CHECK(row["busbw_GBps"].get<double>() == doctest::Approx(300).epsilon(1e-6));
  CHECK(row["lower_bound_us"].get<double>() <= row["time_us"].get<double>());
}

TEST_CASE("lists are crossed, --set changes any field, twice gives the same bytes") {
  const Folder folder;
  const std::string file = folder.write("many.json", crossbar_scenario());
  const std::string arguments =
      file +
      R"( --json --set '/algorithms=["ring","two_shot"]' --set '/ranks=[2,3]' --set /seed=7)";
  const Outcome outcome = run_verb(arguments);
  REQUIRE(outcome.code == 0);
  const json rows = json::parse(outcome.out).at("results");
  REQUIRE(rows.size() == 4);
  CHECK(rows[1]["algorithm"] == "ring");
  CHECK(rows[1]["ranks"] == 3);
  CHECK(rows[2]["algorithm"] == "two_shot");
  CHECK(rows[3]["seed"] == 7);
  CHECK(run_verb(arguments).out == outcome.out);
}

TEST_CASE("people get the question, the table and the answer, in 80 columns") {
  const Folder folder;
  const Outcome outcome =
      run_verb(folder.write("text.json", crossbar_scenario()) +
               R"( --set '/algorithms=["ring","one_shot"]' --set '/bytes=["64 KiB","64 MiB"]')");
  REQUIRE(outcome.code == 0);
  CHECK(twinlink::test::golden_difference("run_crossbar.txt", outcome.out) == "");
  std::size_t begin = 0;
  for (std::size_t end; (end = outcome.out.find('\n', begin)) != std::string::npos; begin = end + 1)
    CHECK(end - begin <= 80);
}

TEST_CASE("a published algorithm that is wrong says so and is no failure") {
  const Folder folder;
  const std::string file = folder.write("lasp.json", R"({"schema": "twinlink.scenario/1",
    "machine": "crossbar", "operation": "exscan", "algorithms": ["lasp_pr_tree"], "ranks": [4, 8],
    "bytes": ["1 KiB"]})");
  const Outcome outcome = run_verb(file + " --json");
  CHECK(outcome.code == 0);
  const json rows = json::parse(outcome.out).at("results");
  CHECK(rows[0]["correct"] == true);
  CHECK(rows[1]["correct"] == false);
  CHECK(has(rows[1]["reason"], "1 of 8 ranks"));
  CHECK(rows[1]["time_us"].is_number());
  CHECK(rows[1]["busbw_GBps"].is_null());
  CHECK(has(run_verb(file).out, "WRONG: lasp_pr_tree at 1 of 8 ranks"));
}

TEST_CASE("the host computes numbers and no time") {
  const Folder folder;
  const Outcome outcome =
      run_verb(folder.write("host.json", crossbar_scenario()) + " --json --executor host");
  REQUIRE(outcome.code == 0);
  const json row = json::parse(outcome.out);
  CHECK(row["executor"] == "host");
  CHECK(row["correct"] == true);
  CHECK(row["time_us"].is_null());
}

TEST_CASE("an assertion that does not hold is exit code 3, with the results still printed") {
  const Folder folder;
  const auto with = [&](const std::string& assertion) {
    return run_verb(
        folder.write("assert.json", crossbar_scenario(", \"assert\": [" + assertion + "]")) +
        " --json");
  };
  CHECK(with(R"({"field": "time_us", "max": 18.001})").code == 0);
  CHECK(with(R"({"where": {"ranks": 4, "bytes": "3600000 B"}, "field": "correct", "equals": true})")
            .code == 0);
  const Outcome slow = with(R"({"field": "time_us", "max": 17.999})");
  CHECK(slow.code == 3);
  CHECK(json::parse(slow.out)["ranks"] == 4);
  CHECK(has(slow.err, "/assert/0"));
  CHECK(has(slow.err, "must be at most 17.999"));
  CHECK(with(R"({"field": "time_us", "min": 18.001})").code == 3);
  CHECK(with(R"({"field": "correct", "equals": false})").code == 3);
  const Outcome none = with(R"({"where": {"ranks": 5}, "field": "time_us", "max": 1})");
  CHECK(none.code == 3);
  CHECK(has(none.err, "no result matches"));
}

TEST_CASE("ranks that do not fit are refused before anything runs") {
  const Folder folder;
  const Outcome outcome = run_verb(folder.write("fit.json", crossbar_scenario()) +
                                   " --set /machine=hgx-h100 --set '/ranks=[8,9]'");
  CHECK(outcome.code == 4);
  CHECK(has(outcome.err, "/ranks/1"));
  CHECK(outcome.out.empty());
}

TEST_CASE("result files are whole or not there") {
  const Folder folder;
  const std::string file = folder.write("s.json", crossbar_scenario());
  CHECK(run_verb(file + " -o " + folder.path("r.json")).code == 0);
  CHECK(json::parse(twinlink::test::read_text(folder.path("r.json")))["ranks"] == 4);
  CHECK(run_verb(file + " --set /machine=none -o " + folder.path("bad.json")).code == 4);
  CHECK(run_verb(file + " -o " + folder.path("no/folder.json")).code == 4);
  CHECK(run_verb(file + " -o " + folder.path("")).code == 4);
  CHECK(folder.names() == std::vector<std::string>{"r.json", "s.json"});
  CHECK(run_verb(file + " -o /dev/null").code == 0);
}

TEST_CASE("no two events of one track overlap, and the last one ends when the run does") {
  const Folder folder;
  for (const char* set : {"", R"( --set '/algorithms=["two_shot"]')",
                          R"( --set /machine=hgx-h100 --set '/algorithms=["one_shot"]')"}) {
    CAPTURE(set);
    const Outcome outcome = run_verb(folder.write("t.json", crossbar_scenario()) + set +
                                     " --json --trace " + folder.path("trace.json"));
    REQUIRE(outcome.code == 0);
    const json trace = json::parse(twinlink::test::read_text(folder.path("trace.json")));
    std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> tracks;
    double last = 0;
    for (const json& event : trace.at("traceEvents")) {
      if (event.at("ph") != "X") continue;
      const double ts = event.at("ts"), dur = event.at("dur");
      tracks[{event.at("pid"), event.at("tid")}].emplace_back(ts, dur);
      last = std::max(last, ts + dur);
    }
    for (auto& [track, events] : tracks) {
      std::sort(events.begin(), events.end());
      double end = 0;
      for (const auto& [ts, dur] : events) {
        // Half a picosecond: sums of decimals in double.
        CHECK(ts >= end - 5e-7);
        end = ts + dur;
      }
    }
    CHECK(last == doctest::Approx(json::parse(outcome.out)["time_us"].get<double>()).epsilon(1e-9));
    CHECK(trace.at("otherData").at("scenario_hash").get<std::string>().size() == 16);
    CHECK(trace.contains("displayTimeUnit"));
  }
}

TEST_CASE("kernels that wait for each other but do not fit on a GPU together are refused") {
  const Folder folder;
  // 8 kernels of 64 CTAs meet at a barrier on one H200: 512 CTAs, 132 SMs x 2 fit.
  const Outcome outcome =
      run_verb(folder.write("t.json", crossbar_scenario()) + " --set /machine=h200-pair" +
               " --set '/ranks=[16]' --set /ranks_per_gpu=8 --set '/algorithms=[\"one_shot\"]'" +
               " --set '/params={\"ctas\":64}' --set '/assert=[]'");
  CHECK(outcome.code == 5);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("need 512 CTAs") != std::string::npos);
  CHECK(outcome.err.find("264 fit") != std::string::npos);
}

TEST_CASE("several points give a trace each") {
  const Folder folder;
  const Outcome outcome = run_verb(folder.write("t.json", crossbar_scenario()) +
                                   " --set '/ranks=[2,3]' --trace " + folder.path("a.trace.json"));
  CHECK(outcome.code == 0);
  CHECK(folder.names() == std::vector<std::string>{"a.trace.ring.2.3600000.json",
                                                   "a.trace.ring.3.3600000.json", "t.json"});
}

TEST_CASE("Ctrl-C keeps the points that are done and is exit code 130") {
  const Folder folder;
  // The third trace file says that two points are done (one alone would not be a list); thousands
  // are left then.
  std::string sizes;
  for (int i = 1; i <= 5000; ++i) sizes += (i > 1 ? ",\"" : "\"") + std::to_string(4 * i) + " B\"";
  const std::string file = folder.write("long.json", crossbar_scenario());
  const std::string override = folder.write("sizes", "/bytes=[" + sizes + "]");
  // A non-interactive shell starts background jobs with SIGINT ignored: python undoes that.
  const Outcome outcome = shell(
      "cat >" + folder.path("go.py") +
      " <<'PY'\n"
      "import glob, signal, subprocess, sys, time\n"
      "p = subprocess.Popen([sys.argv[1], 'run', sys.argv[2], '--json', '--set', "
      "open(sys.argv[3]).read(),\n"
      "                      '--trace', sys.argv[4] + '/t.json'], stderr=subprocess.DEVNULL)\n"
      "while len(glob.glob(sys.argv[4] + '/t.*.json')) < 3 and p.poll() is None: time.sleep(0.01)\n"
      "p.send_signal(signal.SIGINT)\n"
      "sys.exit(p.wait())\n"
      "PY\n"
      "python3 " +
      folder.path("go.py") + " \"$TWINLINK\" " + file + " " + override + " " + folder.path(""));
  CHECK(outcome.code == 130);
  const json rows = json::parse(outcome.out).at("results");
  CHECK(rows.size() >= 1);
  CHECK(rows.size() < 5000);
}

#include "scenarios/contest.h"

#include <doctest/doctest.h>

#include "scenarios/run.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

Result row(const char* algorithm, int ranks, std::int64_t bytes, double time_us) {
  Result result;
  result.algorithm = algorithm;
  result.ranks = ranks;
  result.bytes = {bytes};
  result.time_us = time_us;
  result.correct = true;
  return result;
}

// All-reduce of 4 ranks on the ideal crossbar, 900 GB/s per direction and 2 us a hop. Ring: 6 hops
// of n / 4; one_shot: one hop of 3 n into each port. 12 us + 1.5 n / B = 2 us + 3 n / B at n = 6
// MB.
Scenario two_all_reduces(const std::string& bytes) {
  return read_scenario(R"({"schema": "twinlink.scenario/1", "machine": "crossbar",
    "operation": "all_reduce", "algorithms": ["one_shot", "ring"], "ranks": [4],
    "bytes": )" + bytes + "}",
                       "", {});
}

}  // namespace

TEST_CASE("a contest has the correct results of one point, fastest first") {
  std::vector<Result> results{row("slow", 8, 1024, 6),   row("wrong", 8, 1024, 1),
                              row("fast", 8, 1024, 4),   row("tied", 8, 1024, 4),
                              row("slow", 4, 1024, 2),   row("unchecked", 8, 2048, 3),
                              row("untimed", 8, 2048, 0)};
  results[1].correct = false;
  results[5].correct.reset();
  results[6].time_us.reset();
  const std::vector<Contest> all = contests(results);
  REQUIRE(all.size() == 3);
  CHECK(all[0].ranks == 4);
  CHECK(all[0].margin() == 1);  // alone
  REQUIRE(all[1].order.size() == 3);
  CHECK(all[1].winner() == "fast");
  CHECK(all[1].order[1]->algorithm == "tied");
  CHECK(all[1].margin() == 1);  // ties go to the first
  CHECK(all[2].bytes == Bytes{2048});
  CHECK(all[2].winner() == "unchecked");
  CHECK(contests({row("a", 2, 8, 2), row("b", 2, 8, 3)})[0].margin() == 1.5);
}

TEST_CASE("a published algorithm that is known to be wrong wins nothing, even unchecked") {
  std::vector<Result> results{row("lasp_pr_tree", 8, 1024, 1), row("blelloch", 8, 1024, 2),
                              row("lasp_pr_tree", 4, 1024, 1), row("blelloch", 4, 1024, 2)};
  for (Result& result : results) {
    result.operation = models::Operation::exscan;
    result.correct.reset();
  }
  const std::vector<Contest> all = contests(results);
  CHECK(all[0].winner() == "lasp_pr_tree");  // 4 ranks: it is right there
  CHECK(all[1].winner() == "blelloch");
  CHECK(all[1].order.size() == 1);
}

TEST_CASE("a crossover is found where the closed forms meet") {
  const Scenario scenario = two_all_reduces(R"(["1 MiB", "64 MiB"])");
  const Run run = run_scenario(scenario, {});
  const std::vector<Crossover> found = crossovers(scenario, run.results, nullptr);
  REQUIRE(found.size() == 1);
  CHECK(found[0].from == "one_shot");
  CHECK(found[0].to == "ring");
  CHECK(found[0].low <= Bytes{6'000'000});
  CHECK(found[0].high >= Bytes{6'000'000});
  CHECK(static_cast<double>(found[0].high.count) <=
        kCrossoverRatio * static_cast<double>(found[0].low.count));
  CHECK(found[0].low.count % 4 == 0);  // whole elements
}

TEST_CASE("no crossover where one wins throughout; neighbours one element apart are not split") {
  const Scenario small = two_all_reduces(R"(["1 KiB", "1 MiB"])");
  CHECK(crossovers(small, run_scenario(small, {}).results, nullptr).empty());
  // Around 6 MB, one element apart: the interval asked for is the answer.
  const Scenario near = two_all_reduces(R"(["5999980 B", "6000020 B"])");
  const auto found = crossovers(near, run_scenario(near, {}).results, nullptr);
  REQUIRE(found.size() == 1);
  CHECK(found[0].low == Bytes{5'999'980});
  CHECK(found[0].high == Bytes{6'000'020});
}

TEST_CASE("a search that is stopped, or may not simulate, says the whole interval") {
  Scenario scenario = two_all_reduces(R"(["1 MiB", "64 MiB"])");
  const Run run = run_scenario(scenario, {});
  const std::atomic<bool> stop{true};
  const auto stopped = crossovers(scenario, run.results, &stop);
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].low == mib(1));
  CHECK(stopped[0].high == mib(64));
  scenario.executor = ExecutorKind::realgpu;
  const auto measured = crossovers(scenario, run.results, nullptr);
  REQUIRE(measured.size() == 1);
  CHECK(measured[0].high == mib(64));
}

TEST_CASE(
    "two machines in one study, each with its own ranks: results, contests, crossovers apart") {
  const Scenario scenario = read_scenario(R"({"schema": "twinlink.scenario/1",
    "machine": ["crossbar", {"base": "hgx-h100", "ranks": [2, 8]}],
    "operation": "all_reduce", "algorithms": ["one_shot", "ring"], "ranks": [4],
    "bytes": ["64 KiB", "64 MiB"]})",
                                          "", {});
  CHECK(points_of(scenario) == 2 * 1 * 2 + 2 * 2 * 2);
  std::vector<std::size_t> seen;
  RunOptions options;
  options.progress = [&](std::size_t done, std::size_t points) {
    CHECK(points == 12);
    seen.push_back(done);
  };
  const Run run = run_scenario(scenario, options);
  CHECK(seen == std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(run.points == 12);
  CHECK(run.machine == "crossbar, hgx-h100");
  REQUIRE(run.results.size() == 12);
  CHECK(run.results[3].machine == "crossbar");
  CHECK(run.results[3].ranks == 4);
  CHECK(run.results[4].machine == "hgx-h100");
  CHECK(run.results[4].ranks == 2);
  const std::vector<Contest> all = contests(run.results);
  REQUIRE(all.size() == 6);
  CHECK(all[1].machine == "crossbar");
  CHECK(all[2].machine == "hgx-h100");
  std::vector<std::string> machines;
  for (const Crossover& crossover : crossovers(scenario, run.results, nullptr)) {
    machines.push_back(crossover.machine);
    // On the crossbar alone the closed forms meet at 6 MB.
    if (crossover.machine != "crossbar") continue;
    CHECK(crossover.low <= Bytes{6'000'000});
    CHECK(crossover.high >= Bytes{6'000'000});
  }
  REQUIRE(machines.size() >= 2);
  CHECK(machines.front() == "crossbar");
  CHECK(machines.back() == "hgx-h100");
}

TEST_CASE("in a list of machines each error stands at its machine, and none is there twice") {
  const auto run = [](const std::string& machines) {
    return run_scenario(
        read_scenario(R"({"schema": "twinlink.scenario/1", "machine": )" + machines + R"(,
      "operation": "all_reduce", "algorithms": ["ring"], "ranks": [2], "bytes": ["1 MiB"]})",
                      "", {}),
        {});
  };
  CHECK_THROWS_WITH_AS(run(R"(["crossbar", "crossbar"])"),
                       "/machine/1: this is machine \"crossbar\" a second time", InputError);
  const std::string damaged =
      R"(["crossbar", {"base": "hgx-h100", "degrade": [{"from": "gpu99", "factor": 0.5}]}])";
  CHECK_THROWS_WITH_AS(run(damaged), doctest::Contains("/machine/1/degrade/0/from: "), InputError);
  const std::string states =
      R"(["crossbar", {"base": "hgx-h100", "degrade": [[], [{"from": "gpu99", "factor": 0.5}]]}])";
  CHECK_THROWS_WITH_AS(run(states), doctest::Contains("/machine/1/degrade/1/0/from: "), InputError);
  CHECK_THROWS_WITH_AS(run(R"(["crossbar", "no/such/file.json"])"),
                       doctest::Contains("/machine/1: there is no file"), InputError);
}

TEST_CASE("a healthy and a damaged machine in one study: results, contests and errors apart") {
  Scenario scenario = two_all_reduces(R"(["1 MiB", "64 MiB"])");
  scenario.machine.alternatives = {{}, {{"gpu0", "", 0.5}}};
  const Run run = run_scenario(scenario, {});
  CHECK(run.points == 8);  // 2 machines x 2 algorithms x 1 number of ranks x 2 sizes
  REQUIRE(run.results.size() == 8);
  CHECK(run.results[0].variant.empty());
  CHECK(run.results[4].variant == "degrade gpu0::0.5");
  const std::vector<Contest> all = contests(run.results);
  REQUIRE(all.size() == 4);
  CHECK(all[1].variant.empty());
  CHECK(all[2].variant == "degrade gpu0::0.5");
  // gpu0 at 450 GB/s takes 3 n / 450 GB/s + 2 us: at 64 MiB one_shot doubles nearly.
  const double healthy = 2 + 3 * 67'108'864 / 900e3, damaged = 2 + 3 * 67'108'864 / 450e3;
  CHECK(*run.results[1].time_us == doctest::Approx(healthy).epsilon(1e-6));
  CHECK(*run.results[5].time_us == doctest::Approx(damaged).epsilon(1e-6));
  // 12 us + 1.5 n / B = 2 us + 3 n / B at half of B: 3 MB instead of 6.
  const auto found = crossovers(scenario, run.results, nullptr);
  REQUIRE(found.size() == 2);
  CHECK(found[0].variant.empty());
  CHECK(found[0].low <= Bytes{6'000'000});
  CHECK(found[1].variant == "degrade gpu0::0.5");
  CHECK(found[1].low <= Bytes{3'000'000});
  CHECK(found[1].high >= Bytes{3'000'000});

  scenario.machine.alternatives = {{}, {{"gpu0", "", 0.5}, {"gpu99", "", 0.5}}};
  CHECK_THROWS_WITH_AS(run_scenario(scenario, {}), doctest::Contains("/machine/degrade/1/1/from: "),
                       InputError);
}

// Measured rows from files, gates on errors, and a calibration that finds what was changed.
#include <doctest/doctest.h>

#include <cmath>

#include "scenarios/fitting/calibration_run.h"
#include "scenarios/fitting/observations.h"
#include "scenarios/fitting/predictor.h"
#include "scenarios/fitting/validation.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

const std::string kHead =
    "# nccl-tests version 2.19.6\n"
    "# Collective test starting: all_reduce_perf\n"
    "#  Rank  0 Group  0 Pid 1 on a device  0 [0000:01:00] H100\n"
    "#  Rank  1 Group  0 Pid 1 on a device  1 [0000:02:00] H100\n"
    "#   size  count  type  redop  root  time  algbw  busbw #wrong  time  algbw  busbw #wrong\n"
    "#    (B)                           (us) (GB/s) (GB/s)         (us) (GB/s) (GB/s)\n";

std::string message_of(const std::string& text) {
  try {
    read_observations(text, "log.txt", "hgx-h100");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::vector<Observation> rows_on_h100() {
  std::vector<Observation> rows;
  for (const char* algorithm : {"ca_1stage", "ca_2stage"})
    for (const int ranks : {2, 4})
      for (const std::int64_t bytes : {std::int64_t{1} << 18, std::int64_t{1} << 22}) {
        Observation o;
        o.row = {"hgx-h100", "all_reduce", algorithm, ranks, bytes, 1, 0};
        o.element = models::ElementType::bf16;
        o.sigma = 0.02;
        rows.push_back(o);
      }
  return rows;
}

}  // namespace

TEST_CASE("an nccl-tests table: operation, ranks, sizes and out-of-place times") {
  const std::string text =
      kHead +
      "  1048576  262144  float  sum  -1  12.5  83.9  83.9  0  12.6  83  83  0\n"
      "  2097152  524288  float  sum  -1  20.0  104.9  104.9  0\n"
      "# Avg bus bandwidth    : 90\n";
  const Observations got = read_observations(text, "log.txt", "hgx-h100");
  REQUIRE(got.rows.size() == 2);
  CHECK(got.rows[0].row.operation == "all_reduce");
  CHECK(got.rows[0].row.algorithm == "nccl");
  CHECK(got.rows[0].row.ranks == 2);
  CHECK(got.rows[0].row.bytes == 1048576);
  CHECK(got.rows[0].row.measured_us == 12.5);
  CHECK(got.rows[1].row.measured_us == 20.0);
}

TEST_CASE("bad logs are refused by line") {
  CHECK(message_of(kHead + "  1048576  262144  float  sum\n") ==
        "log.txt:7: a row of 4 columns; at least 9 are needed (is the log cut off?)");
  CHECK(message_of(kHead + "  1048576  262144  float  sum  -1  0.0  1  1  0\n") ==
        "log.txt:7: time \"0.0\" is not a positive number");
  CHECK(message_of("# Collective test starting: all_reduce\n# (B) (ms) (GB/s) (GB/s)\n 4 1 float "
                   "sum -1 1 1 1 0\n")
            .starts_with("log.txt:2: times must be in us"));
  CHECK(message_of("  4 1 float sum -1 1 1 1 0\n") ==
        "log.txt:1: a row before any \"# Collective test starting\"");
  CHECK(message_of("") == "log.txt:1: the file is empty");
  CHECK(message_of("nothing here\n") == "log.txt: no measured time in it");
  CHECK(message_of("{\"schema\": \"twinlink.profile/1\"}").starts_with("log.txt:1: neither"));
}

TEST_CASE("results of real runs are read, one object or one per line; simulated ones are not") {
  const std::string row =
      R"({"schema":"twinlink.result/1","operation":"all_reduce","algorithm":"ring","machine":"h200-pair",)"
      R"("executor":"EXEC","ranks":2,"bytes":1024,"time_us":TIME})";
  const auto with = [&](std::string executor, std::string time) {
    std::string text = row;
    text.replace(text.find("EXEC"), 4, executor);
    return text.replace(text.find("TIME"), 4, time);
  };
  const std::string lines = with("realgpu", "4.5") + "\n" + with("sim", "4.0") + "\n";
  const Observations got = read_observations(lines, "runs.jsonl", "");
  REQUIRE(got.rows.size() == 1);
  CHECK(got.rows[0].row.measured_us == 4.5);
  CHECK(read_observations("{\"results\": [" + with("realgpu", "7") + "]}", "r.json", "")
            .rows[0]
            .row.measured_us == 7);
  CHECK_THROWS_AS(read_observations(with("realgpu", "-1"), "r.json", ""), InputError);
  CHECK_THROWS_AS(read_observations(with("sim", "1"), "r.json", ""), InputError);
}

TEST_CASE("published rows carry their rounding") {
  const Observations all = published_observations();
  int seven = 0;
  for (const Observation& o : all.rows)
    if (o.suite == "vllm_allreduce hgx-h100" && o.row.measured_us == 7) {
      ++seven;
      // Printed to 1 us: 1 / sqrt(12) = 0.2887 us of 7, beside 4 % from run to run.
      CHECK(o.sigma == doctest::Approx(std::hypot(0.04, 0.288675 / 7)));
    }
  CHECK(seven > 0);
}

TEST_CASE("gates: limits that hold, that do not, and that select nothing") {
  const std::vector<Verdict> verdicts{{"s", "none", "profile", {10, 3, 8, 12, -1, 4, 0.75, 2}}};
  const auto failed = [&](const std::string& gate) {
    return failed_gates(
        R"({"schema": "twinlink.gates/1", "gates": [{"suite": "s", "split": "none", )" + gate +
            "}]}",
        "gates.json", verdicts);
  };
  CHECK(failed(R"("model": "profile", "field": "median_ape", "max": 3)").empty());
  CHECK(failed(R"("model": "profile", "field": "p90_ape", "max": 7)") ==
        std::vector<std::string>{"s, split none, model profile: p90_ape is 8, above 7"});
  CHECK(failed(R"("model": "profile", "field": "choice_right", "min": 0.9)") ==
        std::vector<std::string>{"s, split none, model profile: choice_right is 0.75, below 0.9"});
  CHECK(failed(R"("model": "other", "field": "n", "min": 1)") ==
        std::vector<std::string>{"s, split none, model other: n selects no row"});
  CHECK_THROWS_AS(failed(R"("model": "profile", "field": "median")"), InputError);
}

// A broadcast's root waits for nobody: of many calls one takes what the root takes, not what the
// last byte takes to arrive and be copied out of NCCL's buffers.
TEST_CASE("broadcasts through a library are timed as one of many") {
  Observation row;
  row.row = {"h200-pair", "broadcast", "nccl", 2, 16 << 20, 1, 0};
  row.operation = models::Operation::broadcast;
  const Predictor predictor("h200-pair", {row});
  const models::CalibrationProfile p = predictor.own_profile();
  const double bytes = 16 << 20, link = 450e3;  // bytes/us
  const double root = p.graph_gap.value + p.nccl_start_simple.value +
                      bytes * (p.wire_push.value + p.wire_push_ack.value) / link;
  const double copy_out = bytes / (24e3 * p.nccl_channel_simple.value);
  const double time = predictor.predict_us(p).front();
  CHECK(time > 0.97 * root);  // acknowledgements go the other way
  CHECK(time < root + 24 * p.nccl_start_channel.value);
  CHECK(time < root + 0.5 * copy_out);
}

// Eight H100, 16 channels, chunks of 16 KiB for each of 8 heads: 2 MiB a loop. Its warps wait for
// 10 us of flags and fences and one trip of 2 us, 12 us for 256 KiB of a head. Out of a GPU go its
// part of every head's sum and its own multicast, 9 x 256 KiB = 2.25 MiB, in 12 us: 196.6 GB/s of
// 450. softmin: 12 (1 + (196.6 / 450)^4)^(1/4) = 12.108 us a loop.
TEST_CASE("a call of NVLS by hand: start, flag, loops, flag") {
  std::vector<Observation> rows(2);
  for (int loops : {1, 2}) {
    Observation& row = rows[static_cast<std::size_t>(loops - 1)];
    row.row = {"hgx-h100", "all_reduce", "nccl", 8, loops * (std::int64_t{2} << 20), 1, 0};
  }
  const Predictor predictor("hgx-h100", rows);
  models::CalibrationProfile p = models::ideal_profile();
  p.nccl_start_nvls.value = 5;
  p.nccl_loop_nvls.value = 10;
  p.multimem_round.value = 2;
  p.flag.value = 0.65;
  const double loop = 12 * std::pow(1 + std::pow(9 * 262144 / 12e-6 / 450e9, 4), 0.25);
  CHECK(loop == doctest::Approx(12.108).epsilon(1e-4));
  const std::vector<double> times = predictor.predict_us(p);
  CHECK(times[0] == doctest::Approx(5 + 2 * 0.65 + loop).epsilon(1e-5));
  CHECK(times[1] == doctest::Approx(5 + 2 * 0.65 + 2 * loop).epsilon(1e-5));
  // Links that are free leave the waits alone; copies in and out come before and after.
  p.wire_multimem.value = 1e-3;
  p.nccl_channel_simple.value = 30;  // x 4/3 x 224 / 512 = 17.5 GB/s a channel, of 128 KiB: 7.49 us
  CHECK(predictor.predict_us(p)[0] ==
        doctest::Approx(5 + 2 * 0.65 + 12 + 2 * 131072 / 17.5e3).epsilon(1e-5));
}

TEST_CASE("a calibration finds constants that were changed, and leaves the others") {
  std::vector<Observation> rows = rows_on_h100();
  const Predictor predictor("hgx-h100", rows);
  models::CalibrationProfile truth = predictor.own_profile();
  truth.remote_round.value *= 1.5;
  truth.barrier_fenced.value *= 0.7;
  const std::vector<double> times = predictor.predict_us(truth);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].row.measured_us = times[i];
  const CalibrationOutcome outcome = calibrate(predictor, rows, predictor.own_profile(),
                                               {{"remote_round", "barrier_fenced"}, {}}, "test");
  // The prior of 1.5 on a log scale against rows of 2 %: it pulls by some 1e-4.
  CHECK(outcome.profile.remote_round.value ==
        doctest::Approx(truth.remote_round.value).epsilon(2e-3));
  CHECK(outcome.profile.barrier_fenced.value ==
        doctest::Approx(truth.barrier_fenced.value).epsilon(1e-2));
  CHECK(outcome.profile.remote_round.provenance == Provenance::fitted);
  CHECK(outcome.profile.remote_round.source == "test");
  CHECK(outcome.profile.graph_gap.value == predictor.own_profile().graph_gap.value);
  CHECK_THROWS_AS(fittable_constants({"remote_roundd"}), UsageError);
}

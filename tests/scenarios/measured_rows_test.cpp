// Our own measurements (twinlink.measurement/1) as rows: what is read, refused and left out.
#include <doctest/doctest.h>

#include <cmath>

#include "models/cost/calibration.h"
#include "scenarios/files/read_file.h"
#include "scenarios/fitting/observations.h"
#include "scenarios/fitting/predictor.h"
#include "scenarios/machine.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

const std::string kHead =
    R"({"schema": "twinlink.measurement/1", "suite": "links", "version": "1", "date": "d",
"quick": false, "complete": true, "environment": {"driver": "1", "cuda_driver": "13.0",
"cuda_runtime": "13.0", "nccl": null, "cublas": null, "devices": [
{"gpu": 0, "name": "NVIDIA H200", "l2_MiB": 60}, {"gpu": 1, "name": "NVIDIA H200", "l2_MiB": 60}]},
"skipped": [], "wrong": [], "failed": [], "sets": [
)";

// 131072 bytes in 2 us are 65.536 GB/s.
const std::string kCopy =
    R"({"what": {"measure": "copy_push", "bytes": 131072}, "median_us": 2.0, "p10_us": 1.9, )"
    R"("p90_us": 2.1, "n": 2, "GBps": 65.536, "method": "slope", "raw_us": [2.0, 2.0], )"
    R"("clocks_before": [], "clocks_after": []})";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string file_of(const std::string& sets) { return kHead + sets + "\n]}\n"; }

std::string message_of(const std::string& text) {
  try {
    read_observations(text, "m.json", "");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// The set as another measure, without the rate.
std::string set_of(const std::string& what, const std::string& method = "slope") {
  std::string one = with(kCopy, R"({"measure": "copy_push", "bytes": 131072})", what);
  one = with(one, R"("GBps": 65.536, )", "");
  return with(one, "\"slope\"", "\"" + method + "\"");
}

}  // namespace

TEST_CASE("a copy: machine by its devices, median, spread") {
  const Observations got = read_observations(file_of(kCopy), "m.json", "");
  REQUIRE(got.rows.size() == 1);
  const Observation& o = got.rows[0];
  CHECK(o.suite == "h200-pair-links");
  CHECK(o.row.machine == "h200-pair");
  CHECK(o.row.operation == "copy_push");
  CHECK(o.row.bytes == 131072);
  CHECK(o.row.measured_us == 2.0);
  // (2.1 - 1.9) / 2.563 / 2 = 3.9 %, beside 4 % from day to day.
  CHECK(o.sigma == doctest::Approx(std::hypot(0.04, 0.2 / 2.563 / 2)));
}

TEST_CASE("bad measurements are refused where they are bad") {
  // Lines 1 to 5 are the head; the set stands in line 6.
  CHECK(message_of(file_of(with(kCopy, "\"median_us\": 2.0", "\"median_us\": 0"))) ==
        "m.json:6:66: /sets/0/median_us: 0 us is not a positive time");
  CHECK(message_of(file_of(with(kCopy, "\"raw_us\": [2.0, 2.0]", "\"raw_us\": [2.0]")))
            .find("/sets/0/raw_us: 1 samples, but n is 2") != std::string::npos);
  CHECK(message_of(file_of(with(kCopy, "\"p10_us\": 1.9", "\"p10_us\": 2.05")))
            .find("/sets/0: p10_us, median_us and p90_us are not in ascending order") !=
        std::string::npos);
  CHECK(message_of(file_of(with(kCopy, "\"median_us\"", "\"median_ms\"")))
            .find("\"median_us\" is missing") != std::string::npos);
  // In ms: 131072 bytes in 0.002 us would be 65536 GB/s.
  std::string in_ms = with(kCopy, "\"median_us\": 2.0, \"p10_us\": 1.9, \"p90_us\": 2.1",
                           "\"median_us\": 0.002, \"p10_us\": 0.0019, \"p90_us\": 0.0021");
  CHECK(message_of(file_of(in_ms))
            .find("/sets/0/GBps: 65.536 does not follow from median_us, which gives 6.554e+04; "
                  "times must be in us") != std::string::npos);
  const std::string whole = file_of(kCopy);
  CHECK(message_of(whole.substr(0, whole.size() / 2)).starts_with("m.json:"));
  CHECK(message_of(file_of(set_of(R"({"measure": "overlap", "consumer": "warp", )"
                                  R"("beside": "nothing", "bytes": 1})"))) ==
        "m.json: /sets/0/what: \"warp\" is no consumer that twinlink knows");
  CHECK(message_of(with(file_of(kCopy), "NVIDIA H200", "NVIDIA H20")) ==
        "m.json: /environment/devices: no machine is known with these devices; say which with "
        "--machine");
}

TEST_CASE("what the model cannot express is counted by reason") {
  const std::string call = R"({"measure": "collective", "operation": "all_reduce", "algorithm": )"
                           R"("ring", "ranks": 2, "gpus": 2, "bytes": 4096, "element": "fp32", )"
                           R"("ctas": 4, "threads": 64, "loads": 2})";
  const std::string nccl =
      with(with(call, "\"ring\"", "\"nccl\""), R"("ctas": 4, "threads": 64, "loads": 2)",
           R"("registered": "yes")");
  const Observations got =
      read_observations(file_of(set_of(call, "fused mode, replays") + "," +
                                set_of(call, "stream mode, replays") + "," + set_of(nccl) + "," +
                                set_of(R"({"measure": "chase_l2", "bytes": 4194304})") + "," +
                                set_of(R"({"measure": "sm_read", "bytes": 4194304, "ctas": 8, )"
                                       R"("threads": 512, "loads": 4})")),
                        "m.json", "");
  REQUIRE(got.rows.size() == 2);  // the read is one: L2 is in the model
  CHECK(got.rows[1].row.operation == "sm_read");
  CHECK(got.rows[0].row.algorithm == "ring");
  CHECK(got.rows[0].shape->ctas == 4);
  CHECK(got.rows[0].shape->threads == 64);
  CHECK(got.rows[0].shape->loads_in_flight == 2);
  CHECK(got.left_out.size() == 3);
  int left_out = 0;
  for (const auto& [why, count] : got.left_out) left_out += count;
  CHECK(left_out == 3);
}

TEST_CASE("both ways at once: less what two streams cost, by small pieces or by the fact") {
  // set_of's median is 2 us; 1 KiB both ways is written as 5 us: fork and join are 3 us.
  const auto piece = [](const char* name, std::int64_t bytes, double us) {
    std::string text =
        set_of(std::string(R"({"measure": ")") + name + R"(", "bytes": )" + std::to_string(bytes) +
               R"(, "ctas": 8, "threads": 512, "loads": 4})");
    const std::string t = std::to_string(us);
    return with(text, R"("median_us": 2.0, "p10_us": 1.9, "p90_us": 2.1)",
                "\"median_us\": " + t + ", \"p10_us\": " + t + ", \"p90_us\": " + t);
  };
  const std::string fact =
      with(set_of(R"({"measure": "fork_join"})"), "\"median_us\": 2.0", "\"median_us\": 2.1");
  const std::string large = piece("sm_push_both", 4 << 20, 20);
  const auto measured = [](const std::string& sets) {
    const Observations got = read_observations(file_of(sets), "m.json", "");
    return got.rows.back().row.measured_us;
  };
  const std::string small = piece("sm_push", 1024, 2) + "," + piece("sm_push_both", 1024, 5);
  CHECK(measured(fact + "," + small + "," + large) == doctest::Approx(20 - 3));
  CHECK(measured(fact + "," + large) == doctest::Approx(20 - 2.1));
}

TEST_CASE("pieces are predicted as the constants say") {
  const std::string shaped = R"(, "ctas": 1, "threads": 512, "loads": 1})";
  const Observations got = read_observations(
      file_of(set_of(R"({"measure": "graph_gap"})") + "," + set_of(R"({"measure": "flag"})") + "," +
              set_of(R"({"measure": "event_peer"})") + "," +
              set_of(R"({"measure": "barrier_fenced", "ctas": 8, "threads": 512})") + "," +
              set_of(R"({"measure": "sm_pull", "bytes": 8192)" + shaped) + "," +
              set_of(R"({"measure": "copy_push", "bytes": 1024})")),
      "m.json", "");
  REQUIRE(got.rows.size() == 6);
  const Predictor predictor("h200-pair", got.rows);
  const models::CalibrationProfile& p = predictor.own_profile();
  const std::vector<double> us = predictor.predict_us(p);
  // A kernel of 32 threads ramps for 32 / 1024 of kernel_ramp.
  const double launch = p.graph_gap.value + p.kernel_ramp.value / 32;
  CHECK(us[0] == doctest::Approx(launch));
  CHECK(us[1] == doctest::Approx(p.flag.value + p.op_step.value));  // and who waits goes on
  CHECK(us[2] == doctest::Approx(p.event.value + launch));
  // 8 CTAs are three doublings.
  CHECK(us[3] == doctest::Approx(p.barrier_fenced.value + 3 * p.fence_step.value));
  // One trip of 512 threads x 16 bytes = 8192: one round after the launch, then what one SM loads
  // and stores; the link is far from full (soft minimum: 1e-4 of it). The peer's L2 has the 8 KiB,
  // which shortens the round as it shortens an own one. Times are whole ps.
  const double moves = 8.192 / p.sm_load_rate.value + 8.192 / p.sm_store_rate.value;
  const double begins = p.graph_gap.value + p.kernel_ramp.value / 2 + p.store_end.value +
                        p.op_issue.value + p.remote_round.value -
                        (p.local_round.value - p.l2_round.value);
  CHECK(us[4] == doctest::Approx(begins + moves).epsilon(1e-3));
  // 1024 bytes at copy_rate GB/s are 1.024 / copy_rate us.
  CHECK(us[5] ==
        doctest::Approx(p.copy_push_issue.value + 1.024 / p.copy_rate.value).epsilon(1e-4));
}

TEST_CASE("a consumer beside another is slower than alone, by the link they share") {
  const auto both = [](const char* beside) {
    return set_of(
        std::string(R"({"measure": "sharing_link", "consumer": "copy_pull", "beside": ")") +
        beside + R"(", "bytes": 134217728})");
  };
  const Observations got =
      read_observations(file_of(both("nothing") + "," + both("copy_pull")), "m.json", "");
  REQUIRE(got.rows.size() == 2);
  CHECK_FALSE(got.rows[0].row.together);
  CHECK(got.rows[1].row.together);
  const Predictor predictor("h200-pair", got.rows);
  const std::vector<double> us = predictor.predict_us(predictor.own_profile());
  // Two equal engines halve one link that each alone fills (wire_copy: 450 / 397 GB/s); the issue
  // of 2 us of 340 is not slowed.
  CHECK(us[1] / us[0] == doctest::Approx(2).epsilon(0.01));
}

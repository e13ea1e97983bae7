// The workload "serving": what its rows promise, and what it refuses. A small model keeps the plans
// behind the step tables short.
#include <doctest/doctest.h>

#include <string>

#include "scenarios/run.h"
#include "scenarios/workloads/serving_points.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

std::string scenario(const std::string& fields) {
  return R"({"schema": "twinlink.scenario/1", "machine": "gb200-nvl72", "executor": "sim",
             "workload": {"kind": "serving", "model": "mixtral-8x7b", "isl": 2048, "isl_ratio": 0.5,
             "osl": 64, "mnt": 8192, "max_requests": 4, "forwards": 2, "variants": ["dep",
             "dwdp_merge_elim"], )" +
         fields + "}}";
}

constexpr const char* kDeployment =
    R"("deployments": [{"context_gpus": [4, 8], "generation_gpus": 4, "generation_batch": 16,
        "concurrency": [16, 64]}])";

std::vector<Result> run_fields(const std::string& fields) {
  return run_scenario(read_scenario(scenario(fields), "test.json", {}), {}).results;
}

double number(const Result& row, const std::string& field) { return figure(row, field).value(); }

std::string complaint(const std::string& fields) {
  try {
    run_fields(fields);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

ServingPoint point(DwdpVariant variant, double tps_user, double tps_per_gpu, double ttft) {
  ServingPoint result{variant, 4, 6, 1, {}};
  result.figures.tps_user = tps_user;
  result.figures.throughput = tps_per_gpu * 10;
  result.figures.ttft.median = ttft;
  result.figures.itl.mean = 1 / tps_user;
  return result;
}

}  // namespace

TEST_CASE("every combination is a row, and its figures agree with each other") {
  const std::vector<Result> rows = run_fields(kDeployment);
  REQUIRE(rows.size() == 8);  // 2 variants x 2 numbers of context GPUs x 2 of clients
  for (const Result& row : rows) {
    CAPTURE(row_name(row));
    CHECK(row.provenance == "assumed");
    CHECK(number(row, "tps_user") == doctest::Approx(1e3 / number(row, "itl_ms")).epsilon(1e-9));
    CHECK(number(row, "tps_per_gpu") ==
          doctest::Approx(number(row, "output_tokens_per_s") / row.ranks).epsilon(1e-9));
    CHECK(number(row, "context_busy") <= 1 + 1e-9);
    CHECK(number(row, "generation_use") <= 1 + 1e-9);
    CHECK(number(row, "ttft_ms") <= number(row, "ttft_ms_p99"));
  }
}

TEST_CASE("time outside the kernels lengthens every decode step, shared by the tokens of a step") {
  const auto itl = [](const std::string& more) {
    return number(run_fields(R"("deployments": [{"context_gpus": 8, "generation_gpus": 4,
        "generation_batch": 16, "concurrency": 1, "tokens_per_step": 2}])" +
                             more)
                      .front(),
                  "itl_ms_median");
  };
  // One client: its steps are alone. 10 ms a step of two tokens; times are whole picoseconds.
  CHECK(itl(R"(, "decode_host": "10 ms")") - itl("") == doctest::Approx(5).epsilon(1e-6));
}

TEST_CASE("ranges compare, targets count, and rows can be left out") {
  const std::vector<Result> rows =
      run_fields(std::string(kDeployment) +
                 R"(, "ranges": ["1-100000", "0.001-0.002"], "overall": "0-100000",
                     "targets": [{"output_tokens_per_s": 1000000},
                                 {"output_tokens_per_s": 1, "ttft_ms": 0.001}],
                     "rows": "answers")");
  REQUIRE(rows.size() == 3 + 4);
  CHECK(number(rows[0], "tps_per_gpu_speedup") > 0);
  CHECK(rows[1].reason == "no dep point in the range");
  // The mean of the one range that has points.
  CHECK(number(rows[2], "tps_per_gpu_speedup") == number(rows[0], "tps_per_gpu_speedup"));
  for (const std::size_t row : {3U, 4U}) {
    const double each = number(rows[row], "output_tokens_per_s");
    CHECK(number(rows[row], "copies") * each >= 1e6);
    CHECK((number(rows[row], "copies") - 1) * each < 1e6);
    CHECK(number(rows[row], "gpus_needed") == number(rows[row], "copies") * rows[row].ranks);
  }
  CHECK(rows[5].reason == "no point keeps the limits");
}

TEST_CASE("the best of a range has most throughput, then least TTFT") {
  const DwdpVariant dep = DwdpVariant::dep;
  const std::vector<ServingPoint> points{point(dep, 25, 100, 9), point(dep, 25, 99.5, 2),
                                         point(dep, 25, 98, 1), point(dep, 30, 500, 1),
                                         point(DwdpVariant::full, 25, 900, 1)};
  CHECK(best_in(points, dep, {"", 20, 30}) == &points[1]);  // within 1 % of the first, earlier
  CHECK(best_in(points, dep, {"", 30, 31}) == &points[3]);  // the lower end belongs to a range
  CHECK(best_in(points, dep, {"", 10, 20}) == nullptr);
}

TEST_CASE("a capacity says what bounds it") {
  const DwdpVariant dep = DwdpVariant::dep;
  // 10 GPUs each: 1000, 500 and 250 tokens per second.
  std::vector<ServingPoint> points{point(dep, 20, 100, 9), point(dep, 40, 50, 9),
                                   point(dep, 80, 25, 1)};
  CHECK(capacity(points, dep, {2001, {}, {}}).gpus() == 30);
  CHECK(capacity(points, dep, {2001, {}, {}}).bound == "concurrency");
  CHECK(capacity(points, dep, {2001, {}, 30}).gpus() == 50);  // 25 ms: the second, 5 copies
  CHECK(capacity(points, dep, {2001, {}, 30}).bound == "itl_ms");
  CHECK(capacity(points, dep, {2001, 2000, 30}).gpus() == 90);
  CHECK(capacity(points, dep, {2001, 2000, 30}).bound == "ttft_ms");
  CHECK(capacity(points, dep, {2001, 500, {}}).point == nullptr);
  points[0].figures.context_busy = 1;
  CHECK(capacity(points, dep, {2001, {}, {}}).bound == "context servers");
}

TEST_CASE("what cannot be served is refused with the reason") {
  CHECK(complaint(R"("deployments": [{"context_gpus": 6, "generation_gpus": 4, "concurrency": 1,
                      "generation_batch": 1}])")
            .find("context_gpus 6 are no whole groups of 4") != std::string::npos);
  CHECK(complaint(std::string(kDeployment) + R"(, "ranges": ["30-20"])")
            .find("\"30-20\" is no range such as") != std::string::npos);
  CHECK(complaint(std::string(kDeployment) + R"(, "hbm_capacity": "1 GiB")").find("hbm_capacity") !=
        std::string::npos);
}

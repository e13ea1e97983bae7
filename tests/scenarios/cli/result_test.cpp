// Rates, JSON and published rows of results.
#include "scenarios/result.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "scenarios/published.h"
#include "scenarios/run.h"
#include "scenarios/verdict.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;
using models::Operation;

TEST_CASE("bus bandwidth factors are those of nccl-tests") {
  CHECK(busbw_factor(Operation::all_reduce, 4) == 1.5);       // 2 x 3/4
  CHECK(busbw_factor(Operation::reduce_scatter, 4) == 0.75);  // 3/4
  CHECK(busbw_factor(Operation::all_gather, 4) == 0.75);
  CHECK(busbw_factor(Operation::all_to_all, 4) == 0.75);
  CHECK(busbw_factor(Operation::broadcast, 4) == 1);
  CHECK(busbw_factor(Operation::sendrecv, 4) == 1);
}

TEST_CASE("rates follow from time; a scan has no bus bandwidth; no time, no rates") {
  Result result;
  result.bytes = Bytes{1'000'000};
  result.ranks = 4;
  set_time(result, 10, 4);  // 1 MB / 10 us = 100 GB/s
  CHECK(*result.algbw_gbps == doctest::Approx(100).epsilon(1e-12));
  CHECK(*result.busbw_gbps == doctest::Approx(150).epsilon(1e-12));
  Result scan;
  scan.operation = Operation::exscan;
  scan.bytes = Bytes{1'000'000};
  set_time(scan, 10, 4);
  CHECK(scan.algbw_gbps.has_value());
  CHECK_FALSE(scan.busbw_gbps.has_value());
  Result empty;
  set_time(empty, 0, 4);
  CHECK_FALSE(empty.algbw_gbps.has_value());
}

TEST_CASE("one result is an object, several are a list in one object") {
  CHECK(nlohmann::json::parse(to_json_text({Result{}}))["schema"] == "twinlink.result/1");
  CHECK(nlohmann::json::parse(to_json_text({Result{}, Result{}}))["results"].size() == 2);
  CHECK(nlohmann::json::parse(to_json_text({}))["results"].empty());
}

TEST_CASE("wrong is a failure unless it was announced") {
  Result result;
  CHECK_FALSE(failed(result));  // not checked
  result.correct = false;
  CHECK(failed(result));
  result.expected_wrong = true;
  CHECK_FALSE(failed(result));
}

TEST_CASE("ranks as ranges") {
  CHECK(ranks_text({}) == "");
  CHECK(ranks_text({Rank{7}}) == "7");
  CHECK(ranks_text({Rank{0}, Rank{1}, Rank{2}, Rank{5}, Rank{7}, Rank{8}}) == "0-2, 5, 7-8");
}

TEST_CASE("a published row belongs to one machine, operation, ranks, bytes and algorithm") {
  const std::vector<PublishedRecord> records = published_records();
  Result result;
  result.machine = "hgx-h100";
  result.algorithm = "two_shot";
  result.ranks = 2;
  result.bytes = mib(64);
  result.time_us = 300;
  const std::optional<Published> found = find_published(records, result);
  REQUIRE(found);
  // H100, 2 ranks, 64 MiB: ca_2stage 326 us, pynccl 262 us.
  CHECK(found->fields[0] == std::pair<std::string, double>{"time_us", 326});
  CHECK(found->fields[1].second == doctest::Approx(262. / 326).epsilon(1e-4));
  result.published = found;
  // 300 against 326: 26 / 326 too short.
  CHECK(published_errors(result)[0].second == doctest::Approx(-100 * 26. / 326).epsilon(1e-12));
  // The kernel itself, by its own name, is no "nearest".
  Result exact = result;
  exact.algorithm = "ca_2stage";
  CHECK(find_published(records, exact)->record == "vllm_allreduce: ca_2stage");
  for (const auto change :
       {+[](Result& r) { r.machine = "hgx-h200"; },
        +[](Result& r) { r.operation = Operation::all_to_all; }, +[](Result& r) { r.ranks = 3; },
        +[](Result& r) { r.bytes = mib(65); }, +[](Result& r) { r.algorithm = "ring"; },
        +[](Result& r) { r.variant = "degrade gpu0::0.5"; }}) {
    Result other = result;
    change(other);
    CHECK_FALSE(find_published(records, other).has_value());
  }
}

TEST_CASE("a damaged record is bad input that names the file") {
  try {
    read_published(R"({"name": 1})", "record.json");
    FAIL("no error");
  } catch (const InputError& error) {
    CHECK(error.issues().front().file == "record.json");
  }
}

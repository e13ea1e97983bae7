// twinlink list --long, and docs/algorithms.md which is made of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "models/collectives/catalogue.h"
#include "tests/scenarios/cli/program.h"

using namespace twinlink;
using nlohmann::json;
using twinlink::test::Outcome;
using twinlink::test::read_text;

namespace {

Outcome list(const std::string& arguments) { return twinlink::test::twinlink("list " + arguments); }

}  // namespace

TEST_CASE("docs/algorithms.md is its introduction and what the program says (scripts/docs)") {
  const std::string docs = std::string(TL_SOURCE_DIR) + "/docs/";
  const Outcome outcome = list("--long --markdown");
  REQUIRE(outcome.code == 0);
  const bool fresh =
      read_text(docs + "algorithms.md") == read_text(docs + "parts/algorithms.md") + outcome.out;
  CHECK_MESSAGE(fresh, "docs/algorithms.md is stale: run scripts/docs");
}

TEST_CASE("the long list has every algorithm with the counts of the catalogue") {
  const json rows = json::parse(list("--long --json -g 6 -b 96K").out).at("algorithms");
  REQUIRE(rows.size() == models::catalogue().size());
  for (const json& row : rows) {
    CAPTURE(row.at("name").get<std::string>());
    CHECK(row.at("ranks") == 6);
    CHECK(row.at("bytes") == 96 * 1024);
    CHECK((row.contains("rounds") || row.contains("refused")));
  }
  const auto ring = std::find_if(rows.begin(), rows.end(), [](const json& row) {
    return row.at("name") == "ring" && row.at("operation") == "all_reduce";
  });
  REQUIRE(ring != rows.end());
  // 6 ranks, shares of 16 KiB: 2 x 5 rounds, 6 messages each, 10 x 16 KiB through a port, 5 sums.
  CHECK(ring->at("rounds") == 10);
  CHECK(ring->at("messages") == 60);
  CHECK(ring->at("bytes_in") == 10 * 16384);
  CHECK(ring->at("applications") == 5);
  // Bound: 2 us + 2 x 5/6 of 98304 B through a port.
  const double bound = 2 + 2 * 5 / 6. * 98304 / 900e3;
  CHECK(ring->at("lower_bound_us").get<double>() == doctest::Approx(bound));
  CHECK(ring->at("over_bound").get<double>() == doctest::Approx((20 + 163840 / 900e3) / bound));
  // 10 x (2 us + 16384 B / 900 GB/s)
  CHECK(ring->at("closed_form_us").get<double>() == doctest::Approx(20 + 163840 / 900e3));
}

TEST_CASE("the long list fits 80 columns") {
  for (const std::string size : {"", " -g 576 -b 1G", " -g 1 -b 4"}) {
    CAPTURE(size);
    const Outcome outcome = list("--long" + size);
    REQUIRE(outcome.code == 0);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
  }
}

TEST_CASE("options of the long list that make no sense are refused") {
  CHECK(list("--markdown").code == 2);
  CHECK(list("machines --long").code == 2);
  CHECK(list("--long --json --markdown").code == 2);
  CHECK(list("--long -b 1X").code != 0);
  CHECK(list("--long -g 0").code == 2);
}

TEST_CASE("families of machines are listed with their unit") {
  const json machines = json::parse(list("machines --json").out).at("machines");
  const auto racks = std::find_if(machines.begin(), machines.end(),
                                  [](const json& row) { return row.at("name") == "nvl72-rack-N"; });
  REQUIRE(racks != machines.end());
  CHECK(racks->at("gpus").is_null());
  CHECK(racks->at("gpus_per_unit") == 72);
  CHECK(racks->at("most_units") == 56);
  CHECK(list("machines").out.find("N x 72 GPUs") != std::string::npos);
}

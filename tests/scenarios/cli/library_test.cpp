// Every study of the library runs, holds its assertions, and gives all its points.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "scenarios/machine.h"
#include "tests/scenarios/cli/program.h"

using nlohmann::json;

namespace {

std::size_t points(const json& study) {
  std::size_t machines = 1;  // "degrade" may be a list of lists: a machine each
  if (study["machine"].is_object()) {
    const json degrade = study["machine"].value("degrade", json::array());
    if (!degrade.empty() && degrade[0].is_array()) machines = degrade.size();
  }
  return machines * study["algorithms"].size() * study["ranks"].size() * study["bytes"].size();
}

}  // namespace

TEST_CASE("each study of the library answers") {
  const auto names = twinlink::scenarios::data_names("library");
  CHECK(names.size() >= 6);
  for (const std::string& name : names) {
    CAPTURE(name);
    const std::string path = twinlink::scenarios::find_data("library/" + name + ".json").string();
    const json study = json::parse(twinlink::test::read_text(path), nullptr, true, true);
    CHECK(study.at("question").get<std::string>().back() != ' ');
    const auto outcome = twinlink::test::twinlink("run " + name + " --json");
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
    const json result = json::parse(outcome.out);
    CHECK((result.contains("results") ? result["results"].size() : 1) == points(study));
  }
}

TEST_CASE("the NVL72 study: right but for the published tree from 8 ranks on") {
  const auto outcome = twinlink::test::twinlink("run nvl72_scan --json");
  REQUIRE(outcome.code == 0);
  const json results = json::parse(outcome.out)["results"];
  for (const json& row : results) {
    CAPTURE(row.dump());
    const bool tree = row["algorithm"] == "lasp_pr_tree" && row["ranks"] >= 8;
    CHECK(row["correct"] == !tree);
    CHECK(row["reason"].is_string() == tree);
    CHECK(row["time_us"] >= row["lower_bound_us"]);
  }
}

// Every study of the library runs, holds its assertions, and gives all its points.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/machine.h"
#include "tests/scenarios/cli/program.h"
#include "tests/support/rank_counts.h"

using nlohmann::json;

namespace {

std::size_t points(const json& study) {
  std::size_t machines = study["machine"].is_array() ? study["machine"].size() : 1;
  // "degrade" may be a list of lists: a machine each
  if (study["machine"].is_object()) {
    const json degrade = study["machine"].value("degrade", json::array());
    if (!degrade.empty() && degrade[0].is_array()) machines = degrade.size();
  }
  return machines * study["algorithms"].size() * study["ranks"].size() * study["bytes"].size();
}

// A million slices per forward take minutes under sanitizers: there one forward, three slices an
// expert and one point of each kind have all kinds of ops.
std::string cut_of(const json& study) {
  const json workload = study.value("workload", json());
  if (!twinlink::kSanitized || !workload.contains("forwards")) return "";
  std::string cut = " --set /workload/forwards=1";
  if (workload.contains("slice") && workload["mnt"].is_array())
    cut += " --set '/workload/slice=\"8 MiB\"' --set '/workload/mnt=[32768]'";
  return cut;
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
    const auto outcome = twinlink::test::twinlink("run " + name + " --json" + cut_of(study));
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
    const json result = json::parse(outcome.out);
    const std::size_t rows = result.contains("results") ? result["results"].size() : 1;
    if (study.contains("workload"))
      CHECK(rows >= 1);  // a workload decides itself how many rows a point has
    else
      CHECK(rows == points(study));
  }
}

TEST_CASE("one study has every visible published row of both machines beside its prediction") {
  const auto outcome = twinlink::test::twinlink("run vllm_allreduce --json");
  REQUIRE(outcome.code == 0);
  std::set<std::string> rows;
  const json results = json::parse(outcome.out)["results"];
  for (const json& row : results) {
    CAPTURE(row.dump());
    CHECK(row.contains("chosen") == (row["algorithm"] == "vllm_dispatch"));
    if (row["algorithm"] == "vllm_dispatch") {
      CHECK(row["regret"] >= 1);
      continue;
    }
    REQUIRE(row.contains("published"));
    CHECK(row["published"].contains("speedup_vs_nccl"));
    CHECK(row.contains("speedup_vs_nccl"));
    rows.insert(json{row["machine"], row["ranks"], row["bytes"], row["algorithm"]}.dump());
  }
  const json record = json::parse(twinlink::test::read_text(
      twinlink::scenarios::find_data("profiles/published/vllm_allreduce.json").string()));
  CHECK(rows.size() == record.at("rows").size());  // 2 machines x 2 TP x 10 sizes x 5 kernels
  CHECK(rows.size() == 200);
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

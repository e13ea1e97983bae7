// twinlink validate and calibrate, as a user calls them.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/scenarios/cli/program.h"

using nlohmann::json;
using twinlink::test::Outcome;

namespace {

std::string write_file(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / name;
  std::ofstream(path) << text;
  return path.string();
}

}  // namespace

TEST_CASE("validate: the published rows, within the gates that come with the profiles") {
  const Outcome outcome = twinlink::test::twinlink("validate --json");
  CHECK(outcome.code == 0);
  std::istringstream lines(outcome.out);
  int verdicts = 0;
  for (std::string line; std::getline(lines, line); ++verdicts) {
    const json verdict = json::parse(line);
    for (const char* field : {"suite", "split", "model", "n", "median_ape", "p90_ape", "max_ape",
                              "bias", "choice_right", "regret"})
      CHECK(verdict.contains(field));
  }
  CHECK(verdicts > 4);
}

TEST_CASE("validate: a gate that does not hold is exit code 3, and says which") {
  const std::string gates =
      write_file("twinlink_gates_test.json",
                 R"({"schema": "twinlink.gates/1", "gates": [{"suite": "vllm_allreduce hgx-h100",
          "split": "none", "model": "profile", "field": "max_ape", "max": 0.001}]})");
  const Outcome outcome = twinlink::test::twinlink("validate --gates " + gates);
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("gate: vllm_allreduce hgx-h100") != std::string::npos);
}

TEST_CASE("calibrate: algorithms that are left out must be there, and leave something") {
  const std::string record = "calibrate " + std::string(TL_SOURCE_DIR) +
                             "/scenarios/profiles/published/nccl_all_reduce.json --without ";
  const Outcome typo = twinlink::test::twinlink(record + "ncl");
  CHECK(typo.code == 2);
  CHECK(typo.err.find("no row is of algorithm \"ncl\". Did you mean \"nccl\"?") !=
        std::string::npos);
  CHECK(typo.out.empty());
  const Outcome nothing = twinlink::test::twinlink(record + "nccl");
  CHECK(nothing.code == 2);
  CHECK(nothing.err.find("--without leaves no row") != std::string::npos);
}

TEST_CASE("validate: algorithms left out, by the same rules; a refit of named constants") {
  const std::string record = "validate " + std::string(TL_SOURCE_DIR) +
                             "/scenarios/profiles/published/nccl_all_reduce.json ";
  CHECK(twinlink::test::twinlink(record + "--without ncl").code == 2);
  CHECK(twinlink::test::twinlink(record + "--without nccl").code == 2);
  CHECK(twinlink::test::twinlink(record + "--fit nccl_loop_nvls").code == 2);  // fits nothing
  CHECK(twinlink::test::twinlink(record + "--refit --fit nccl_lop_nvls").code == 2);
  const Outcome four = twinlink::test::twinlink(
      "validate --json --without nccl,ca_1stage " + std::string(TL_SOURCE_DIR) +
      "/scenarios/profiles/published/vllm_allreduce.json");
  REQUIRE(four.code == 0);
  const json first = json::parse(four.out.substr(0, four.out.find('\n')));
  CHECK(first.at("n") == 60);  // of 100, two algorithms' 40 less
}

TEST_CASE("calibrate: several machines need a choice; a profile comes out") {
  const std::string record =
      std::string(TL_SOURCE_DIR) + "/scenarios/profiles/published/vllm_allreduce.json";
  const Outcome vague = twinlink::test::twinlink("calibrate " + record);
  CHECK(vague.code == 2);
  CHECK(vague.err.find("choose one with --machine") != std::string::npos);
  const Outcome fitted =
      twinlink::test::twinlink("calibrate " + record + " --machine hgx-h100 --fit graph_gap");
  REQUIRE(fitted.code == 0);
  const json profile = json::parse(fitted.out);
  CHECK(profile.at("constants").at("graph_gap").at("provenance") == "fitted");
  CHECK(fitted.err.find("graph_gap") != std::string::npos);
}

TEST_CASE("validate: a list of runs stands for its files; what is wrong in one is said") {
  const std::string whole =
      std::string(TL_SOURCE_DIR) + "/scenarios/profiles/measured/2026-11-22-h200-pair-whole/";
  const auto verdicts_of = [](const std::string& file) {
    return twinlink::test::twinlink("validate --json " + file);
  };
  const auto list = [](const std::string& files) {
    return write_file("twinlink_runs_test.json",
                      R"({"schema": "twinlink.runs/1", "files": [)" + files + "]}");
  };
  const Outcome alone = verdicts_of(whole + "sharing.json");
  REQUIRE(alone.code == 0);
  CHECK(verdicts_of(list("\"" + whole + "sharing.json\"")).out == alone.out);
  CHECK(verdicts_of(list("\"" + whole + "shared.json\"")).err.find("shared.json") !=
        std::string::npos);
  CHECK(verdicts_of(list("3")).err.find("/files/0: expected text; found 3") != std::string::npos);
  const Outcome itself = verdicts_of(list("\"twinlink_runs_test.json\""));
  CHECK(itself.code == 4);
  CHECK(itself.err.find("is a list itself") != std::string::npos);
}

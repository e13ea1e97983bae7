// twinlink plan and check: plans out and in, verdicts.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/scenarios/cli/program.h"

using nlohmann::json;
using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;

namespace {
Outcome verb(const std::string& arguments) { return twinlink::test::twinlink(arguments); }
}  // namespace

TEST_CASE("a correct plan: exit code 0 and a verdict per check") {
  const Outcome outcome = verb("check --plan blelloch --ranks 72");
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(twinlink::test::golden_difference("check_blelloch_72.txt", outcome.out) == "");
  for (const char* check : {"structure   ok", "provenance  ok", "race        ok", "deadlock    ok",
                            "verdict     correct"})
    CHECK(has(outcome.out, check));
  CHECK(verb("check --plan blelloch --ranks 5 --suffix --bytes 20").code == 0);
}

TEST_CASE("a wrong plan: exit code 3, with its wrong ranks") {
  // Published facts (research on the LASP tree): 1 wrong rank at P = 8, 7 at 16, 57 at 72.
  for (const auto& row : {std::pair{8, 1}, {16, 7}, {32, 21}, {72, 57}}) {
    const int ranks = row.first;
    const int wrong = row.second;
    CAPTURE(ranks);
    const Outcome outcome =
        verb("check --plan lasp_pr_tree --json --ranks " + std::to_string(ranks));
    CHECK(outcome.code == 3);
    const json report = json::parse(outcome.out);
    CHECK(report["correct"] == false);
    CHECK(report["wrong_ranks"].size() == static_cast<std::size_t>(wrong));
  }
  const Outcome text = verb("check --plan lasp_pr_tree --ranks 8");
  CHECK(text.code == 3);
  CHECK(has(text.out, "verdict     WRONG"));
  CHECK(verb("check --plan lasp_pr_tree --ranks 7").code == 0);
}

TEST_CASE("plan prints a plan that plan and check read") {
  const Folder folder;
  const Outcome plan = verb("plan exscan --alg blelloch -g 6 -b 1K -o " + folder.path("plan.json"));
  CHECK(plan.code == 0);
  CHECK(plan.out.empty());
  const std::string text = twinlink::test::read_text(folder.path("plan.json"));
  CHECK(json::parse(text)["schema"] == "twinlink.plan/1");
  CHECK(verb("plan --plan " + folder.path("plan.json")).out == text);
  CHECK(verb("plan --alg blelloch -g 6 -b 1K").out == text);
  CHECK(verb("check --plan " + folder.path("plan.json")).code == 0);
  CHECK(has(verb("plan --plan " + folder.path("plan.json") + " --dot").out, "digraph"));
}

TEST_CASE("a plan file with an op left out is caught") {
  const Folder folder;
  REQUIRE(verb("plan --alg blelloch -g 4 -b 1K -o " + folder.path("plan.json")).code == 0);
  json plan = json::parse(twinlink::test::read_text(folder.path("plan.json")));
  // Drop all waiting: a fold may then read what was not yet written.
  for (json& op : plan["ops"]) op.erase("after");
  const std::string mutant = folder.write("mutant.json", plan.dump());
  const Outcome outcome = verb("check --plan " + mutant);
  CHECK(outcome.code == 3);
  CHECK(has(outcome.out, "rank "));
  CHECK(has(outcome.out, "op "));
}

TEST_CASE("requests that no plan can serve are refused") {
  CHECK(verb("check --plan ring --ranks 5000").code == 2);  // kPlanLimits.ranks is 4096
  const Outcome ragged = verb("check --plan ring --ranks 4 --bytes 6");  // one and a half fp32
  CHECK(ragged.code == 4);
  CHECK(ragged.out.empty());
}

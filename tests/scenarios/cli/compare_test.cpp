// twinlink compare: verdicts of a user's two files, and files that are refused.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/scenarios/cli/program.h"

using nlohmann::json;
using twinlink::test::crossbar_scenario;
using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;

namespace {

// Four rows of the crossbar: ring and two_shot on 2 and 4 ranks.
std::string four_rows(const Folder& folder) {
  const Outcome outcome = twinlink::test::twinlink(
      "run " + folder.write("study.json", crossbar_scenario()) +
      R"( --json --set '/algorithms=["ring","two_shot"]' --set '/ranks=[2,4]' -o )" +
      folder.path("a.json"));
  REQUIRE(outcome.code == 0);
  return folder.path("a.json");
}

}  // namespace

TEST_CASE("compare: a file with itself is all same") {
  const Folder folder;
  const std::string a = four_rows(folder);
  const Outcome outcome = twinlink::test::twinlink("compare " + a + " - --fail-on-slower <" + a);
  CHECK(outcome.code == 0);
  CHECK(has(outcome.out, "4 rows: 0 faster, 0 slower, 4 same (within 2%), 0 unclear\n"));
}

TEST_CASE("compare: one slower row, one faster, one missing, by ratio and exit code") {
  const Folder folder;
  const std::string a = four_rows(folder);
  nlohmann::ordered_json b = nlohmann::ordered_json::parse(twinlink::test::read_text(a));
  b["results"][0]["time_us"] = 1.5 * b["results"][0]["time_us"].get<double>();
  b["results"][1]["time_us"] = 0.5 * b["results"][1]["time_us"].get<double>();
  b["results"].erase(3);
  const std::string file = folder.write("b.json", b.dump(2));
  CHECK(twinlink::test::twinlink("compare " + a + " " + file).code == 0);
  const Outcome outcome =
      twinlink::test::twinlink("compare " + a + " " + file + " --json --fail-on-slower");
  CHECK(outcome.code == 3);
  const json result = json::parse(outcome.out);
  CHECK(result["slower"] == 1);
  CHECK(result["faster"] == 1);
  CHECK(result["same"] == 1);
  CHECK(result["rows"][0]["verdict"] == "slower");
  // Times are printed to full precision, so 1.5 t / t is exact up to rounding.
  CHECK(result["rows"][0]["ratio"].get<double>() == doctest::Approx(1.5).epsilon(1e-12));
  REQUIRE(result["only_in_first"].size() == 1);
  CHECK(result["only_in_first"][0]["ranks"] == 4);
  CHECK(twinlink::test::twinlink("compare " + a + " " + file +
                                 " --threshold 50% --json --fail-on-slower")
            .code == 0);
}

TEST_CASE("compare: a row that became wrong fails, even when it is no slower") {
  const Folder folder;
  const std::string a = four_rows(folder);
  auto b = nlohmann::ordered_json::parse(twinlink::test::read_text(a));
  b["results"][2]["correct"] = false;
  const Outcome outcome = twinlink::test::twinlink(
      "compare " + a + " " + folder.write("b.json", b.dump()) + " --fail-on-slower");
  CHECK(outcome.code == 3);
  CHECK(has(outcome.out, "WAS RIGHT, IS WRONG"));
}

TEST_CASE("compare: wrong files are refused by file and line, all issues at once") {
  const Folder folder;
  const std::string a = four_rows(folder);
  auto b = nlohmann::ordered_json::parse(twinlink::test::read_text(a));
  b["results"][1]["time_us"] = -1;
  b["results"][2]["operation"] = "all_redcue";
  const Outcome outcome = twinlink::test::twinlink(
      "compare " + a + " " + folder.write("bad.json", b.dump(2)) + " -o " + folder.path("out.txt"));
  CHECK(outcome.code == 4);
  CHECK(has(outcome.err, "bad.json:"));
  CHECK(has(outcome.err, "/results/1/time_us"));
  CHECK(has(outcome.err, "Did you mean \"all_reduce\"?"));
  CHECK(folder.names() == std::vector<std::string>{"a.json", "bad.json", "study.json"});
  const std::string empty = folder.write("empty.json", R"({"results": []})");
  CHECK(
      has(twinlink::test::twinlink("compare " + a + " " + empty).err, "there is no result in it"));
  const std::string cut = folder.write("cut.json", b.dump(2).substr(0, 700));
  CHECK(twinlink::test::twinlink("compare " + cut + " " + a).code == 4);
  CHECK(twinlink::test::twinlink("compare " + a + " " + a + " --threshold 2").code == 2);
}

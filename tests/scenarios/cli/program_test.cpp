// The program as a whole: exit codes, streams, suggestions.
#include "tests/scenarios/cli/program.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "scenarios/version.h"

using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;
using twinlink::test::shell;

namespace {
Outcome run(const std::string& arguments) { return twinlink::test::twinlink(arguments); }
}  // namespace

TEST_CASE("--version and --help answer on stdout") {
  const Outcome version = run("--version");
  CHECK(version.code == 0);
  CHECK(has(version.out, "twinlink " + twinlink::scenarios::version()));
  CHECK(has(version.out, "CUDA "));
  CHECK(version.err.empty());
  const Outcome help = run("--help");
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  for (const char* verb : {"run", "coll", "plan", "check", "topo", "list", "schema"}) {
    CHECK(has(help.out, std::string("  ") + verb + " "));
    const Outcome of_verb = run(std::string(verb) + " --help");
    CHECK(of_verb.code == 0);
    CHECK(has(of_verb.out, "Usage: "));
  }
}

TEST_CASE("wrong usage is exit code 2, with the nearest right word, and nothing on stdout") {
  struct Case {
    const char *arguments, *part;
  };
  for (const Case& c : {
           Case{"", "subcommand"},
           Case{"chek --plan blelloch", "Did you mean \"check\"?"},
           Case{"check --plan bleloch", "Did you mean \"blelloch\"?"},
           Case{"check", "--plan"},
           Case{"check --plan blelloch --jsn", "--jsn. Did you mean \"--json\"?"},
           Case{"coll all_reduc", "Did you mean \"all_reduce\"?"},
           Case{"coll all_reduce --alg rin", "Did you mean \"ring\"?"},
           Case{"coll all_reduce --alg ring,two_sho", "Did you mean \"two_shot\"?"},
           Case{"coll all_reduce --executor simm", "Did you mean \"sim\"?"},
           Case{"coll all_reduce -b 1M -e 1K", "-e must not be smaller"},
           Case{"coll all_reduce -g 0", "--ngpus: Value 0 not in range"},
           Case{"topo hgx-h10", "Did you mean \"hgx-h100\"?"},
           Case{"topo hgx-h100 --degrade gpu0", "from:to:factor"},
           Case{"topo hgx-h100 --degrade gpu0:nvswitch0:1.5", "from:to:factor"},
           Case{"topo hgx-h100 --json --dot", "exclude"},
           Case{"list machine", "Did you mean \"machines\"?"},
           Case{"run nvl72_scann", "Did you mean \"nvl72_scan\"?"},
           Case{"plan", "--alg"},
       }) {
    CAPTURE(std::string(c.arguments));
    const Outcome outcome = run(c.arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CAPTURE(outcome.err);
    CHECK(has(outcome.err, c.part));
  }
}

TEST_CASE("bad input is exit code 4 with the place of every error") {
  const Folder folder;
  const std::string bad =
      folder.write("bad.json", twinlink::test::crossbar_scenario(R"(, "rankz": [2], "seed": -1)"));
  const Outcome outcome = run("run " + bad);
  CHECK(outcome.code == 4);
  CHECK(outcome.out.empty());
  CHECK(has(outcome.err, "bad.json:"));
  CHECK(has(outcome.err, "rankz"));
  CHECK(has(outcome.err, "/seed"));
  CHECK(run("run " + folder.path("none.json")).code == 4);
  CHECK(run("run " + folder.path("")).code == 4);
  CHECK(run("check --plan " + folder.path("none.json")).code == 4);
  CHECK(run("topo " + folder.path("none.json")).code == 4);
}

TEST_CASE("GPUs that are not there are exit code 5") {
  if (twinlink::scenarios::built_with_cuda()) return;  // then tests/gpu looks at it
  const Outcome outcome =
      run("coll all_reduce --alg two_shot -g 2 --machine h200-pair --executor realgpu");
  CHECK(outcome.code == 5);
  CHECK(outcome.out.empty());
  CHECK(has(outcome.err, "CUDA"));
}

TEST_CASE("stdout that goes away is no error, and one that is full is") {
  // The list is longer than a pipe's buffer only sometimes: a closed pipe shows with any length.
  const Outcome head = shell("set -o pipefail; \"$TWINLINK\" list | true");
  CHECK(head.code == 0);
  CHECK(head.err.empty());
  const Outcome closed = shell("\"$TWINLINK\" list >&-");
  CHECK(closed.code == 0);
  CHECK(closed.err.empty());
  const Outcome full = shell("\"$TWINLINK\" list >/dev/full");
  CHECK(full.code == 1);
  CHECK(has(full.err, "stdout"));
}

TEST_CASE("list and schema print what there is") {
  const Outcome all = run("list --json");
  REQUIRE(all.code == 0);
  const auto listed = nlohmann::json::parse(all.out);
  for (const char* section : {"machines", "operations", "algorithms", "scenarios"})
    CHECK(listed.at(section).size() > 0);
  const Outcome machines = run("list machines");
  CHECK(has(machines.out, "gb200-nvl72"));
  CHECK_FALSE(has(machines.out, "blelloch"));
  const Outcome schema = run("schema scenario");
  REQUIRE(schema.code == 0);
  CHECK(nlohmann::json::parse(schema.out).at("properties").contains("algorithms"));
  CHECK(run("schema scenaro").code == 2);
}

TEST_CASE("topo reads what it wrote, and degrades") {
  const Folder folder;
  const Outcome written = run("topo hgx-h100 --json -o " + folder.path("box.json"));
  CHECK(written.code == 0);
  CHECK(written.out.empty());
  CHECK(run("topo hgx-h100").out == run("topo " + folder.path("box.json")).out);
  CHECK(has(run("topo hgx-h100 --dot").out, "graph"));
  const Outcome degraded = run("topo hgx-h100 --degrade gpu0:nvswitch0:0.5");
  CHECK(degraded.code == 0);
  CHECK(degraded.out != run("topo hgx-h100").out);
  const Outcome unknown = run("topo hgx-h100 --degrade gpu0:nvswitch9:0.5");
  CHECK(unknown.code == 4);
  CHECK(has(unknown.err, "nvswitch9"));
}

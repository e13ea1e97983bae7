// twinlink measure, as a user calls it; what it measures needs GPUs (tests/realgpu).
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "realgpu/realgpu.h"
#include "tests/scenarios/cli/program.h"

using twinlink::test::Folder;
using twinlink::test::Outcome;

TEST_CASE("measure --list names every suite; another name is a usage error with a suggestion") {
  const Outcome list = twinlink::test::twinlink("measure --list");
  CHECK(list.code == 0);
  for (const char* suite : {"links", "memory", "collectives", "scans", "overlap", "sharing", "dwdp",
                            "linear_attention"})
    CHECK(list.out.find(suite) != std::string::npos);
  const Outcome wrong = twinlink::test::twinlink("measure link");
  CHECK(wrong.code == 2);
  CHECK(wrong.err.find("Did you mean \"links\"?") != std::string::npos);
  CHECK(twinlink::test::twinlink("measure").code == 2);
}

TEST_CASE("measure without a device says so, exits 5 and leaves no file") {
  if (twinlink::realgpu::describe_devices().devices >= 2) {
    MESSAGE("skipped: this machine has devices");
    return;
  }
  const Folder folder;
  const Outcome outcome = twinlink::test::twinlink("measure links -o " + folder.path("links.json"));
  CHECK(outcome.code == 5);
  CHECK(outcome.err.find("suite links") != std::string::npos);
  CHECK(outcome.out.empty());
  CHECK(folder.names().empty());
}

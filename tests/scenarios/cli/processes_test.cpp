// The program started as several processes: who speaks, who is missed, and what is refused. Without
// GPUs too, because the plan asked for is refused everywhere: stream mode needs one process.
#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/scenarios/cli/program.h"

using twinlink::test::Folder;
using twinlink::test::has;
using twinlink::test::Outcome;
using twinlink::test::read_text;
using twinlink::test::shell;

namespace {

constexpr const char* kStream =
    "coll all_reduce -b 4K -g 2 --machine h200-pair --alg one_shot --executor realgpu --mode "
    "stream";

struct Started {
  std::vector<int> codes;
  std::vector<std::string> out, err;
};

// Processes `ranks` of `size`, as torchrun would start them.
Started start(const std::vector<int>& ranks, int size, const std::string& name) {
  const Folder folder;
  std::string script;
  for (const int rank : ranks) {
    const std::string r = std::to_string(rank);
    script += "(RANK=" + r + " WORLD_SIZE=" + std::to_string(size) +
              " MASTER_PORT=1 TWINLINK_JOB=" + name + std::to_string(::getpid()) +
              " TWINLINK_JOIN_SECONDS=2 \"$TWINLINK\" " + kStream + " >" + folder.path("out" + r) +
              " 2>" + folder.path("err" + r) + "; echo $? >" + folder.path("code" + r) + ") & ";
  }
  REQUIRE(shell(script + "wait").code == 0);
  Started started;
  for (const int rank : ranks) {
    const std::string r = std::to_string(rank);
    started.codes.push_back(std::stoi(read_text(folder.path("code" + r))));
    started.out.push_back(read_text(folder.path("out" + r)));
    started.err.push_back(read_text(folder.path("err" + r)));
  }
  return started;
}

}  // namespace

TEST_CASE("several processes: all end alike, and process 0 alone says why") {
  for (const int size : {2, 3}) {
    CAPTURE(size);
    std::vector<int> ranks;
    for (int r = 0; r < size; ++r) ranks.push_back(r);
    const Started started = start(ranks, size, "alike");
    for (std::size_t r = 0; r < started.codes.size(); ++r) {
      CHECK(started.codes[r] == 5);
      CHECK(started.out[r].empty());
      CHECK_MESSAGE(has(started.err[r], "not supported: ") == (r == 0), started.err[r]);
      CHECK_MESSAGE(started.err[r].empty() == (r > 0), started.err[r]);
    }
  }
}

TEST_CASE("several processes: one that does not come is named") {
  const Started first = start({0}, 2, "first");
  CHECK(first.codes[0] == 1);
  CHECK_MESSAGE(has(first.err[0], "of 2 processes, these did not come within 2.0 s: 1"),
                first.err[0]);
  const Started second = start({1}, 2, "second");
  CHECK(second.codes[0] == 1);
  CHECK_MESSAGE(has(second.err[0], "process 0 did not come within 2.0 s"), second.err[0]);
}

TEST_CASE("several processes: bad variables, several hosts, and verbs that take one process") {
  const std::string bad = "RANK=2 WORLD_SIZE=2 MASTER_PORT=1 ";
  const Outcome out_of_range = shell(bad + "\"$TWINLINK\" " + kStream);
  CHECK(out_of_range.code == 4);
  CHECK_MESSAGE(has(out_of_range.err, "RANK=2 is not below WORLD_SIZE=2"), out_of_range.err);
  const Outcome hosts =
      shell("RANK=0 WORLD_SIZE=16 LOCAL_WORLD_SIZE=8 MASTER_PORT=1 \"$TWINLINK\" " +
            std::string(kStream));
  CHECK(hosts.code == 5);
  CHECK_MESSAGE(has(hosts.err, "8 of 16 processes are on this host"), hosts.err);
  const Outcome measure = shell("RANK=0 WORLD_SIZE=2 MASTER_PORT=1 \"$TWINLINK\" measure links");
  CHECK(measure.code == 5);
  CHECK_MESSAGE(has(measure.err, "torchrun started 2"), measure.err);
  const Outcome waits =
      shell("TWINLINK_JOIN_SECONDS=soon RANK=0 WORLD_SIZE=2 MASTER_PORT=1 \"$TWINLINK\" " +
            std::string(kStream));
  CHECK(waits.code == 4);
  CHECK_MESSAGE(has(waits.err, "TWINLINK_JOIN_SECONDS=\"soon\""), waits.err);
}

TEST_CASE("several processes: what does not measure looks for nobody") {
  const Outcome simulated = shell(
      "RANK=1 WORLD_SIZE=2 MASTER_PORT=1 \"$TWINLINK\" coll all_reduce -b 4K -g 2 --machine "
      "h200-pair --alg ring --json");
  CHECK(simulated.code == 0);
  CHECK(has(simulated.out, "\"correct\": true"));
}

TEST_CASE("several processes: on two GPUs the same bits as one process") {
  const std::string run =
      "coll all_reduce -b 64K -g 2 --machine h200-pair --alg one_shot,ring --executor realgpu "
      "--mode fused --json";
  const Outcome one = twinlink::test::twinlink(run);
  if (one.code == 5) {
    MESSAGE("skipped: " << one.err);
    return;
  }
  const Outcome two =
      shell("export WORLD_SIZE=2 MASTER_PORT=1 TWINLINK_JOB=bits" + std::to_string(::getpid()) +
            "; RANK=1 \"$TWINLINK\" " + run + " & RANK=0 \"$TWINLINK\" " + run + "; wait");
  CHECK(one.code == 0);
  CHECK_MESSAGE(two.code == 0, two.err);
  const auto digests = [](const std::string& text) {
    std::string all;
    for (std::size_t at = 0; (at = text.find("\"digest\": ", at)) != std::string::npos; ++at)
      all += text.substr(at, 28);  // the name, and 16 digits in quotes
    return all;
  };
  CHECK(digests(one.out).size() == 2 * 28);
  CHECK(digests(one.out) == digests(two.out));
}

TEST_CASE("several processes: under mpirun") {
  if (shell("command -v mpirun").code != 0) {
    MESSAGE("skipped: mpirun is not installed (openmpi-bin)");
    return;
  }
  const Outcome run = shell(
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n 2 "
      "\"$TWINLINK\" " +
      std::string(kStream));
  CHECK(run.code == 5);
  CHECK(run.out.empty());
  const std::size_t first = run.err.find("not supported: ");
  REQUIRE_MESSAGE(first != std::string::npos, run.err);
  CHECK_MESSAGE(run.err.find("not supported: ", first + 1) == std::string::npos, run.err);
}

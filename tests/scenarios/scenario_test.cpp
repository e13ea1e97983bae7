#include "scenarios/scenario.h"

#include <doctest/doctest.h>

#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

constexpr const char* kFull = R"({
  // every field there is
  "$schema": "schema/scenario-1.schema.json",
  "schema": "twinlink.scenario/1",
  "question": "ring or tree?",
  "machine": {"base": "gb200-nvl72", "degrade": [{"from": "gpu0", "factor": 0.5},
                                                 {"from": "gpu1", "to": "nvswitch0", "factor": 0}]},
  "profile": "gb200-nvl72", "executor": "host", "operation": "exscan",
  "algorithms": ["ring_coupled", "blelloch"], "ranks": [4, 8], "bytes": ["64 KiB", "1 MiB"],
  "element": "bf16", "launch": "eager", "ranks_per_gpu": 2, "groups": [[0, 1], [3, 2]],
  "params": {"direction": "suffix", "heads": 2, "decays": [0.5, 1], "local_flops": 1e9,
             "local_hbm_bytes": "1 GiB", "ctas": 16, "threads": 256, "vector_bytes": 8,
             "loads_in_flight": 4, "mode": "stream"},
  "seed": 7,
  "assert": [{"where": {"algorithm": "blelloch", "bytes": "1 MiB"}, "field": "time_us", "max": 9},
             {"field": "correct", "equals": true}]
})";

constexpr const char* kSmall = R"({"schema": "twinlink.scenario/1", "machine": "hgx-h100",
  "operation": "all_reduce", "algorithms": "ring", "ranks": 8, "bytes": "1 MiB"})";

std::string error_of(const std::string& text, const std::vector<std::string>& overrides) {
  try {
    read_scenario(text, "s.json", overrides);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("every field of a scenario arrives") {
  const Scenario s = read_scenario(kFull, "studies/full.json", {});
  CHECK(s.name == "full");
  CHECK(s.file == "studies/full.json");
  CHECK(s.question == "ring or tree?");
  CHECK(s.machine.name == "gb200-nvl72");
  CHECK(s.machine.inline_json.empty());
  REQUIRE(s.machine.degrade.size() == 2);
  CHECK(s.machine.degrade[0].to.empty());
  CHECK(s.machine.degrade[0].factor == 0.5);
  CHECK(s.machine.degrade[1].to == "nvswitch0");
  CHECK(s.profile == "gb200-nvl72");
  CHECK(s.executor == ExecutorKind::host);
  CHECK(s.operation == models::Operation::exscan);
  CHECK(s.algorithms == std::vector<std::string>{"ring_coupled", "blelloch"});
  CHECK(s.ranks == std::vector<int>{4, 8});
  CHECK(s.bytes == std::vector<Bytes>{kib(64), mib(1)});
  CHECK(s.element == models::ElementType::bf16);
  CHECK(s.launch == models::LaunchMode::eager);
  CHECK(s.ranks_per_gpu == 2);
  CHECK(s.groups == std::vector<std::vector<int>>{{0, 1}, {3, 2}});
  CHECK(s.seed == 7);
}

TEST_CASE("params of chunks, rings and blocks arrive") {
  const auto read = [](const std::string& operation, const std::string& algorithm,
                       const std::string& params) {
    const std::string text = R"({"schema": "twinlink.scenario/1", "machine": "crossbar", "ranks": 3,
      "bytes": "1 MiB", "operation": ")" +
                             operation + R"(", "algorithms": ")" + algorithm + R"(", "params": )" +
                             params + "}";
    return read_scenario(text, "", {}).params;
  };
  const Params scan =
      read("exscan", "decay_horizon", R"({"lengths": [4, 1, 9], "horizon_error": 1e-3})");
  CHECK(scan.lengths == std::vector<std::int32_t>{4, 1, 9});
  CHECK(scan.horizon_error == 1e-3);
  const Params ring = read("all_reduce", "ring", R"({"channels": 4, "bidirectional": true})");
  CHECK(ring.channels == 4);
  CHECK(ring.bidirectional);
  CHECK(read("all_to_all", "direct", R"({"counts": [4, 0, 9]})").counts ==
        std::vector<std::int64_t>{4, 0, 9});
  CHECK(read("all_to_all", "all", R"({"counts": [[1, 2, 3], [4, 5, 6], [7, 8, 0]]})").counts ==
        std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 0});
}

TEST_CASE("params and assertions arrive") {
  const Scenario s = read_scenario(kFull, "", {});
  CHECK(s.params.suffix);
  CHECK(s.params.heads == 2);
  CHECK(s.params.decays == std::vector<double>{0.5, 1});
  CHECK(s.params.local_flops == 1e9);
  CHECK(s.params.local_hbm_bytes == gib(1));
  CHECK(s.params.shape.ctas == 16);
  CHECK(s.params.shape.threads == 256);
  CHECK(s.params.shape.vector_bytes == 8);
  CHECK(s.params.shape.loads_in_flight == 4);
  CHECK(s.params.mode == "stream");
  REQUIRE(s.assertions.size() == 2);
  CHECK(s.assertions[0].pointer == "/assert/0");
  CHECK(s.assertions[0].field == "time_us");
  CHECK(s.assertions[0].max == 9);
  CHECK(!s.assertions[0].min);
  using Where = decltype(Assertion::where);
  CHECK(s.assertions[0].where == Where{{"algorithm", "blelloch"}, {"bytes", 1048576.0}});
  CHECK(s.assertions[1].equals == Assertion::Value(true));
}

TEST_CASE("single values stand for lists, and the rest has defaults") {
  const Scenario s = read_scenario(kSmall, "", {});
  CHECK(s.algorithms == std::vector<std::string>{"ring"});
  CHECK(s.ranks == std::vector<int>{8});
  CHECK(s.executor == ExecutorKind::sim);
  CHECK(s.launch == models::LaunchMode::graph);
  CHECK(s.seed == 1);
  CHECK(s.assertions.empty());
}

TEST_CASE("\"all\" stands for every algorithm of the operation") {
  const Scenario s = read_scenario(kSmall, "", {"/algorithms=all"});
  std::size_t count = 0;
  for (const models::Algorithm& algorithm : models::catalogue())
    count += algorithm.operation == models::Operation::all_reduce ? 1 : 0;
  CHECK(s.algorithms.size() == count);
}

TEST_CASE("the hash is that of the canonical text: layout does not matter, values do") {
  const std::string hash = read_scenario(kSmall, "", {}).hash;
  CHECK(hash.size() == 16);
  const std::string other = R"({"bytes":"1 MiB", "ranks":8, /* same */ "algorithms":"ring",
    "operation":"all_reduce", "machine":"hgx-h100", "schema":"twinlink.scenario/1"})";
  CHECK(read_scenario(other, "", {}).hash == hash);
  CHECK(read_scenario(kSmall, "", {"/ranks=4"}).hash != hash);
  CHECK(read_scenario(kSmall, "", {"/ranks=8"}).hash == hash);
}

TEST_CASE("overrides change any field, also one that was not there") {
  CHECK(read_scenario(kSmall, "", {"/ranks=[2,4]"}).ranks == std::vector<int>{2, 4});
  CHECK(read_scenario(kSmall, "", {"/bytes=64 KiB"}).bytes == std::vector<Bytes>{kib(64)});
  CHECK(read_scenario(kSmall, "", {"/params/ctas=4"}).params.shape.ctas == 4);
  CHECK(read_scenario(kSmall, "", {"/ranks=[2,4]", "/ranks/1=8"}).ranks == std::vector<int>{2, 8});
}

TEST_CASE("a wrong override names itself, not a place in the file") {
  CHECK(error_of(kSmall, {"/ranks=nine"}) ==
        "--set /ranks=nine: /ranks: expected a whole number; found \"nine\"");
  CHECK(error_of(kSmall, {"/rnks=4"}) ==
        "--set /rnks=4: /rnks: unknown key \"rnks\". Did you mean \"ranks\"?");
  CHECK(error_of(kSmall, {"/machine/degrade=[]"}) ==
        "--set /machine/degrade=[]: /machine/degrade: there is no such field to set");
  CHECK(error_of(kSmall, {"/ranks=[2,4]", "/ranks/2=8"}) ==
        "--set /ranks/2=8: /ranks/2: there is no such field to set");
  CHECK_THROWS_AS(read_scenario(kSmall, "", {"ranks=4"}), UsageError);
  CHECK_THROWS_AS(read_scenario(kSmall, "", {"/ranks"}), UsageError);
  CHECK_THROWS_AS(read_scenario(kSmall, "", {"/a~2=4"}), UsageError);
}

TEST_CASE("an inline topology is kept as canonical text, degradations apart") {
  const std::string box = R"({"name": "box", "nodes": [{"name": "a", "kind": "gpu"},
    {"name": "b", "kind": "gpu"}], "links": [{"from": "a", "to": "b", "bandwidth": "1 GB/s",
    "latency": "0 us"}], "degrade": [{"from": "a", "factor": 0.5}]})";
  const Scenario s = read_scenario(kSmall, "", {"/machine=" + box, "/ranks=2"});
  CHECK(s.machine.name.empty());
  CHECK(s.machine.degrade.size() == 1);
  CHECK(s.machine.inline_json.find("degrade") == std::string::npos);
  CHECK(s.machine.inline_json.starts_with("{\"links\":["));
}

TEST_CASE("degrade is one list, or a list of machines") {
  const auto read = [](const std::string& degrade) {
    return read_scenario(kSmall, "s.json",
                         {R"(/machine={"base": "hgx-h100", "degrade": )" + degrade + "}"});
  };
  CHECK(read(R"([{"from": "gpu0", "factor": 0.5}])").machine.alternatives.empty());
  CHECK(read("[]").machine.alternatives.empty());
  const Scenario s = read(R"([[], [{"from": "gpu0", "factor": 0.5},
                                   {"from": "gpu1", "to": "nvswitch0", "factor": 0}]])");
  CHECK(s.machine.degrade.empty());
  REQUIRE(s.machine.alternatives.size() == 2);
  CHECK(s.machine.alternatives[0].empty());
  REQUIRE(s.machine.alternatives[1].size() == 2);
  CHECK(s.machine.alternatives[1][1].to == "nvswitch0");
  CHECK(error_of(kSmall, {R"(/machine={"base": "hgx-h100", "degrade": [[], {"from": "gpu0"}]})"})
            .find("/machine/degrade/1: expected a list") != std::string::npos);
  CHECK(error_of(kSmall, {R"(/machine={"base": "hgx-h100", "degrade": [[{"from": "gpu0"}]]})"})
            .find("/machine/degrade/0/0: \"factor\" is missing") != std::string::npos);
}

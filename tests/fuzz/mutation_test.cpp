// Seeded mutations of good files: whatever comes out, a reader returns or throws InputError.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "models/collectives/catalogue.h"
#include "scenarios/files/plan_json.h"
#include "scenarios/files/profile_json.h"
#include "scenarios/files/topology_json.h"
#include "scenarios/scenario.h"
#include "topology/error.h"
#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

constexpr std::uint64_t kSeed = 20240517;

const std::vector<std::string> kPieces{"{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       ":",
                                       "\"",
                                       "\\",
                                       "//",
                                       "/*",
                                       "1e999",
                                       "-1",
                                       "0",
                                       "null",
                                       "true",
                                       "\"x\"",
                                       "[[[[[[",
                                       "\\u",
                                       "\xFF",
                                       "\xC3",
                                       "NaN",
                                       "\"1 B\"",
                                       "{\"a\"",
                                       "1e-7",
                                       "0.5",
                                       "\"ranks\"",
                                       "\"degrade\"",
                                       "~/",
                                       "\n",
                                       "4096",
                                       "9223372036854775808"};

// A few bytes changed, cut, doubled or replaced by pieces of JSON.
std::string mutate(std::string text, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % (n + 1)); };
  for (std::size_t n = 1 + below(3); n > 0; --n) {
    const std::size_t at = below(text.size());
    const std::size_t length = std::min(text.size() - at, below(12));
    switch (random() % 5) {
      case 0: text.erase(at, length); break;
      case 1: text.insert(at, kPieces[below(kPieces.size() - 1)]); break;
      case 2: text.replace(at, length, kPieces[below(kPieces.size() - 1)]); break;
      case 3: text.insert(at, text.substr(below(text.size()), 40)); break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(random() & 0xFF);
        break;
      default: break;
    }
  }
  return random() % 50 == 0 ? text.substr(0, below(text.size())) : text;
}

struct Outcome {
  int accepted = 0, refused = 0;
};

// Reads `rounds` mutations of each text; anything but InputError escapes and fails the test.
template <class Read>
Outcome run(const std::vector<std::string>& texts, int rounds, Read read) {
  std::mt19937_64 random(kSeed);
  Outcome outcome;
  for (int i = 0; i < rounds; ++i) {
    const std::string text = mutate(texts[static_cast<std::size_t>(i) % texts.size()], random);
    INFO("seed " << kSeed << ", round " << i << ": " << text);
    try {
      read(text);
      ++outcome.accepted;
    } catch (const InputError& error) {
      ++outcome.refused;
      CHECK(!error.issues().empty());
    }
  }
  CHECK(outcome.accepted > 0);
  CHECK(outcome.refused > 0);
  return outcome;
}

const std::vector<std::string> kScenarios{
    R"({"schema": "twinlink.scenario/1", "machine": "hgx-h100", "operation": "all_reduce",
 "algorithms": ["ring", "two_shot"], "ranks": [2, 4, 8], "bytes": ["64 KiB", "1 MiB"], "seed": 3,
 "assert": [{"where": {"ranks": 8}, "field": "time_us", "max": 100}]})",
    R"({"schema": "twinlink.scenario/1", "operation": "exscan", "algorithms": "blelloch",
 // inline machine
 "machine": {"name": "box", "nodes": [{"name": "a", "kind": "gpu"}, {"name": "b", "kind": "gpu"}],
 "links": [{"from": "a", "to": "b", "bandwidth": "1.5 GB/s", "latency": "0 us", "duplex": true}],
 "degrade": [{"from": "a", "to": "b", "factor": 0.5}]}, "profile": "crossbar",
 "groups": [[0, 1], [2, 3]], "ranks": 4, "bytes": "8 B", "ranks_per_gpu": 2,
 "params": {"direction": "suffix", "heads": 2, "decays": [0.5, 1]}})"};

}  // namespace

TEST_CASE("20,000 mutations of scenarios never do worse than InputError") {
  run(kScenarios, 20'000, [](const std::string& text) { read_scenario(text, "f.json", {}); });
}

TEST_CASE("mutations of overrides never do worse than InputError or UsageError") {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 5'000; ++i) {
    const std::string assignment = mutate("/params/decays/0=[1, 2]", random);
    INFO("seed " << kSeed << ": " << assignment);
    try {
      read_scenario(kScenarios[1], "f.json", {assignment});
    } catch (const InputError&) {
    } catch (const UsageError&) {
    }
  }
}

TEST_CASE("mutations of topologies and profiles never do worse than InputError") {
  const std::string pair = write_topology(topology::make_preset("h200-pair", 2));
  run({pair}, 5'000, [](const std::string& text) { read_topology(text, "f.json"); });
  const std::string ideal = write_profile(models::ideal_profile());
  run({ideal}, 2'000, [](const std::string& text) { read_profile(text, "f.json"); });
}

TEST_CASE("mutations of plans never do worse than InputError, and what is read can be written") {
  std::vector<std::string> texts;
  for (const models::Algorithm& algorithm : models::catalogue()) {
    models::CollectiveRequest request;
    request.operation = algorithm.operation;
    request.bytes = {64};
    request.multicast = true;
    request.gpu_of_rank = {0, 1};
    request.multicast = algorithm.needs == models::Needs::multicast;
    texts.push_back(write_plan(models::build_plan(algorithm, request)));
  }
  run(texts, 5'000, [](const std::string& text) {
    const std::string written = write_plan(read_plan(text, "f.json"));
    CHECK(write_plan(read_plan(written, "")) == written);
  });
}

#include "topology/describe.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(TL_SOURCE_DIR) + "/tests/golden/topology/" + name);
  CHECK_MESSAGE(file.good(), "golden file " << name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Two GPUs behind a switch, one of them slower, and a link that runs one way only.
Topology small_machine() {
  Topology machine("small \"box\"", Provenance::assumed, "Made up for a test.");
  const NodeId gpu0 = machine.add_node(NodeKind::gpu, "gpu0");
  const NodeId gpu1 = machine.add_node(NodeKind::gpu, "gpu\"1\\");
  const NodeId hub = machine.add_node(NodeKind::nvswitch, "hub");
  const NodeId nic = machine.add_node(NodeKind::nic, "nic0");
  const NodeId cpu = machine.add_node(NodeKind::cpu, "cpu0");
  machine.add_duplex({gpu0, hub, gb_per_s(450), us(1)});
  machine.add_duplex({gpu1, hub, Bandwidth{62'500'000'000}, ns(50)});
  machine.add_link({hub, nic, gb_per_s(50), {}});
  machine.add_link({nic, hub, gb_per_s(25), {}});
  machine.add_duplex({hub, cpu, Bandwidth{1}, Duration{1}});
  return machine;
}

}  // namespace

TEST_CASE("text and DOT of a small machine are as in the golden files") {
  CHECK(to_text(small_machine()) == golden("small.txt"));
  CHECK(to_dot(small_machine()) == golden("small.dot"));
}

TEST_CASE("text of NVL72 is as in the golden file") {
  CHECK(to_text(make_preset("gb200-nvl72", 0)) == golden("gb200-nvl72.txt"));
}

TEST_CASE("text of every preset fits 80 columns") {
  for (const std::string& preset : preset_names()) {
    CAPTURE(preset);
    std::istringstream lines(to_text(make_preset(preset, 4096)));
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
  }
}

TEST_CASE("machines without a first route are described all the same") {
  const Degradation removed[] = {{"gpu1", "", 0}};
  CHECK(to_text(degrade(make_preset("crossbar", 3), removed)).find("gpu0 -> gpu1: none\n") !=
        std::string::npos);
  CHECK(to_text(make_preset("crossbar", 1)).find("route") == std::string::npos);
  const Topology nothing("empty", Provenance::assumed, "");
  CHECK(to_text(nothing).find("nodes       none\n") != std::string::npos);
  CHECK(to_dot(nothing) == "graph \"empty\" {\n}\n");
}

TEST_CASE("links side by side are an edge each") {
  Topology machine("m", Provenance::assumed, "test");
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  machine.add_duplex({a, b, gb_per_s(25), {}});
  machine.add_duplex({a, b, gb_per_s(25), {}});
  CHECK(to_dot(machine) ==
        "graph \"m\" {\n"
        "  \"a\" [shape=box];\n"
        "  \"b\" [shape=box];\n"
        "  \"a\" -- \"b\" [label=\"25 GB/s\"];\n"
        "  \"a\" -- \"b\" [label=\"25 GB/s\"];\n"
        "}\n");
}

#include "scenarios/files/topology_json.h"

#include <doctest/doctest.h>

#include "topology/error.h"
#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::scenarios;
using topology::NodeKind;
using topology::Topology;

namespace {

bool same(const Topology& a, const Topology& b) {
  const auto same_node = [](const topology::Node& x, const topology::Node& y) {
    return x.kind == y.kind && x.name == y.name && x.multicast == y.multicast;
  };
  const auto same_link = [](const topology::Link& x, const topology::Link& y) {
    return x.from == y.from && x.to == y.to && x.bandwidth == y.bandwidth && x.latency == y.latency;
  };
  return a.name() == b.name() && a.source() == b.source() && a.provenance() == b.provenance() &&
         a.gpus() == b.gpus() && std::ranges::equal(a.nodes(), b.nodes(), same_node) &&
         std::ranges::equal(a.links(), b.links(), same_link);
}

}  // namespace

TEST_CASE("every preset survives being written and read, ids included") {
  for (const std::string& preset : topology::preset_names()) {
    CAPTURE(preset);
    const Topology made = topology::make_preset(preset, 5);
    const std::string text = write_topology(made);
    const Topology read = read_topology(text, "preset.json");
    CHECK(same(made, read));
    CHECK(write_topology(read) == text);
  }
}

TEST_CASE("multicast is of switches only") {
  const auto read = [](const char* node) {
    return read_topology(std::string(R"({"schema": "twinlink.topology/1", "name": "m", "nodes": [
      {"name": "g", "kind": "gpu"}, )") +
                             node + R"(], "links": []})",
                         "m.json");
  };
  CHECK(read(R"({"name": "s", "kind": "nvswitch", "multicast": true})").nodes()[1].multicast);
  CHECK_FALSE(read(R"({"name": "s", "kind": "nvswitch"})").nodes()[1].multicast);
  CHECK_FALSE(read(R"({"name": "c", "kind": "cpu", "multicast": false})").nodes()[1].multicast);
  CHECK_THROWS_WITH_AS(read(R"({"name": "c", "kind": "cpu", "multicast": true})"),
                       doctest::Contains("only a node of kind \"nvswitch\""), InputError);
}

TEST_CASE("one-way links, uneven pairs and odd names keep their ids") {
  Topology made("a \"box\"\n", Provenance::published, "");
  const NodeId a = made.add_node(NodeKind::gpu, "g/0"),
               b = made.add_node(NodeKind::nic, "\xC3\xA9");
  made.add_link({a, b, {1}, {1}});
  made.add_link({b, a, {2}, {1}});  // not the same rate: no duplex pair
  made.add_link({b, a, {1}, {1}});
  made.add_link({a, b, {1}, {1}});
  made.add_link({a, b, {900'000'000'001}, {3}});
  const std::string text = write_topology(made);
  CHECK(same(made, read_topology(text, "")));
  CHECK(write_topology(read_topology(text, "")) == text);
}

TEST_CASE("duplex is the default, in the order there and back") {
  const Topology t = read_topology(R"({"schema": "twinlink.topology/1", "name": "t",
    "nodes": [{"name": "a", "kind": "gpu"}, {"name": "b", "kind": "gpu"}],
    "links": [{"from": "b", "to": "a", "bandwidth": "2 GB/s", "latency": "1 ns"}]})",
                                   "");
  REQUIRE(t.links().size() == 2);
  CHECK(t.links()[0].from == NodeId{1});
  CHECK(t.links()[1].from == NodeId{0});
  CHECK(t.links()[1].bandwidth == gb_per_s(2));
  CHECK(t.provenance() == Provenance::assumed);
}

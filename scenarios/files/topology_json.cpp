#include "scenarios/files/topology_json.h"

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

using topology::Link;
using topology::NodeKind;
using topology::Topology;

constexpr std::array kKinds{NodeKind::gpu, NodeKind::nvswitch, NodeKind::pcie_switch,
                            NodeKind::cpu, NodeKind::nic,      NodeKind::net_switch};
constexpr std::size_t kMaxNodes = 16'384;
constexpr std::size_t kMaxLinks = 1 << 20;
constexpr std::int64_t kMaxRate = 1'000'000'000'000'000;  // 1 PB/s
constexpr std::int64_t kMaxLatency = 10 * kPicosecondsPerSecond;

// The enum value whose name_of() the text is.
template <class Enum, std::size_t N>
std::optional<Enum> read_enum(const Value& value, const std::string& what,
                              const std::array<Enum, N>& all) {
  std::vector<std::string> names;
  for (const Enum one : all) names.emplace_back(name_of(one));
  const std::optional<std::string> name = read_name(value, what, names);
  if (!name) return std::nullopt;
  for (const Enum one : all)
    if (name_of(one) == *name) return one;
  return std::nullopt;
}

using NodeNames = std::map<std::string, NodeId>;

void read_node(Topology& topology, NodeNames& names, const Value& value) {
  ObjectReader object(value);
  std::string name;
  const auto name_value = object.required("name");
  set(name, name_value, read_string);
  std::optional<NodeKind> kind;
  if (const auto v = object.required("kind")) kind = read_enum(*v, "node kind", kKinds);
  bool multicast = false;
  const auto multicast_value = object.optional("multicast");
  set(multicast, multicast_value, read_bool);
  object.finish();
  if (multicast && kind && *kind != NodeKind::nvswitch) {
    multicast_value->complain("only a node of kind \"nvswitch\" can be \"multicast\"");
    multicast = false;
  }
  if (!name_value) return;
  if (name.empty()) return name_value->complain("a node needs a name that is not empty");
  if (names.contains(name))
    return name_value->complain("there is already a node named " + quote(name));
  names[name] = topology.add_node(kind.value_or(multicast ? NodeKind::nvswitch : NodeKind::gpu),
                                  name, multicast);
}

NodeId read_end(const std::optional<Value>& value, const NodeNames& names) {
  if (!value) return {};
  const std::optional<std::string> name = read_string(*value);
  if (!name) return {};
  const auto found = names.find(*name);
  if (found != names.end()) return found->second;
  if (names.empty()) return {};  // the list of nodes is wrong, and that has been said
  std::vector<std::string> known;
  for (const auto& [node, id] : names) known.push_back(node);
  const std::string hint = did_you_mean(*name, known);
  value->complain("there is no node named " + quote(*name) + (hint.empty() ? "" : "." + hint));
  return {};
}

template <class Quantity>
void check_bounds(const std::optional<Value>& value, Quantity got, Quantity min, Quantity max) {
  if (value && (got < min || max < got))
    value->complain(describe(*value->node) + " is out of range; allowed is " + to_text(min) +
                    " to " + to_text(max));
}

void read_link(Topology& topology, const NodeNames& names, const Value& value) {
  ObjectReader object(value);
  const auto to_value = object.required("to");
  Link link{read_end(object.required("from"), names), read_end(to_value, names), {1}, {}};
  const auto rate = object.required("bandwidth"), latency = object.required("latency");
  set(link.bandwidth, rate, read_bandwidth);
  set(link.latency, latency, read_duration);
  check_bounds(rate, link.bandwidth, Bandwidth{1}, Bandwidth{kMaxRate});
  check_bounds(latency, link.latency, Duration{}, Duration{kMaxLatency});
  bool duplex = true;
  set(duplex, object.optional("duplex"), read_bool);
  object.finish();
  if (link.from.valid() && link.from == link.to)
    to_value->complain("a link joins two different nodes; found " +
                       quote(topology.node(link.to).name) + " at both ends");
  if (value.document->has_issues()) return;
  duplex ? topology.add_duplex(link) : topology.add_link(link);
}

std::vector<Value> limited_elements(const std::optional<Value>& value, std::size_t limit) {
  if (!value) return {};
  if (value->node->is_array() && value->node->size() > limit) {
    value->complain("a list of " + std::to_string(value->node->size()) + "; at most " +
                    std::to_string(limit) + " are read");
    return {};
  }
  return elements(*value);
}

std::string node_line(const topology::Node& node) {
  return "    {\"name\": " + nlohmann::json(node.name).dump() + ", \"kind\": \"" +
         std::string(name_of(node.kind)) + (node.multicast ? "\", \"multicast\": true}" : "\"}");
}

std::string link_line(const Topology& topology, const Link& link, bool duplex) {
  return "    {\"from\": " + nlohmann::json(topology.node(link.from).name).dump() +
         ", \"to\": " + nlohmann::json(topology.node(link.to).name).dump() + ", \"bandwidth\": \"" +
         to_text(link.bandwidth) + "\", \"latency\": \"" + to_text(link.latency) +
         "\", \"duplex\": " + (duplex ? "true" : "false") + "}";
}

// Whether link i + 1 is link i the other way, as add_duplex makes them.
bool is_duplex(const Topology& topology, std::size_t i) {
  const auto& links = topology.links();
  if (i + 1 >= links.size()) return false;
  const Link &a = links[i], &b = links[i + 1];
  return a.from == b.to && a.to == b.from && a.bandwidth == b.bandwidth && a.latency == b.latency;
}

std::string node_lines(const Topology& topology) {
  std::string text;
  for (const topology::Node& node : topology.nodes())
    text += (text.empty() ? "" : ",\n") + node_line(node);
  return text;
}

std::string link_lines(const Topology& topology) {
  std::string text;
  for (std::size_t i = 0; i < topology.links().size();) {
    const bool duplex = is_duplex(topology, i);
    text += (text.empty() ? "" : ",\n") + link_line(topology, topology.links()[i], duplex);
    i += duplex ? 2 : 1;
  }
  return text;
}

}  // namespace

std::optional<Topology> read_topology_fields(ObjectReader& object) {
  std::string name, source;
  Provenance provenance = Provenance::assumed;
  set(name, object.required("name"), read_string);
  set(source, object.optional("source"), read_string);
  set(provenance, object.optional("provenance"), read_provenance);
  Topology topology(name, provenance, source);
  NodeNames names;
  const auto nodes = object.required("nodes");
  for (const Value& node : limited_elements(nodes, kMaxNodes)) read_node(topology, names, node);
  for (const Value& link : limited_elements(object.required("links"), kMaxLinks))
    read_link(topology, names, link);
  if (object.value().document->has_issues()) return std::nullopt;
  if (topology.gpus().empty()) {
    nodes->complain("there is no node of kind \"gpu\"");
    return std::nullopt;
  }
  return topology;
}

Topology read_topology(const std::string& text, const std::string& file) {
  Document document(text, file);
  ObjectReader object(document.root());
  check_schema(object, "topology", 1);
  std::optional<Topology> topology = read_topology_fields(object);
  object.finish();
  document.throw_if_any();
  return *std::move(topology);
}

std::string write_topology(const Topology& topology) {
  const auto text = [](const std::string& s) { return nlohmann::json(s).dump(); };
  return "{\n  \"schema\": \"twinlink.topology/1\",\n  \"name\": " + text(topology.name()) +
         ",\n  \"source\": " + text(topology.source()) + ",\n  \"provenance\": \"" +
         std::string(name_of(topology.provenance())) + "\",\n  \"nodes\": [\n" +
         node_lines(topology) + "\n  ],\n  \"links\": [\n" + link_lines(topology) + "\n  ]\n}\n";
}

}  // namespace twinlink::scenarios

#include "topology/describe.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

#include "topology/error.h"
#include "topology/route.h"

namespace twinlink::topology {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 12;

// value / 10^decimals without trailing zeros: exact, and the same in every locale.
std::string decimal(std::int64_t value, std::size_t decimals) {
  std::string digits = std::to_string(value);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - decimals, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

std::string text_of(Bandwidth rate) { return decimal(rate.bytes_per_s, 9) + " GB/s"; }
std::string text_of(Duration time) { return decimal(time.ps, 6) + " us"; }

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

// A label in the left column and words wrapped in the right one.
std::string paragraph(const std::string& label, const std::string& words) {
  std::string text = left(label, kIndent);
  std::size_t column = kIndent;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    const std::string word = words.substr(begin, end - begin);
    if (column > kIndent && column + 1 + word.size() > kWidth) {
      text += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    }
    if (column > kIndent) text += " ", ++column;
    text += word, column += word.size();
    begin = end + 1;
  }
  return text + "\n";
}

std::string node_counts(const Topology& topology) {
  std::map<NodeKind, int> counts;
  for (const Node& node : topology.nodes()) ++counts[node.kind];
  std::string text;
  for (const auto& [kind, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name_of(kind));
  return text.empty() ? "none" : text;
}

using Columns = std::array<std::string, 4>;  // from -> to, bandwidth, latency, how many

std::vector<Columns> link_classes(const Topology& topology) {
  std::map<std::tuple<NodeKind, NodeKind, Bandwidth, Duration>, int> counts;
  for (const Link& link : topology.links())
    ++counts[{topology.node(link.from).kind, topology.node(link.to).kind, link.bandwidth,
              link.latency}];
  std::vector<Columns> rows;
  for (const auto& [key, count] : counts) {
    const auto& [from, to, rate, latency] = key;
    rows.push_back({std::string(name_of(from)) + " -> " + std::string(name_of(to)), text_of(rate),
                    text_of(latency), "x " + std::to_string(count)});
  }
  return rows;
}

std::string link_table(const Topology& topology) {
  const std::vector<Columns> rows = link_classes(topology);
  std::array<std::size_t, 4> widths{};
  for (const Columns& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Columns& row : rows) {
    text += std::string(kIndent, ' ') + left(row[0], widths[0]);
    for (std::size_t i = 1; i < row.size() - 1; ++i)
      text += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    text += "  " + row.back() + "\n";
  }
  return text;
}

std::string count_of(double count, const std::string& what) {
  if (count > 9e15) return "over 9e15 " + what + "s";
  const auto whole = static_cast<std::int64_t>(count);
  return std::to_string(whole) + " " + what + (whole == 1 ? "" : "s");
}

std::string first_route(const Topology& topology) {
  if (topology.gpus().size() < 2) return "";
  const NodeId from = topology.gpus()[0];
  const NodeId to = topology.gpus()[1];
  std::string text = topology.node(from).name + " -> " + topology.node(to).name + ": ";
  try {
    const Route route = Router(topology).route(from, to);
    text += count_of(route.hops, "hop") + ", " + count_of(route.paths, "path") + ", " +
            text_of(bandwidth_of(topology, route)) + ", " + text_of(route.latency);
  } catch (const InputError&) {
    text += "none";
  }
  return paragraph("route", text);
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

const char* shape_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu: return "box";
    case NodeKind::nvswitch:
    case NodeKind::pcie_switch:
    case NodeKind::net_switch: return "ellipse";
    case NodeKind::cpu: return "hexagon";
    case NodeKind::nic: return "diamond";
  }
  return "box";
}

struct Edge {
  LinkId link;
  bool duplex;
};

// Pairs each link with the first free one that runs back at the same rate and latency.
std::vector<Edge> edges_of(const Topology& topology) {
  using Key = std::tuple<NodeId, NodeId, Bandwidth, Duration>;
  std::map<Key, std::vector<std::size_t>> open;  // one-way edges so far, last one first
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.links()[i];
    const auto back = open.find({link.to, link.from, link.bandwidth, link.latency});
    if (back != open.end() && !back->second.empty()) {
      edges[back->second.back()].duplex = true;
      back->second.pop_back();
    } else {
      open[{link.from, link.to, link.bandwidth, link.latency}].push_back(edges.size());
      edges.push_back({LinkId{i}, false});
    }
  }
  return edges;
}

}  // namespace

std::string to_text(const Topology& topology) {
  return paragraph("machine", topology.name()) +
         paragraph("provenance", std::string(name_of(topology.provenance()))) +
         paragraph("source", topology.source()) + paragraph("nodes", node_counts(topology)) +
         paragraph("links", std::to_string(topology.links().size()) + ", each in one direction") +
         link_table(topology) + first_route(topology);
}

std::string to_dot(const Topology& topology) {
  std::string text = "graph " + quoted(topology.name()) + " {\n";
  for (const Node& node : topology.nodes())
    text += "  " + quoted(node.name) + " [shape=" + shape_of(node.kind) + "];\n";
  for (const Edge& edge : edges_of(topology)) {
    const Link& link = topology.link(edge.link);
    std::string label = text_of(link.bandwidth);
    if (link.latency.ps > 0) label += ", " + text_of(link.latency);
    text += "  " + quoted(topology.node(link.from).name) + " -- " +
            quoted(topology.node(link.to).name) + " [label=" + quoted(label) +
            (edge.duplex ? "" : ", dir=forward") + "];\n";
  }
  return text + "}\n";
}

}  // namespace twinlink::topology

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::topology {
namespace {

struct Ends {
  NodeId from, to;  // to invalid: every link of `from`
  [[nodiscard]] bool match(const Link& link) const {
    if (!to.valid()) return link.from == from || link.to == from;
    return (link.from == from && link.to == to) || (link.from == to && link.to == from);
  }
};

// The shortest text that reads back as the same number, in every locale.
std::string text_of(double factor) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), factor).ptr;
  return {digits.data(), end};
}

// Checks one degradation after the other and gathers what is wrong with all of them.
class Checker {
 public:
  explicit Checker(const Topology& topology) : topology_(topology) {
    for (const Node& node : topology.nodes()) names_.push_back(node.name);
  }

  Ends check(const Degradation& degradation, std::size_t index) {
    at_ = "/degrade/" + std::to_string(index);
    Ends ends{find(degradation.from, "/from"), {}};
    if (!degradation.to.empty()) ends.to = find(degradation.to, "/to");
    const bool names_known = ends.from.valid() && (degradation.to.empty() || ends.to.valid());
    if (names_known) check_joined(degradation, ends);
    if (!(degradation.factor >= 0 && degradation.factor <= 1))
      add("/factor", "factor is " + text_of(degradation.factor) + ", not in 0 to 1");
    return ends;
  }

  void finish() {
    if (!issues_.empty()) throw InputError(std::move(issues_));
  }

 private:
  NodeId find(const std::string& name, const char* field) {
    const NodeId id = topology_.find(name);
    if (!id.valid())
      add(field, "machine \"" + topology_.name() + "\" has no node \"" + name + "\"." +
                     did_you_mean(name, names_));
    return id;
  }

  void check_joined(const Degradation& degradation, const Ends& ends) {
    const auto& links = topology_.links();
    if (std::any_of(links.begin(), links.end(), [&](const Link& link) { return ends.match(link); }))
      return;
    if (degradation.to.empty())
      add("", "no link ends at \"" + degradation.from + "\"");
    else
      add("", "no link joins \"" + degradation.from + "\" and \"" + degradation.to + "\"");
  }

  void add(const char* field, std::string message) {
    issues_.push_back({at_ + field, std::move(message), {}, 0, 0});
  }

  const Topology& topology_;
  std::vector<std::string> names_;
  std::string at_;
  std::vector<InputIssue> issues_;
};

std::string source_of(const Topology& topology, std::span<const Degradation> degradations) {
  std::string text = topology.source();
  for (const Degradation& degradation : degradations) {
    const std::string to = degradation.to.empty() ? "all" : degradation.to;
    text +=
        " Degraded: " + degradation.from + " - " + to + " x " + text_of(degradation.factor) + ".";
  }
  return text;
}

// What is left of a link's rate: 0 if any of its factors is 0, else at least 1 byte/s.
Bandwidth degraded(const Link& link, std::span<const Ends> ends,
                   std::span<const Degradation> degradations) {
  double rate = static_cast<double>(link.bandwidth.bytes_per_s);
  bool touched = false;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (!ends[i].match(link)) continue;
    rate *= degradations[i].factor;
    if (degradations[i].factor == 0) return {0};
    touched = true;
  }
  if (!touched) return link.bandwidth;
  return {std::max<std::int64_t>(1, std::llround(rate))};
}

}  // namespace

Topology degrade(const Topology& topology, std::span<const Degradation> degradations) {
  Checker checker(topology);
  std::vector<Ends> ends;
  for (std::size_t i = 0; i < degradations.size(); ++i)
    ends.push_back(checker.check(degradations[i], i));
  checker.finish();

  Topology result(topology.name(), topology.provenance(), source_of(topology, degradations));
  for (const Node& node : topology.nodes()) result.add_node(node.kind, node.name, node.multicast);
  for (const Link& link : topology.links()) {
    const Bandwidth rate = degraded(link, ends, degradations);
    if (rate.bytes_per_s > 0) result.add_link({link.from, link.to, rate, link.latency});
  }
  return result;
}

}  // namespace twinlink::topology

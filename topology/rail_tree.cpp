#include "topology/rail_tree.h"

#include <algorithm>
#include <map>
#include <utility>

namespace twinlink::topology {

// Reads the shape, node by node; every step says whether it is there.
class RailTree::Reader {
 public:
  explicit Reader(const Topology& topology) : topology_(topology), next_(topology.nodes().size()) {}

  std::optional<RailTree> read() {
    if (!read_pairs() || !read_ends() || !read_rails()) return std::nullopt;
    return std::move(tree_);
  }

 private:
  [[nodiscard]] NodeKind kind(NodeId node) const { return topology_.node(node).kind; }
  [[nodiscard]] const std::vector<NodeId>& next(NodeId node) const { return next_[node.index()]; }
  [[nodiscard]] LinkId link(NodeId from, NodeId to) const { return link_.at({from, to}); }
  [[nodiscard]] Duration latency(LinkId id) const { return topology_.link(id).latency; }

  // One link each way between any two neighbours.
  bool read_pairs() {
    for (std::size_t i = 0; i < topology_.links().size(); ++i) {
      const Link& link = topology_.links()[i];
      if (!link_.emplace(std::pair(link.from, link.to), LinkId{i}).second) return false;
      next_[link.from.index()].push_back(link.to);
    }
    return std::all_of(link_.begin(), link_.end(), [this](const auto& known) {
      return link_.contains({known.first.second, known.first.first});
    });
  }

  // The only neighbour of that kind.
  [[nodiscard]] std::optional<NodeId> only(NodeId node, NodeKind wanted) const {
    std::optional<NodeId> found;
    for (const NodeId neighbour : next(node)) {
      if (kind(neighbour) != wanted) continue;
      if (found) return std::nullopt;
      found = neighbour;
    }
    return found;
  }

  bool read_end(NodeId gpu) {
    const auto domain = only(gpu, NodeKind::nvswitch), nic = only(gpu, NodeKind::nic);
    if (!domain || !nic || next(gpu).size() != 2 || next(*nic).size() != 2) return false;
    const auto rail = only(*nic, NodeKind::net_switch);
    if (!rail) return false;
    End end{*domain,
            *rail,
            link(gpu, *domain),
            link(*domain, gpu),
            link(gpu, *nic),
            link(*nic, *rail),
            link(*rail, *nic),
            link(*nic, gpu),
            {},
            {},
            {},
            {}};
    end.up = latency(end.to_domain), end.down = latency(end.from_domain);
    end.out = latency(end.to_nic) + latency(end.to_rail);
    end.in = latency(end.from_rail) + latency(end.from_nic);
    tree_.ends_.push_back(end);
    return true;
  }

  bool read_ends() {
    for (const NodeId gpu : topology_.gpus())
      if (!read_end(gpu)) return false;
    return !tree_.ends_.empty();
  }

  [[nodiscard]] bool has_nics(NodeId node) const {
    return std::any_of(next(node).begin(), next(node).end(),
                       [this](NodeId neighbour) { return kind(neighbour) == NodeKind::nic; });
  }

  // Switches that join GPUs only, NICs of a GPU, and network switches; nothing else.
  [[nodiscard]] bool may_be(NodeId node) const {
    const auto all = [&](NodeKind wanted) {
      return std::all_of(next(node).begin(), next(node).end(),
                         [&](NodeId neighbour) { return kind(neighbour) == wanted; });
    };
    switch (kind(node)) {
      case NodeKind::gpu: return true;
      case NodeKind::nvswitch: return all(NodeKind::gpu);
      case NodeKind::nic: return only(node, NodeKind::gpu).has_value();
      case NodeKind::net_switch: return has_nics(node) || all(NodeKind::net_switch);
      case NodeKind::pcie_switch:
      case NodeKind::cpu: return false;
    }
    return false;
  }

  bool read_rails() {
    tree_.spines_.resize(topology_.nodes().size());
    std::vector<NodeId> rails, spines;
    for (std::size_t i = 0; i < topology_.nodes().size(); ++i) {
      const NodeId node{i};
      if (!may_be(node)) return false;
      if (kind(node) == NodeKind::net_switch) (has_nics(node) ? rails : spines).push_back(node);
    }
    if (spines.empty() && rails.size() > 1) return false;
    for (const NodeId spine : spines)
      if (next(spine).size() != rails.size()) return false;
    return std::all_of(rails.begin(), rails.end(),
                       [&](NodeId rail) { return read_rail(rail, spines); });
  }

  bool read_rail(NodeId rail, const std::vector<NodeId>& spines) {
    const auto nics = std::count_if(next(rail).begin(), next(rail).end(),
                                    [this](NodeId node) { return kind(node) == NodeKind::nic; });
    if (next(rail).size() != spines.size() + static_cast<std::size_t>(nics)) return false;
    for (const NodeId spine : spines) {
      if (!link_.contains({rail, spine})) return false;
      const Spine links{link(rail, spine), link(spine, rail)};
      if (!same_as_others(links.up) || !same_as_others(links.down)) return false;
      tree_.spines_[rail.index()].push_back(links);
    }
    return true;
  }

  // Rate and latency of a link to or from a spine.
  bool same_as_others(LinkId id) {
    const Link& one = topology_.link(id);
    if (!sample_) sample_ = one, tree_.spine_latency_ = one.latency * 2;
    return one.bandwidth == sample_->bandwidth && one.latency == sample_->latency;
  }

  const Topology& topology_;
  RailTree tree_;
  std::vector<std::vector<NodeId>> next_;  // per node
  std::map<std::pair<NodeId, NodeId>, LinkId> link_;
  std::optional<Link> sample_;
};

std::optional<RailTree> RailTree::of(const Topology& topology) { return Reader(topology).read(); }

Duration RailTree::latency(std::size_t from, std::size_t to) const {
  const End &a = ends_[from], &b = ends_[to];
  if (a.domain == b.domain) return from == to ? Duration{} : a.up + b.down;
  return a.out + b.in + (a.rail == b.rail ? Duration{} : spine_latency_);
}

void RailTree::append_links(std::size_t from, std::size_t to, std::vector<LinkShare>& links) const {
  if (from == to) return;
  const End &a = ends_[from], &b = ends_[to];
  if (a.domain == b.domain) {
    links.push_back({a.to_domain, 1.0});
    links.push_back({b.from_domain, 1.0});
    return;
  }
  links.push_back({a.to_nic, 1.0});
  links.push_back({a.to_rail, 1.0});
  if (a.rail != b.rail) {
    const auto &up = spines_[a.rail.index()], &down = spines_[b.rail.index()];
    const double share = 1.0 / static_cast<double>(up.size());
    for (std::size_t i = 0; i < up.size(); ++i) {
      links.push_back({up[i].up, share});
      links.push_back({down[i].down, share});
    }
  }
  links.push_back({b.from_rail, 1.0});
  links.push_back({b.from_nic, 1.0});
}

}  // namespace twinlink::topology

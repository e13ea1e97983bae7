#include "models/cost/fabric.h"

#include <algorithm>
#include <optional>

namespace twinlink::models {
namespace {

using topology::Link;
using topology::NodeKind;
using topology::Topology;

struct Spoke {
  NodeId hub;
  Bandwidth bandwidth;
  Duration latency;
  auto operator<=>(const Spoke&) const = default;
};

// The links of one GPU in one direction, by switch; nothing if one of them ends at another GPU.
std::vector<std::vector<Spoke>> spokes(const Topology& topology, bool outgoing) {
  std::vector<std::vector<Spoke>> of_node(topology.nodes().size());
  for (const Link& link : topology.links()) {
    const NodeId near = outgoing ? link.from : link.to;
    const NodeId far = outgoing ? link.to : link.from;
    of_node[near.index()].push_back({far, link.bandwidth, link.latency});
  }
  for (auto& list : of_node) std::sort(list.begin(), list.end());
  return of_node;
}

bool joins_gpu_and_switch(const Topology& topology, const Link& link) {
  const bool from_gpu = topology.node(link.from).kind == NodeKind::gpu;
  const bool to_gpu = topology.node(link.to).kind == NodeKind::gpu;
  return from_gpu != to_gpu;
}

// The spokes every GPU has in both directions, if the machine is a uniform star.
std::optional<std::vector<Spoke>> uniform_star(const Topology& topology) {
  for (const Link& link : topology.links())
    if (!joins_gpu_and_switch(topology, link)) return std::nullopt;
  const auto out = spokes(topology, true);
  const auto in = spokes(topology, false);
  if (topology.gpus().empty()) return std::nullopt;
  const std::vector<Spoke>& first = out[topology.gpus().front().index()];
  for (const NodeId gpu : topology.gpus())
    if (out[gpu.index()] != first || in[gpu.index()] != first) return std::nullopt;
  if (first.empty()) return std::nullopt;
  return first;
}

}  // namespace

Fabric::Fabric(const topology::Topology& topology) : topology_(topology), router_(topology) {
  const auto star = uniform_star(topology);
  folded_ = star.has_value();
  if (!folded_) {
    for (const Link& link : topology.links())
      capacity_.push_back(static_cast<double>(link.bandwidth.bytes_per_s));
    return;
  }
  double port = 0;
  for (const Spoke& spoke : *star) {
    port += static_cast<double>(spoke.bandwidth.bytes_per_s);
    star_latency_ = std::max(star_latency_, spoke.latency * 2);
  }
  capacity_.assign(topology.gpus().size() * 2, port);
}

std::string Fabric::name_of(std::size_t resource) const {
  if (folded_) {
    const NodeId gpu = topology_.gpus()[resource / 2];
    return topology_.node(gpu).name + (resource % 2 == 0 ? " out" : " in");
  }
  const Link& link = topology_.links()[resource];
  return "link " + topology_.node(link.from).name + " -> " + topology_.node(link.to).name;
}

const FabricRoute& Fabric::route(std::int32_t from_gpu, std::int32_t to_gpu) {
  if (folded_ && from_gpu != to_gpu) {
    star_route_.uses.assign({{2 * from_gpu, 1.0}, {2 * to_gpu + 1, 1.0}});
    star_route_.latency = star_latency_;
    return star_route_;
  }
  const auto key = std::pair(from_gpu, to_gpu);
  const auto known = routes_.find(key);
  if (known != routes_.end()) return known->second;
  return routes_.emplace(key, find(from_gpu, to_gpu)).first->second;
}

std::vector<FabricUse> Fabric::tree(std::span<const GpuPair> branches) {
  std::map<std::int32_t, double> most;
  const auto add = [&](const std::vector<FabricUse>& uses) {
    for (const FabricUse& use : uses) {
      double& share = most[use.resource];
      share = std::max(share, use.share);
    }
  };
  for (const GpuPair& pair : branches) {
    if (pair.from != pair.to) {
      add(route(pair.from, pair.to).uses);
      continue;
    }
    for (const GpuPair& other : branches) {
      if (other.from == other.to) continue;
      const bool reduces = other.to == pair.to;  // towards this GPU: its own bytes go out first
      add(own_branch(pair.from, reduces ? other.from : other.to, reduces));
      break;
    }
  }
  std::vector<FabricUse> uses;
  for (const auto& [resource, share] : most) uses.push_back({resource, share});
  return uses;
}

std::vector<FabricUse> Fabric::own_branch(std::int32_t gpu, std::int32_t peer, bool outgoing) {
  const FabricRoute there = outgoing ? route(gpu, peer) : route(peer, gpu);
  if (folded_) return {outgoing ? there.uses.front() : there.uses.back()};
  const NodeId node = topology_.gpus()[static_cast<std::size_t>(gpu)];
  std::vector<FabricUse> own;
  for (const FabricUse& use : there.uses) {
    const Link& link = topology_.links()[static_cast<std::size_t>(use.resource)];
    if ((outgoing ? link.from : link.to) == node) own.push_back(use);
  }
  return own;
}

FabricRoute Fabric::find(std::int32_t from_gpu, std::int32_t to_gpu) {
  if (from_gpu == to_gpu) return {};
  const auto& gpus = topology_.gpus();
  const topology::Route found = router_.route(gpus[static_cast<std::size_t>(from_gpu)],
                                              gpus[static_cast<std::size_t>(to_gpu)]);
  FabricRoute result{{}, found.latency};
  for (const topology::LinkShare& link : found.links)
    result.uses.push_back({link.link.value, link.share});
  return result;
}

}  // namespace twinlink::models

#include "models/cost/fabric.h"

#include <algorithm>
#include <optional>

#include "topology/error.h"
#include "topology/fold.h"

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

FabricRoute route_of(const Topology& topology, const topology::Route& found) {
  FabricRoute result{{}, found.latency};
  for (const topology::LinkShare& part : found.links) {
    result.uses.push_back({part.link.value, part.share});
    if (topology.node(topology.link(part.link).to).kind == NodeKind::nic) result.crosses_nic = true;
  }
  return result;
}

}  // namespace

struct Fabric::Net {
  explicit Net(const Topology& whole)
      : topology(topology::fold_twin_switches(whole)),
        rails(topology::RailTree::of(topology)),
        router(topology) {}
  Topology topology;
  std::optional<topology::RailTree> rails;
  topology::Router router;
};

Fabric::Fabric(const topology::Topology& topology) : topology_(topology) {
  const auto star = uniform_star(topology);
  if (!star) {
    net_ = std::make_unique<Net>(topology);
    for (const Link& link : net_->topology.links())
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

Fabric::~Fabric() = default;

std::string Fabric::name_of(std::size_t resource) const {
  if (net_ == nullptr) {
    const NodeId gpu = topology_.gpus()[resource / 2];
    return topology_.node(gpu).name + (resource % 2 == 0 ? " out" : " in");
  }
  const Link& link = net_->topology.links()[resource];
  return "link " + net_->topology.node(link.from).name + " -> " + net_->topology.node(link.to).name;
}

const FabricRoute& Fabric::route(std::int32_t from_gpu, std::int32_t to_gpu) {
  if (from_gpu == to_gpu) return last_ = {};
  if (net_ == nullptr) {
    last_.uses.assign({{2 * from_gpu, 1.0}, {2 * to_gpu + 1, 1.0}});
    last_.latency = star_latency_;
    return last_;
  }
  if (net_->rails) {
    route_by_rails(from_gpu, to_gpu);
    return last_;
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
  if (net_ == nullptr) return {outgoing ? there.uses.front() : there.uses.back()};
  const NodeId node = net_->topology.gpus()[static_cast<std::size_t>(gpu)];
  std::vector<FabricUse> own;
  for (const FabricUse& use : there.uses) {
    const Link& link = net_->topology.links()[static_cast<std::size_t>(use.resource)];
    if ((outgoing ? link.from : link.to) == node) own.push_back(use);
  }
  return own;
}

void Fabric::route_by_rails(std::int32_t from_gpu, std::int32_t to_gpu) {
  const auto from = static_cast<std::size_t>(from_gpu), to = static_cast<std::size_t>(to_gpu);
  links_.clear();
  net_->rails->append_links(from, to, links_);
  last_.uses.clear();
  for (const topology::LinkShare& part : links_)
    last_.uses.push_back({part.link.value, part.share});
  last_.latency = net_->rails->latency(from, to);
  last_.crosses_nic = net_->rails->crosses_nic(from, to);
}

FabricDelay Fabric::net_delay(std::int32_t from_gpu, std::int32_t to_gpu) {
  if (from_gpu == to_gpu) return {};
  if (net_->rails) {
    const auto from = static_cast<std::size_t>(from_gpu), to = static_cast<std::size_t>(to_gpu);
    return {net_->rails->latency(from, to), net_->rails->crosses_nic(from, to)};
  }
  const FabricRoute& found = route(from_gpu, to_gpu);
  return {found.latency, found.crosses_nic};
}

FabricRoute Fabric::find(std::int32_t from_gpu, std::int32_t to_gpu) {
  const auto& gpus = net_->topology.gpus();
  return route_of(net_->topology, net_->router.route(gpus[static_cast<std::size_t>(from_gpu)],
                                                     gpus[static_cast<std::size_t>(to_gpu)]));
}

void ensure_gpus_exist(const topology::Topology& topology, std::span<const std::int32_t> gpus) {
  const auto have = static_cast<std::int32_t>(topology.gpus().size());
  for (const std::int32_t gpu : gpus)
    if (gpu < 0 || gpu >= have)
      throw InputError("the plan needs GPU " + std::to_string(gpu) + ", but machine \"" +
                           topology.name() + "\" has " + std::to_string(have) +
                           (have == 1 ? " GPU" : " GPUs"),
                       "/ranks");
}

}  // namespace twinlink::models

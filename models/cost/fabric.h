#pragma once
// The links of a machine as resources, and what a byte from GPU to GPU uses of them.
//
// On a uniform star (every GPU has the same links to the same switches, no link between switches,
// as in a healthy HGX or NVL72) every route stripes over all links in the same proportions, so all
// outgoing links of a GPU fill together: they fold into one out port, the incoming ones into one in
// port, exactly. Any other machine has one resource per link, once twin switches are folded into
// one (exact too), and asks the Router, or the RailTree if it has that shape: thousands of GPUs
// then cost no search and no memory per pair.
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "topology/rail_tree.h"
#include "topology/route.h"
#include "topology/topology.h"

namespace twinlink::models {

struct FabricUse {
  std::int32_t resource;
  double share;  // of the bytes that travel
};

struct GpuPair {
  std::int32_t from, to;
};

struct FabricRoute {
  std::vector<FabricUse> uses;
  Duration latency;
  bool crosses_nic = false;
};

// What an op needs of a route before its uses.
struct FabricDelay {
  Duration latency;
  bool crosses_nic = false;
};

class Fabric {
 public:
  // Keeps a reference to the topology.
  explicit Fabric(const topology::Topology& topology);
  ~Fabric();
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;
  [[nodiscard]] std::size_t size() const { return capacity_.size(); }
  [[nodiscard]] std::size_t gpus() const { return topology_.gpus().size(); }
  [[nodiscard]] double capacity(std::size_t resource) const { return capacity_[resource]; }
  [[nodiscard]] std::string name_of(std::size_t resource) const;
  // Between two GPUs by index; the same GPU: nothing. Valid until the next call.
  const FabricRoute& route(std::int32_t from_gpu, std::int32_t to_gpu);

  // The links of all these routes, each once, with its largest share. They all begin or all end at
  // one GPU; the pair of that GPU with itself goes to the switches and back.
  std::vector<FabricUse> tree(std::span<const GpuPair> branches);

  [[nodiscard]] FabricDelay delay(std::int32_t from_gpu, std::int32_t to_gpu) {
    if (net_ == nullptr) return {from_gpu == to_gpu ? Duration{} : star_latency_, false};
    return net_delay(from_gpu, to_gpu);
  }

 private:
  // What `gpu` uses of its own links when it meets the others in the switch.
  std::vector<FabricUse> own_branch(std::int32_t gpu, std::int32_t peer, bool outgoing);
  struct Net;  // of a machine that is no star
  void route_by_rails(std::int32_t from_gpu, std::int32_t to_gpu);
  [[nodiscard]] FabricRoute find(std::int32_t from_gpu, std::int32_t to_gpu);
  [[nodiscard]] FabricDelay net_delay(std::int32_t from_gpu, std::int32_t to_gpu);

  const topology::Topology& topology_;
  std::unique_ptr<Net> net_;
  Duration star_latency_;
  std::vector<double> capacity_;
  FabricRoute last_;  // where routes are computed, not remembered
  std::vector<topology::LinkShare> links_;
  std::map<std::pair<std::int32_t, std::int32_t>, FabricRoute> routes_;
};

// Throws InputError, naming the first GPU that the machine lacks.
void ensure_gpus_exist(const topology::Topology& topology, std::span<const std::int32_t> gpus);

}  // namespace twinlink::models

#pragma once
// Executes a scan schedule on nothing but clocks: what it moves and how long its longest chain is.
//
// Same members as ScanGroup. An operation costs, per slice of b bytes: `message` if it touches
// another position's memory, `byte` per byte of other positions that it moves, and per operator
// application (k sources: k - 1) `application` + b `applied_byte`. It starts when its lane and its
// states are ready. So (1, 0, 0, 0) counts rounds, (alpha, beta, 0, gamma) gives seconds without
// contention: ports that several readers share are not seen.
// Left out: launches, flags, rendezvous, local work.
#include <span>
#include <string_view>
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

struct ScanWeights {
  double message = 0, byte = 0, application = 0, applied_byte = 0;
};

class ScanTally {
 public:
  struct State {
    std::size_t at = 0;         // position that holds it
    std::size_t maker = 0;      // position whose lane made it
    std::vector<double> ready;  // by slice; empty: given
  };
  struct Part {
    State state;
    std::size_t later = 0;
  };

  ScanTally(const CollectiveRequest& request, std::size_t members, std::int64_t slices,
            const ScanWeights& weights);

  [[nodiscard]] std::size_t size() const { return lane_.size(); }
  [[nodiscard]] bool inclusive() const { return inclusive_; }
  [[nodiscard]] State input(std::size_t p) const { return {p, p, {}}; }
  [[nodiscard]] std::size_t output(std::size_t p) const { return p; }
  [[nodiscard]] std::size_t scratch(std::size_t p, std::string_view /*name*/,
                                    std::size_t /*number*/ = 0) const {
    return p;
  }
  void local_work(std::size_t) {}
  void local_work_everywhere() {}
  State identity(std::size_t p, std::size_t to) { return run(p, {}, to, 0); }
  State copy(std::size_t p, const State& from, std::size_t to) { return run(p, {&from}, to, 0); }
  State fold(std::size_t p, const State& earlier, const State& later, std::size_t later_members,
             std::size_t to);
  State fold(std::size_t p, std::span<const Part> parts, std::size_t to);

  // The end of the longest chain.
  [[nodiscard]] double longest() const;
  [[nodiscard]] std::int64_t messages() const { return messages_; }
  [[nodiscard]] Bytes bytes_in() const;   // largest of any position
  [[nodiscard]] Bytes bytes_out() const;  // likewise

 private:
  State run(std::size_t p, const std::vector<const State*>& sources, std::size_t to,
            std::size_t applications);
  void move(std::size_t from, std::size_t to);

  bool inclusive_;
  ScanWeights weights_;
  std::vector<std::int64_t> slice_bytes_;
  std::int64_t state_bytes_ = 0;
  std::vector<double> lane_;            // by position: when it is free
  std::vector<std::int64_t> in_, out_;  // by position: bytes
  std::int64_t messages_ = 0;
};

}  // namespace twinlink::models

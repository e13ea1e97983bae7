#pragma once
// Counts what a scan schedule would build, and nothing else: every plan is counted before it is
// built, so this must cost little beside building.
//
// Same members as ScanGroup, for states of one slice and without local work. Dependencies: at most
// one per source.
#include <cstddef>
#include <span>
#include <string_view>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

class ScanSize {
 public:
  struct State {};
  struct Place {};
  struct Part {
    State state;
    std::size_t later = 0;
  };

  ScanSize(const CollectiveRequest& request, std::size_t members)
      : members_(members), inclusive_(request.operation == Operation::scan) {
    counts_.buffers = 2 * members;
  }

  [[nodiscard]] std::size_t size() const { return members_; }
  [[nodiscard]] bool inclusive() const { return inclusive_; }
  [[nodiscard]] State input(std::size_t) const { return {}; }
  [[nodiscard]] Place output(std::size_t) const { return {}; }
  Place scratch(std::size_t, std::string_view /*name*/) {
    ++counts_.buffers;
    return {};
  }
  Place scratch(std::size_t p, std::string_view name, std::size_t /*number*/) {
    return scratch(p, name);
  }
  void local_work(std::size_t) {}
  void local_work_everywhere() {}
  State identity(std::size_t, Place) { return op(0); }
  State copy(std::size_t, State, Place) { return op(1); }
  State fold(std::size_t, State, State, std::size_t, Place) { return op(2); }
  State fold(std::size_t, std::span<const Part> parts, Place) { return op(parts.size()); }

  [[nodiscard]] const OpCounts& counts() const { return counts_; }

 private:
  State op(std::size_t sources) {
    ++counts_.ops;
    counts_.slices += sources + 1;
    counts_.deps += sources;
    return {};
  }

  std::size_t members_;
  bool inclusive_;
  OpCounts counts_;
};

}  // namespace twinlink::models

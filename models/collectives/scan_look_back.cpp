#include "models/collectives/scan_look_back.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

std::size_t distance(std::size_t members) {
  std::size_t distance = 1;
  while (distance * distance < members && distance + 1 < members) ++distance;
  return distance;
}

template <class Scan>
class LookBackSteps {
 public:
  using State = typename Scan::State;
  explicit LookBackSteps(Scan& scan) : scan_(scan), distance_(distance(scan.size())) {}

  void build() {
    finish_first(scan_);
    prefix_.push_back(scan_.input(0));
    for (std::size_t p = 1; p < scan_.size(); ++p) step(p);
  }

 private:
  void step(std::size_t p) {
    const std::size_t end = p + (scan_.inclusive() ? 1 : 0);
    const std::size_t first = p > distance_ ? p - distance_ : 0;
    std::vector<typename Scan::Part> parts{{prefix_[first], end - 1 - first}};
    for (std::size_t j = first + 1; j < end; ++j) parts.push_back({scan_.input(j), end - 1 - j});
    prefix_.push_back(scan_.fold(p, parts, scan_.output(p)));
    if (scan_.inclusive() || p + distance_ >= scan_.size()) return;
    prefix_[p] = scan_.fold(p, prefix_[p], scan_.input(p), 1, scan_.scratch(p, "prefix"));
  }

  Scan& scan_;
  std::size_t distance_;
  std::vector<State> prefix_;  // by position: inclusive, where anybody reads it
};

struct LookBack : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    LookBackSteps<Scan>(scan).build();
  }
};

// With the readers of a rank sharing its port.
double time_of_look_back(const CollectiveRequest& request, const AlphaBetaGamma& costs,
                         std::int64_t members) {
  if (members == 1) return 0;
  const auto bytes = static_cast<double>(request.bytes.count);
  const auto w = static_cast<std::int64_t>(distance(static_cast<std::size_t>(members)));
  const std::int64_t steps = (members - 2 + w) / w;
  const std::int64_t folds = members - (request.operation == Operation::scan ? 1 : 2);
  return static_cast<double>(steps) * costs.alpha +
         static_cast<double>(steps * w) * bytes * costs.beta +
         static_cast<double>(folds) * bytes * costs.gamma;
}

}  // namespace

Plan build_scan_look_back(const CollectiveRequest& request) {
  return build_scan(request, "look_back", LookBack{});
}

AlgorithmCounts counts_scan_look_back(const CollectiveRequest& request) {
  return count_scan(request, LookBack{});
}

double closed_form_scan_look_back(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  if (request.slices > 1) return time_scan(request, costs, LookBack{});
  return slowest_group(
      request, [&](std::int64_t members) { return time_of_look_back(request, costs, members); });
}

OpCounts plan_size_scan_look_back(const CollectiveRequest& request) {
  return scan_plan_size(request, LookBack{});
}

}  // namespace twinlink::models

#include "models/collectives/scan_doubling_123.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

template <class Scan>
class Rounds123 {
 public:
  using State = typename Scan::State;
  explicit Rounds123(Scan& scan) : scan_(scan), x_(scan.size()) {}

  void build() {
    for (std::size_t p = 1; p < scan_.size(); ++p)
      x_[p] = scan_.copy(p, scan_.input(p - 1), place(p, 1, p < 2));
    second_round();
    for (std::size_t skip = 3; skip + 1 < scan_.size(); skip *= 2) {
      const std::vector<State> before = x_;
      for (std::size_t p = skip + 1; p < scan_.size(); ++p)
        x_[p] = scan_.fold(p, before[p - skip], before[p], skip, place(p, skip, p < 2 * skip + 1));
    }
    finish_first(scan_);
    for (std::size_t p = 1; scan_.inclusive() && p < scan_.size(); ++p)
      scan_.fold(p, x_[p], scan_.input(p), 1, scan_.output(p));
  }

 private:
  void second_round() {
    std::vector<State> message(scan_.size());
    for (std::size_t p = 0; p + 2 < scan_.size(); ++p)
      message[p] = p == 0 ? scan_.input(p)
                          : scan_.fold(p, x_[p], scan_.input(p), 1, scan_.scratch(p, "message"));
    for (std::size_t p = 2; p < scan_.size(); ++p)
      x_[p] = scan_.fold(p, message[p - 2], x_[p], 1, place(p, 2, p < 4));
  }

  // `last`: the exclusive prefix is complete.
  auto place(std::size_t p, std::size_t skip, bool last) {
    return last && !scan_.inclusive() ? scan_.output(p) : scan_.scratch(p, "x", skip);
  }

  Scan& scan_;
  std::vector<State> x_;  // by position: of the positions before it
};

struct Doubling123 : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    Rounds123<Scan>(scan).build();
  }
};

}  // namespace

Plan build_scan_doubling_123(const CollectiveRequest& request) {
  return build_scan(request, "doubling_123", Doubling123{});
}

AlgorithmCounts counts_scan_doubling_123(const CollectiveRequest& request) {
  return count_scan(request, Doubling123{});
}

double closed_form_scan_doubling_123(const CollectiveRequest& request,
                                     const AlphaBetaGamma& costs) {
  return time_scan(request, costs, Doubling123{});
}

OpCounts plan_size_scan_doubling_123(const CollectiveRequest& request) {
  return scan_plan_size(request, Doubling123{});
}

}  // namespace twinlink::models

#include "models/collectives/scan_brent_kung.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

template <class Scan>
class BrentKungTree {
 public:
  explicit BrentKungTree(Scan& scan) : scan_(scan) {
    for (std::size_t p = 0; p < scan.size(); ++p) value_.push_back(scan.input(p));
  }

  void build() {
    std::size_t half = 1;
    for (; 2 * half <= scan_.size(); half *= 2)
      for (std::size_t r = 2 * half - 1; r < scan_.size(); r += 2 * half)
        join(r, half, r + 1 == 2 * half);
    for (; half >= 1; half /= 2)
      for (std::size_t r = 3 * half - 1; r < scan_.size(); r += 2 * half) join(r, half, true);
    finish_first(scan_);
    for (std::size_t p = 1; !scan_.inclusive() && p < scan_.size(); ++p)
      scan_.copy(p, value_[p - 1], scan_.output(p));
  }

 private:
  // Position r folds in what ends `half` positions before it; `last`: this is its prefix.
  void join(std::size_t r, std::size_t half, bool last) {
    const auto to = last && scan_.inclusive() ? scan_.output(r) : scan_.scratch(r, "block", half);
    value_[r] = scan_.fold(r, value_[r - half], value_[r], half, to);
  }

  Scan& scan_;
  std::vector<typename Scan::State> value_;  // by position: of the positions that end there
};

struct BrentKung : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    BrentKungTree<Scan>(scan).build();
  }
};

}  // namespace

Plan build_scan_brent_kung(const CollectiveRequest& request) {
  return build_scan(request, "brent_kung", BrentKung{});
}

AlgorithmCounts counts_scan_brent_kung(const CollectiveRequest& request) {
  return count_scan(request, BrentKung{});
}

double closed_form_scan_brent_kung(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return time_scan(request, costs, BrentKung{});
}

OpCounts plan_size_scan_brent_kung(const CollectiveRequest& request) {
  return scan_plan_size(request, BrentKung{});
}

}  // namespace twinlink::models

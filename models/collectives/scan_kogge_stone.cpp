#include "models/collectives/scan_kogge_stone.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

struct KoggeStone : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    finish_first(scan);
    const std::size_t first = scan.inclusive() ? 0 : 1;  // the lowest position with a state
    std::vector<typename Scan::State> x;
    for (std::size_t p = 0; p < scan.size(); ++p)
      x.push_back(p < first || scan.inclusive()
                      ? scan.input(p)
                      : scan.copy(p, scan.input(p - 1), place(scan, p, p == first, 0)));
    for (std::size_t skip = 1; first + skip < scan.size(); skip *= 2) {
      const auto before = x;
      for (std::size_t p = first + skip; p < scan.size(); ++p)
        x[p] = scan.fold(p, before[p - skip], before[p], skip,
                         place(scan, p, p < first + 2 * skip, skip));
    }
  }

 private:
  template <class Scan>
  static auto place(Scan& scan, std::size_t p, bool last, std::size_t skip) {
    return last ? scan.output(p) : scan.scratch(p, "x", skip);
  }
};

}  // namespace

Plan build_scan_kogge_stone(const CollectiveRequest& request) {
  return build_scan(request, "kogge_stone", KoggeStone{});
}

AlgorithmCounts counts_scan_kogge_stone(const CollectiveRequest& request) {
  return count_scan(request, KoggeStone{});
}

double closed_form_scan_kogge_stone(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return time_scan(request, costs, KoggeStone{});
}

OpCounts plan_size_scan_kogge_stone(const CollectiveRequest& request) {
  return scan_plan_size(request, KoggeStone{});
}

}  // namespace twinlink::models

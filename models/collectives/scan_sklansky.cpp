#include "models/collectives/scan_sklansky.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

struct Sklansky : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    std::vector<typename Scan::State> x;
    for (std::size_t p = 0; p < scan.size(); ++p) x.push_back(scan.input(p));
    for (std::size_t half = 1; half < scan.size(); half *= 2)
      for (std::size_t right = half; right < scan.size(); right += 2 * half) {
        const std::size_t end = std::min(right + half, scan.size());
        for (std::size_t r = right; r < end; ++r)
          x[r] = scan.fold(r, x[right - 1], x[r], r - right + 1, place(scan, r, half));
      }
    finish_first(scan);
    for (std::size_t p = 1; !scan.inclusive() && p < scan.size(); ++p)
      scan.copy(p, x[p - 1], scan.output(p));
  }

 private:
  template <class Scan>
  static auto place(Scan& scan, std::size_t r, std::size_t half) {
    const bool last = r < 2 * half && scan.inclusive();
    return last ? scan.output(r) : scan.scratch(r, "x", half);
  }
};

// With the readers of a level one after the other at their port.
double time_of_sklansky(const CollectiveRequest& request, const AlphaBetaGamma& costs,
                        std::int64_t members) {
  if (members == 1) return 0;
  const auto bytes = static_cast<double>(request.bytes.count);
  const double levels = levels_of(members);
  const double shift = request.operation == Operation::scan ? 0 : 1;
  return (levels + shift) * costs.alpha +
         (static_cast<double>(members - 1) + shift) * bytes * costs.beta +
         levels * bytes * costs.gamma;
}

}  // namespace

Plan build_scan_sklansky(const CollectiveRequest& request) {
  return build_scan(request, "sklansky", Sklansky{});
}

AlgorithmCounts counts_scan_sklansky(const CollectiveRequest& request) {
  return count_scan(request, Sklansky{});
}

double closed_form_scan_sklansky(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  if (request.slices > 1) return time_scan(request, costs, Sklansky{});
  return slowest_group(
      request, [&](std::int64_t members) { return time_of_sklansky(request, costs, members); });
}

OpCounts plan_size_scan_sklansky(const CollectiveRequest& request) {
  return scan_plan_size(request, Sklansky{});
}

}  // namespace twinlink::models

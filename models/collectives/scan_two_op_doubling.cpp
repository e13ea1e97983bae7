#include "models/collectives/scan_two_op_doubling.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

template <class Scan>
class TwoOpRounds {
 public:
  using State = typename Scan::State;
  explicit TwoOpRounds(Scan& scan) : scan_(scan), x_(scan.size()), message_(scan.size()) {}

  void build() {
    for (std::size_t skip = 1; skip < scan_.size(); skip *= 2) {
      for (std::size_t p = 0; p + skip < scan_.size(); ++p) form_message(p, skip);
      for (std::size_t p = skip; p < scan_.size(); ++p) receive(p, skip);
    }
    finish_first(scan_);
    for (std::size_t p = 1; scan_.inclusive() && p < scan_.size(); ++p)
      scan_.fold(p, x_[p], scan_.input(p), 1, scan_.output(p));
  }

 private:
  void form_message(std::size_t p, std::size_t skip) {
    message_[p] = p == 0 || skip == 1
                      ? scan_.input(p)
                      : scan_.fold(p, x_[p], scan_.input(p), 1, scan_.scratch(p, "message", skip));
  }

  void receive(std::size_t p, std::size_t skip) {
    const bool last = p < 2 * skip && !scan_.inclusive();
    const auto to = last ? scan_.output(p) : scan_.scratch(p, "x", skip);
    const State& from = message_[p - skip];
    x_[p] = skip == 1 ? scan_.copy(p, from, to) : scan_.fold(p, from, x_[p], skip - 1, to);
  }

  Scan& scan_;
  std::vector<State> x_;        // by position: of min(skip - 1, p) positions before it
  std::vector<State> message_;  // by position
};

struct TwoOpDoubling : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    TwoOpRounds<Scan>(scan).build();
  }
};

}  // namespace

Plan build_scan_two_op_doubling(const CollectiveRequest& request) {
  return build_scan(request, "two_op_doubling", TwoOpDoubling{});
}

AlgorithmCounts counts_scan_two_op_doubling(const CollectiveRequest& request) {
  return count_scan(request, TwoOpDoubling{});
}

double closed_form_scan_two_op_doubling(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs) {
  return time_scan(request, costs, TwoOpDoubling{});
}

OpCounts plan_size_scan_two_op_doubling(const CollectiveRequest& request) {
  return scan_plan_size(request, TwoOpDoubling{});
}

}  // namespace twinlink::models

#include "models/collectives/scan_lasp_pr_tree.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

struct Message {
  std::size_t from, to;
  std::size_t power;  // of the decay
  bool down = false;
};

// All messages in program order, without the shift.
std::vector<Message> tree_messages(std::size_t members) {
  std::vector<Message> messages;
  const int levels = levels_of(static_cast<std::int64_t>(members));
  for (int l = 0; l < levels; ++l) {
    const std::size_t stride = std::size_t{1} << l;
    for (std::size_t r = stride - 1; r + stride < members; r += 2 * stride)
      messages.push_back({r, r + stride, stride});
  }
  for (int l = levels - 1; l >= 0; --l) {
    const std::size_t stride = std::size_t{1} << l;
    for (std::size_t r = stride - 1; r + 1 < members; r += 2 * stride)
      messages.push_back({r, r + 1, 1, true});
  }
  return messages;
}

struct LaspPrTree : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    std::vector<typename Scan::State> value;
    for (std::size_t p = 0; p < scan.size(); ++p) value.push_back(scan.input(p));
    for (const Message& m : tree_messages(scan.size())) {
      // A receiver of level l on the way down has received nothing on the way up before level l, as
      // r % 2^(l+1) == 2^l: the value saved there is its input.
      const auto own = m.down ? scan.input(m.to) : value[m.to];
      const char* name = m.down ? "down" : "up";
      value[m.to] = scan.fold(m.to, value[m.from], own, m.power, scan.scratch(m.to, name, m.power));
    }
    finish_first(scan);
    for (std::size_t p = 1; p < scan.size(); ++p) scan.copy(p, value[p - 1], scan.output(p));
  }
};

}  // namespace

Plan build_scan_lasp_pr_tree(const CollectiveRequest& request) {
  return build_scan(request, "lasp_pr_tree", LaspPrTree{});
}

AlgorithmCounts counts_scan_lasp_pr_tree(const CollectiveRequest& request) {
  return count_scan(request, LaspPrTree{});
}

double closed_form_scan_lasp_pr_tree(const CollectiveRequest& request,
                                     const AlphaBetaGamma& costs) {
  return time_scan(request, costs, LaspPrTree{});
}

OpCounts plan_size_scan_lasp_pr_tree(const CollectiveRequest& request) {
  return scan_plan_size(request, LaspPrTree{});
}

}  // namespace twinlink::models

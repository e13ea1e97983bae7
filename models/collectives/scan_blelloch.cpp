#include "models/collectives/scan_blelloch.h"

#include "models/collectives/scan_schedule.h"

namespace twinlink::models {
namespace {

template <class Scan>
class BlellochTree {
 public:
  using State = typename Scan::State;

  explicit BlellochTree(Scan& scan) : scan_(scan), prefix_(scan.size()) {
    for (std::size_t p = 0; p < scan.size(); ++p) total_.push_back(scan.input(p));
  }

  void build() {
    for (std::size_t left = 1; left < scan_.size(); left *= 2) merge_level(left);
    const std::size_t last = scan_.size() - 1;
    prefix_[last] = scan_.identity(last, prefix_buffer(last, scan_.size()));
    while (!merges_.empty()) {
      split(merges_.back());
      merges_.pop_back();
    }
    for (std::size_t p = 0; scan_.inclusive() && p < scan_.size(); ++p)
      scan_.fold(p, prefix_[p], scan_.input(p), 1, scan_.output(p));
  }

 private:
  struct Merge {
    std::size_t left_last, right_last;  // positions
    std::size_t left, right;            // members of the blocks
    State left_total;
  };

  // Joins blocks of `left` positions; the last right block may be shorter.
  void merge_level(std::size_t left) {
    for (std::size_t middle = left; middle < scan_.size(); middle += 2 * left) {
      const std::size_t end = std::min(middle + left, scan_.size());
      const Merge merge{middle - 1, end - 1, left, end - middle, total_[middle - 1]};
      total_[merge.right_last] =
          scan_.fold(merge.right_last, merge.left_total, total_[merge.right_last], merge.right,
                     scan_.scratch(merge.right_last, "total", left));
      merges_.push_back(merge);
    }
  }

  // From the exclusive prefix of a block to those of its halves.
  void split(const Merge& merge) {
    const State prefix = prefix_[merge.right_last];
    prefix_[merge.left_last] =
        scan_.copy(merge.left_last, prefix, prefix_buffer(merge.left_last, merge.left));
    prefix_[merge.right_last] = scan_.fold(merge.right_last, prefix, merge.left_total, merge.left,
                                           prefix_buffer(merge.right_last, merge.right));
  }

  // A block of one position is a leaf: its prefix is the result of an exclusive scan.
  auto prefix_buffer(std::size_t p, std::size_t block) {
    return block == 1 && !scan_.inclusive() ? scan_.output(p) : scan_.scratch(p, "prefix", block);
  }

  Scan& scan_;
  std::vector<State> total_;   // by position: of the largest block so far that ends there
  std::vector<State> prefix_;  // by position: of the smallest block so far that ends there
  std::vector<Merge> merges_;  // bottom up
};

struct Blelloch : WholeStates {
  template <class Scan>
  void operator()(Scan& scan) const {
    scan.local_work_everywhere();
    BlellochTree<Scan>(scan).build();
  }
};

}  // namespace

Plan build_scan_blelloch(const CollectiveRequest& request) {
  return build_scan(request, "blelloch", Blelloch{});
}

AlgorithmCounts counts_scan_blelloch(const CollectiveRequest& request) {
  return count_scan(request, Blelloch{});
}

double closed_form_scan_blelloch(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return time_scan(request, costs, Blelloch{});
}

OpCounts plan_size_scan_blelloch(const CollectiveRequest& request) {
  return scan_plan_size(request, Blelloch{});
}

}  // namespace twinlink::models

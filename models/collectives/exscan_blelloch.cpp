#include "models/collectives/exscan_blelloch.h"

#include <bit>

#include "models/collectives/scan_group.h"

namespace twinlink::models {
namespace {

class BlellochTree {
 public:
  explicit BlellochTree(ScanGroup& scan) : scan_(scan), prefix_(scan.size()) {
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
                     scan_.scratch(merge.right_last, "total " + std::to_string(left)));
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

  // A block of one position is a leaf: its prefix is the result.
  BufferId prefix_buffer(std::size_t p, std::size_t block) {
    return block == 1 ? scan_.output(p) : scan_.scratch(p, "prefix " + std::to_string(block));
  }

  ScanGroup& scan_;
  std::vector<State> total_;   // by position: of the largest block so far that ends there
  std::vector<State> prefix_;  // by position: of the smallest block so far that ends there
  std::vector<Merge> merges_;  // bottom up
};

}  // namespace

Plan build_exscan_blelloch(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "blelloch");
  builder.reserve_ops(plan_size_exscan_blelloch(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    ScanGroup scan(builder, request, group);
    scan.local_work_everywhere();
    BlellochTree(scan).build();
  }
  return builder.finish();
}

namespace {

bool is_power_of_two(std::int64_t n) { return std::has_single_bit(static_cast<std::uint64_t>(n)); }

// A right block that is full at every level gives the last position one step more than a cut one.
std::int64_t longest_fold_chain(std::int64_t members) {
  return members == 1 ? 0 : 2 * levels_of(members) - (is_power_of_two(members) ? 0 : 1);
}

}  // namespace

AlgorithmCounts counts_exscan_blelloch(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    const std::int64_t levels = levels_of(members);
    const std::int64_t folds = longest_fold_chain(members);
    // The end of the top left block receives twice at each of its L-1 merges and once at the top;
    // where P is a power of two the last position receives twice at L merges. The former sends one
    // prefix at each of its merges, and its total twice.
    return {2 * levels, 3 * (members - 1), request.bytes * folds, request.bytes * (levels + 1),
            folds};
  });
}

double closed_form_exscan_blelloch(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const double bytes = static_cast<double>(request.bytes.count);
    return static_cast<double>(2 * levels_of(members)) * (costs.alpha + bytes * costs.beta) +
           static_cast<double>(longest_fold_chain(members)) * bytes * costs.gamma;
  });
}

OpCounts plan_size_exscan_blelloch(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) {
    const std::size_t merges = members - 1;  // each two folds and a copy
    return with_local_work(request, members, {1 + 3 * merges, 1 + 8 * merges, 3 * merges});
  });
}

}  // namespace twinlink::models

#include "models/collectives/exscan_lasp_pr_tree.h"

#include "models/collectives/scan_group.h"

namespace twinlink::models {
namespace {

struct Message {
  std::size_t from, to;
  std::size_t power;  // of the decay; 0: the shift, which folds nothing in
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

void build_tree(ScanGroup& scan) {
  std::vector<State> value;
  for (std::size_t p = 0; p < scan.size(); ++p) value.push_back(scan.input(p));
  for (const Message& m : tree_messages(scan.size())) {
    // A receiver of level l on the way down has received nothing on the way up before level l, as
    // r % 2^(l+1) == 2^l: the value saved there is its input.
    const State& own = m.down ? scan.input(m.to) : value[m.to];
    const char* name = m.down ? "down" : "up";
    value[m.to] = scan.fold(m.to, value[m.from], own, m.power,
                            scan.scratch(m.to, name + (" " + std::to_string(m.power))));
  }
  scan.identity(0, scan.output(0));
  for (std::size_t p = 1; p < scan.size(); ++p) scan.copy(p, value[p - 1], scan.output(p));
}

// Weight of the longest chain when a message weighs `message` and a fold `fold`. Ops run on the
// receiver's lane and start when that lane and the sender's value are ready.
template <class Weight>
Weight longest_chain(std::size_t members, Weight message, Weight fold) {
  std::vector<Weight> ready(members);  // of the value, which is also when the lane is free
  for (const Message& m : tree_messages(members))
    ready[m.to] = std::max(ready[m.to], ready[m.from]) + message + fold;
  Weight longest{};
  for (std::size_t p = 1; p < members; ++p)
    longest = std::max(longest, std::max(ready[p], ready[p - 1]) + message);
  return longest;
}

// Most messages that one position receives (`to`) or sends (`from`), shift included.
std::int64_t busiest(std::size_t members, std::size_t Message::*end) {
  std::vector<std::int64_t> messages(members);
  for (const Message& m : tree_messages(members)) ++messages[m.*end];
  for (std::size_t p = 1; p < members; ++p) ++messages[Message{p - 1, p, 0}.*end];
  return *std::max_element(messages.begin(), messages.end());
}

}  // namespace

Plan build_exscan_lasp_pr_tree(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "lasp_pr_tree");
  builder.reserve_ops(plan_size_exscan_lasp_pr_tree(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    ScanGroup scan(builder, request, group);
    scan.local_work_everywhere();
    build_tree(scan);
  }
  return builder.finish();
}

AlgorithmCounts counts_exscan_lasp_pr_tree(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t size) -> AlgorithmCounts {
    if (size == 1) return {};
    const auto members = static_cast<std::size_t>(size);
    const auto messages = static_cast<std::int64_t>(tree_messages(members).size()) + size - 1;
    return {longest_chain<std::int64_t>(members, 1, 0), messages,
            request.bytes * busiest(members, &Message::to),
            request.bytes * busiest(members, &Message::from),
            longest_chain<std::int64_t>(members, 0, 1)};
  });
}

double closed_form_exscan_lasp_pr_tree(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const double bytes = static_cast<double>(request.bytes.count);
    return longest_chain<double>(static_cast<std::size_t>(members),
                                 costs.alpha + bytes * costs.beta, bytes * costs.gamma);
  });
}

OpCounts plan_size_exscan_lasp_pr_tree(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) {
    const std::size_t others = members - 1;  // at most: up, down, shift
    return with_local_work(request, members, {1 + 3 * others, 1 + 8 * others, 3 * others});
  });
}

}  // namespace twinlink::models

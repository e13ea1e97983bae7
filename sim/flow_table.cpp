#include "sim/flow_table.h"

#include "topology/error.h"

namespace twinlink::sim {
namespace {

bool is_pair(const FlowSpec& spec, std::span<const models::Use> uses) {
  if (uses.size() != 2 || spec.soft || spec.engine || spec.cap != kUnlimited) return false;
  return uses[0].per_byte * spec.weight == 1 && uses[1].per_byte * spec.weight == 1;
}

bool fits(const FlowClass& c, const FlowSpec& spec) {
  if (c.weight != spec.weight && !c.engine) return false;  // an engine's changes
  return c.cap == spec.cap && c.soft == spec.soft && c.engine == spec.engine;
}

template <class T>
std::size_t heap(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}

}  // namespace

std::int32_t FlowTable::class_of(const FlowSpec& spec, std::span<const models::Use> uses) {
  const auto pattern = static_cast<std::size_t>(spec.pattern);
  if (pattern < class_of_pattern_.size())
    for (std::int32_t c = class_of_pattern_[pattern]; c != kNobody; c = (*this)[c].next)
      if (fits((*this)[c], spec)) return c;
  return make_class(spec, uses);
}

std::int32_t FlowTable::make_class(const FlowSpec& spec, std::span<const models::Use> uses) {
  TL_ENSURE(spec.pattern >= 0 && spec.weight > 0 && spec.cap > 0, "a flow has a rate");
  const auto pattern = static_cast<std::size_t>(spec.pattern);
  if (pattern >= class_of_pattern_.size()) class_of_pattern_.resize(pattern + 1, kNobody);
  const auto c = static_cast<std::int32_t>(classes_.size());
  TL_ENSURE(uses.size() <= UINT16_MAX, "a flow uses a countable number of resources");
  FlowClass made{.first_use = uses.data(), .weight = spec.weight, .cap = spec.cap};
  made.use_count = static_cast<std::uint16_t>(uses.size());
  made.next = std::exchange(class_of_pattern_[pattern], c);
  made.soft = spec.soft;
  made.engine = spec.engine;
  made.pair = pairs_allowed_ && is_pair(spec, uses);
  classes_.push_back(made);
  return c;
}

void FlowTable::add_flow(std::int32_t c, double mark, std::uint32_t tag) {
  std::int32_t flow = free_flow_;
  if (flow == kNobody) {
    flow = static_cast<std::int32_t>(flows_.size());
    flows_.emplace_back();
    marks_.emplace_back();
  } else {
    free_flow_ = flows_[static_cast<std::size_t>(flow)].sibling;
  }
  flows_[static_cast<std::size_t>(flow)] = {tag, kNobody, kNobody};
  marks_[static_cast<std::size_t>(flow)] = mark;
  FlowClass& cls = (*this)[c];
  cls.first = cls.first == kNobody ? flow : merge(cls.first, flow);
}

std::uint32_t FlowTable::pop_flow(std::int32_t c) {
  FlowClass& cls = (*this)[c];
  const std::int32_t flow = cls.first;
  Flow& gone = flows_[static_cast<std::size_t>(flow)];
  cls.first = merge_children(gone.child);
  gone.sibling = std::exchange(free_flow_, flow);
  return gone.tag;
}

// The smaller mark becomes the parent; on a tie the older root stays.
std::int32_t FlowTable::merge(std::int32_t a, std::int32_t b) {
  if (marks_[static_cast<std::size_t>(b)] < marks_[static_cast<std::size_t>(a)]) std::swap(a, b);
  Flow& parent = flows_[static_cast<std::size_t>(a)];
  flows_[static_cast<std::size_t>(b)].sibling = std::exchange(parent.child, b);
  return a;
}

// Two passes: merge neighbours pairwise, then the results from the last to the first.
std::int32_t FlowTable::merge_children(std::int32_t first) {
  std::int32_t done = kNobody;  // list of merged pairs, last pair first
  while (first != kNobody) {
    const std::int32_t a = first;
    const std::int32_t b = flows_[static_cast<std::size_t>(a)].sibling;
    first = b == kNobody ? kNobody : flows_[static_cast<std::size_t>(b)].sibling;
    const std::int32_t root = b == kNobody ? a : merge(a, b);
    flows_[static_cast<std::size_t>(root)].sibling = std::exchange(done, root);
  }
  std::int32_t root = kNobody;
  while (done != kNobody) {
    const std::int32_t next = flows_[static_cast<std::size_t>(done)].sibling;
    root = root == kNobody ? done : merge(root, done);
    done = next;
  }
  return root;
}

std::size_t FlowTable::memory_bytes() const {
  return heap(classes_) + heap(class_of_pattern_) + heap(flows_) + heap(marks_);
}

}  // namespace twinlink::sim

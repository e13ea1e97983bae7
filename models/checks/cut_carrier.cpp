#include "models/checks/cut_carrier.h"

namespace twinlink::models::checks {

std::optional<OpId> CutCarrier::run() {
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    visit(parts_of(plan_, i));
    if (over_limit()) return OpId{i};
  }
  return std::nullopt;
}

void CutCarrier::visit(const OpParts& parts) {
  const bool pairwise = parts.op->kind == OpKind::copy && parts.sources() > 1;
  for (std::size_t s = parts.first_source; s < parts.first_destination; ++s) {
    if (cells_.of_slice(s).count == 0) continue;
    if (cells_.of_slice(s).count == 1 && !touched_[plan_.slices[s].buffer.index()]) continue;
    if (parts.op->kind == OpKind::compute) continue;  // what it writes does not depend on place
    if (pairwise) {
      carry(s, s + parts.sources());
      continue;
    }
    for (std::size_t d = parts.first_destination; d < parts.end_of_slices && !over_limit(); ++d)
      carry(s, d);
  }
}

void CutCarrier::carry(std::size_t source, std::size_t destination) {
  const CellRange range = cells_.of_slice(source);
  for (std::uint32_t cell = range.first + 1; cell < range.first + range.count; ++cell)
    carry_cut(cells_.begin(cell), source, destination);
  steps_ += range.count;
  const Slice& slice = plan_.slices[source];
  if (!touched_[slice.buffer.index()]) return;
  // An op that copies within one buffer adds cuts to the set it walks: a copy of the range.
  const auto first = cuts_.upper_bound({slice.buffer, slice.offset.count});
  const auto last = cuts_.lower_bound({slice.buffer, slice.offset.count + slice.size.count});
  const std::vector<Cut> inside(first, last);
  for (const Cut& cut : inside) carry_cut(cut.second, source, destination);
  steps_ += static_cast<std::int64_t>(inside.size());
}

void CutCarrier::carry_cut(std::int64_t offset, std::size_t source, std::size_t destination) {
  const Slice& from = plan_.slices[source];
  const Slice& to = plan_.slices[destination];
  const std::int64_t target = offset - from.offset.count + to.offset.count;
  if (cells_.is_cut(to.buffer, target)) return;
  cuts_.emplace(to.buffer, target);
  touched_[to.buffer.index()] = true;
}

}  // namespace twinlink::models::checks

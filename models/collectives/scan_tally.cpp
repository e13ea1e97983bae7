#include "models/collectives/scan_tally.h"

#include <algorithm>

namespace twinlink::models {

ScanTally::ScanTally(const CollectiveRequest& request, std::size_t members, std::int64_t slices,
                     const ScanWeights& weights)
    : inclusive_(request.operation == Operation::scan),
      weights_(weights),
      state_bytes_(request.bytes.count),
      lane_(members),
      in_(members),
      out_(members) {
  for (std::int64_t i = 0; i < slices; ++i)
    slice_bytes_.push_back(
        aligned_share(i, slices, elements_of(request), size_of(request.element)).count *
        size_of(request.element));
}

ScanTally::State ScanTally::fold(std::size_t p, const State& earlier, const State& later,
                                 std::size_t /*later_members*/, std::size_t to) {
  return run(p, {&earlier, &later}, to, 1);
}

ScanTally::State ScanTally::fold(std::size_t p, std::span<const Part> parts, std::size_t to) {
  std::vector<const State*> sources;
  for (const Part& part : parts) sources.push_back(&part.state);
  return run(p, sources, to, parts.empty() ? 0 : parts.size() - 1);
}

ScanTally::State ScanTally::run(std::size_t p, const std::vector<const State*>& sources,
                                std::size_t to, std::size_t applications) {
  std::size_t remote = to == p ? 0 : 1;
  for (const State* source : sources) {
    remote += source->at == p ? 0 : 1;
    if (source->at != p) move(source->at, p);
  }
  if (to != p) move(p, to);
  const std::size_t slices = slice_bytes_.size();
  State state{to, p, std::vector<double>(slices)};
  for (std::size_t i = 0; i < slices; ++i) {
    double start = lane_[p];
    for (const State* source : sources)
      if (!source->ready.empty()) start = std::max(start, source->ready[i]);
    const auto bytes = static_cast<double>(slice_bytes_[i]);
    lane_[p] =
        start + (remote > 0 ? weights_.message : 0) +
        static_cast<double>(remote) * bytes * weights_.byte +
        static_cast<double>(applications) * (weights_.application + bytes * weights_.applied_byte);
    state.ready[i] = lane_[p];
  }
  return state;
}

void ScanTally::move(std::size_t from, std::size_t to) {
  messages_ += static_cast<std::int64_t>(slice_bytes_.size());
  out_[from] += state_bytes_;
  in_[to] += state_bytes_;
}

double ScanTally::longest() const { return *std::max_element(lane_.begin(), lane_.end()); }
Bytes ScanTally::bytes_in() const { return {*std::max_element(in_.begin(), in_.end())}; }
Bytes ScanTally::bytes_out() const { return {*std::max_element(out_.begin(), out_.end())}; }

}  // namespace twinlink::models

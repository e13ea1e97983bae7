#include "realgpu/weight_origins.h"

#include <algorithm>
#include <map>

#include "models/workloads/layer_stages.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::OpKind;
using models::Plan;
using models::Slice;

struct Piece {
  std::int64_t end;
  BufferId origin;
  std::int64_t origin_offset;
};

// What lies where in one buffer: pieces by their begin, without overlaps.
class Contents {
 public:
  void write(std::int64_t begin, const Piece& piece) {
    clear(begin, piece.end);
    const auto before = pieces_.lower_bound(begin);
    if (before != pieces_.begin()) {
      auto& [first, last] = *std::prev(before);
      const bool goes_on = last.end == begin && last.origin == piece.origin &&
                           last.origin_offset + begin - first == piece.origin_offset;
      if (goes_on) {
        last.end = piece.end;
        return;
      }
    }
    pieces_[begin] = piece;
  }
  void clear(std::int64_t begin, std::int64_t end) {
    split(begin);
    split(end);
    pieces_.erase(pieces_.lower_bound(begin), pieces_.lower_bound(end));
  }
  // Calls found(begin, piece) for the pieces within, cut to it.
  template <class Found>
  void read(std::int64_t begin, std::int64_t end, const Found& found) const {
    auto at = pieces_.upper_bound(begin);
    if (at != pieces_.begin()) --at;
    for (; at != pieces_.end() && at->first < end; ++at) {
      const std::int64_t from = std::max(begin, at->first);
      const Piece& whole = at->second;
      const Piece part{std::min(end, whole.end), whole.origin,
                       whole.origin_offset + from - at->first};
      if (part.end > from) found(from, part);
    }
  }
  [[nodiscard]] const std::map<std::int64_t, Piece>& pieces() const { return pieces_; }

 private:
  void split(std::int64_t at) {
    const auto after = pieces_.upper_bound(at);
    if (after == pieces_.begin()) return;
    auto& [begin, piece] = *std::prev(after);
    if (begin == at || piece.end <= at) return;
    pieces_[at] = {piece.end, piece.origin, piece.origin_offset + at - begin};
    piece.end = at;
  }
  std::map<std::int64_t, Piece> pieces_;
};

class Walk {
 public:
  explicit Walk(const Plan& plan) : plan_(plan), contents_(plan.buffers.size()) {
    for (std::size_t b = 0; b < plan.buffers.size(); ++b)
      if (plan.buffers[b].role == models::BufferRole::weights)
        contents_[b].write(0, {plan.buffers[b].size.count, BufferId{b}, 0});
  }

  WeightOrigins run() {
    found_.matrices.resize(plan_.ops.size());
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const OpId id{i};
      if (plan_.ops[i].kind == OpKind::compute) find_matrices(id);
      if (plan_.ops[i].kind == OpKind::copy || merges(plan_, id))
        copy(id);
      else
        for (const Slice& to : plan_.destinations(id))
          at(to).clear(to.offset.count, to.offset.count + to.size.count);
    }
    find_landed();
    return std::move(found_);
  }

 private:
  Contents& at(const Slice& slice) { return contents_[slice.buffer.index()]; }

  void copy(OpId id) {
    const auto sources = plan_.sources(id);
    const auto destinations = plan_.destinations(id);
    for (std::size_t i = 0; i < destinations.size(); ++i)
      copy(sources[sources.size() == 1 ? 0 : i], destinations[i]);
  }
  void copy(const Slice& from, const Slice& to) {
    std::vector<std::pair<std::int64_t, Piece>> moved;
    const std::int64_t shift = to.offset.count - from.offset.count;
    at(from).read(from.offset.count, from.offset.count + from.size.count,
                  [&](std::int64_t begin, Piece piece) {
                    piece.end += shift;
                    moved.emplace_back(begin + shift, piece);
                  });
    at(to).clear(to.offset.count, to.offset.count + to.size.count);
    for (const auto& [begin, piece] : moved) at(to).write(begin, piece);
  }

  void find_matrices(OpId id) {
    const models::Compute& work = plan_.computes[plan_.op(id).detail];
    if (work.weight_sources == 0) return;
    const auto sources = plan_.sources(id).first(work.weight_sources);
    std::size_t source = 0;
    std::int64_t used = 0;
    for (const models::Product& product : work.products)
      for (std::int64_t i = 0; i < product.count; ++i) {
        const std::int64_t bytes = matrix_bytes(product, work.precision);
        while (source < sources.size() && used + bytes > sources[source].size.count) {
          TL_ENSURE(used == sources[source].size.count, "weights fill their sources");
          ++source;
          used = 0;
        }
        TL_ENSURE(source < sources.size(), "an op has sources for all its weights");
        const Slice& in = sources[source];
        add_matrix(id, {in.buffer, 0, in.offset + Bytes{used}, Bytes{bytes}});
        used += bytes;
      }
  }
  void add_matrix(OpId id, const Slice& slice) {
    WeightsAt matrix{slice, BufferId{}, 0};
    const std::int64_t begin = slice.offset.count, end = begin + slice.size.count;
    at(slice).read(begin, end, [&](std::int64_t from, const Piece& piece) {
      if (from != begin || piece.end != end) return;
      matrix.origin = piece.origin;
      matrix.origin_offset = piece.origin_offset;
    });
    found_.matrices[id.index()].push_back(matrix);
  }

  void find_landed() {
    for (std::size_t b = 0; b < contents_.size(); ++b) {
      if (plan_.buffers[b].role == models::BufferRole::weights) continue;
      for (const auto& [begin, piece] : contents_[b].pieces())
        found_.landed.push_back({{BufferId{b}, 0, Bytes{begin}, Bytes{piece.end - begin}},
                                 piece.origin,
                                 piece.origin_offset});
    }
  }

  const Plan& plan_;
  std::vector<Contents> contents_;  // by buffer
  WeightOrigins found_;
};

}  // namespace

WeightOrigins find_weight_origins(const Plan& plan) { return Walk(plan).run(); }

std::int64_t matrix_bytes(const models::Product& product, models::Precision precision) {
  const std::int64_t elements = product.m * product.k;
  switch (precision) {
    case models::Precision::bf16: return 2 * elements;
    case models::Precision::fp32: return 4 * elements;
    case models::Precision::fp8: return elements;
    case models::Precision::fp4: return elements / 2;
  }
  return 0;
}

bool merges(const Plan& plan, OpId op) {
  if (plan.op(op).kind != OpKind::compute) return false;
  const auto from = plan.sources(op);
  const auto to = plan.destinations(op);
  return plan.computes[plan.op(op).detail].kernel == models::kMergeCopy && from.size() == 1 &&
         to.size() == 1 && from[0].size == to[0].size;
}

}  // namespace twinlink::realgpu

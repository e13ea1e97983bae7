// Rings: reduce-scatter and all-gather around the group, and the broadcast chain.
//
// Whatever arrives, arrives in NCCL's buffers (staging), and the receiver carries it on: into the
// right's buffers, into its own output, or both. Stages of a part, by NCCL's names, P members:
//
//   all_reduce      send, P-2 x recvReduceSend, recvReduceCopySend, P-2 x recvCopySend, recv
//   reduce_scatter  send, P-2 x recvReduceSend, recvReduceCopy
//   all_gather      copySend, P-2 x recvCopySend, recv
//   broadcast       copySend, P-2 x recvCopySend, recv
//
// Every part is dealt over the channels and cut into chunks, Simple's chunks into two slices, so
// that one is announced while the next travels.
#include <algorithm>

#include "models/library/nccl_subplan.h"
#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

constexpr std::int64_t kSmallestSlice = 32 << 10;  // a chunk of one slice, at most

// How a part of `bytes` of one channel is cut.
struct Cut {
  std::int64_t loops = 1, slices = 1;
  [[nodiscard]] std::int64_t pieces() const { return loops * slices; }
};

Cut cut_of(const NcclCall& call, std::int64_t bytes) {
  const NcclChoice& choice = call.choice;
  if (choice.protocol == NcclProtocol::ll128) return {1, call.ll128_pieces};
  if (choice.protocol != NcclProtocol::simple) return {};
  const std::int64_t loops = std::max<std::int64_t>(1, ceil_div(bytes, choice.chunk.count));
  return {loops, bytes / loops > kSmallestSlice ? 2 : 1};
}

class Ring {
 public:
  Ring(Plan& plan, NcclCall& call, const Cut& cut, int lanes, int ctas)
      : sub_(plan, call, {lanes, ctas}), call_(call), cut_(cut) {
    if (call.operation == Operation::all_gather) gather_offsets();
    for (std::size_t m = 0; m < n(); ++m)
      staging_.push_back(sub_.add_staging(m, whole_size(m), "nccl buffers"));
  }

  void run() {
    for (int lane = 0; lane < sub_.lanes(); ++lane)
      for (std::int64_t loop = 0; loop < cut_.loops; ++loop) run_loop(lane, loop);
    sub_.finish();
  }

 private:
  [[nodiscard]] std::size_t n() const { return sub_.size(); }
  [[nodiscard]] Bytes whole_size(std::size_t m) const {
    return std::max(sub_.member(m).in.size, sub_.member(m).out.size);
  }
  // (r - steps) mod n
  [[nodiscard]] std::size_t back(std::size_t r, std::size_t steps) const {
    return (r + 2 * n() - steps) % n();
  }

  void gather_offsets() {
    Bytes begin;
    for (const CallMember& member : call_.members) {
      offsets_.push_back(begin);
      begin += member.in.size;
    }
  }

  // Piece of part c of a member's data.
  [[nodiscard]] Slice piece(const Slice& part) const {
    return sub_.part(sub_.part(part, lane_, sub_.lanes()), piece_, cut_.pieces());
  }
  [[nodiscard]] Slice dealt(const Slice& whole, std::size_t c) const {
    return piece(sub_.part(whole, static_cast<std::int64_t>(c), static_cast<std::int64_t>(n())));
  }
  [[nodiscard]] Slice in(std::size_t m, std::size_t c) const { return dealt(sub_.member(m).in, c); }
  [[nodiscard]] Slice gathered(const Slice& whole, std::size_t c) const {
    if (call_.operation != Operation::all_gather) return dealt(whole, c);
    return piece({whole.buffer, 0, whole.offset + offsets_[c], sub_.member(c).in.size});
  }
  [[nodiscard]] Slice staged(std::size_t m, std::size_t c) const {
    return gathered({staging_[m], 0, {}, whole_size(m)}, c);
  }
  [[nodiscard]] Slice out(std::size_t m, std::size_t c) const {
    return gathered(sub_.member(m).out, c);
  }

  // One op per slice and member; `make(m)` appends it.
  template <class Make>
  void step(std::int64_t loop, Make make) {
    std::vector<OpId> now(before_.size());
    for (std::int64_t slice = 0; slice < cut_.slices; ++slice) {
      piece_ = loop * cut_.slices + slice;
      for (std::size_t m = 0; m < n(); ++m) {
        const std::size_t from = index(sub_.left(m), slice);
        const std::span<const OpId> after(&before_[from], before_[from].valid() ? 1 : 0);
        now[index(m, slice)] = make(m, after);
      }
    }
    before_ = now;
  }
  [[nodiscard]] std::size_t index(std::size_t m, std::int64_t slice) const {
    return m * static_cast<std::size_t>(cut_.slices) + static_cast<std::size_t>(slice);
  }

  void run_loop(int lane, std::int64_t loop) {
    lane_ = lane;
    before_.assign(n() * static_cast<std::size_t>(cut_.slices), OpId{});
    if (call_.operation == Operation::all_gather) {
      first_parts(loop);
      return all_gather(loop);
    }
    reduce_scatter(loop);
    if (call_.operation == Operation::reduce_scatter) return finish_own(loop);
    finish_parts(loop);
    all_gather(loop);
  }

  // Parts end one further for an all-reduce than for a reduce-scatter, whose member r keeps part r.
  void reduce_scatter(std::int64_t loop) {
    const std::size_t shift = call_.operation == Operation::all_reduce ? 0 : 1;
    for (std::size_t s = 0; s + 1 < n(); ++s)
      step(loop, [&](std::size_t m, std::span<const OpId> after) {
        const std::size_t c = back(m, s + shift);
        const Slice sources[] = {in(m, c), staged(m, c)};
        const Slice to = staged(sub_.right(m), c);
        return sub_.move({m, lane_}, std::span(sources, s == 0 ? 1 : 2), std::span(&to, 1), after);
      });
  }

  void finish_parts(std::int64_t loop) {
    step(loop, [&](std::size_t m, std::span<const OpId> after) {
      const std::size_t c = sub_.right(m);
      const Slice sources[] = {in(m, c), staged(m, c)};
      const Slice to[] = {out(m, c), staged(sub_.right(m), c)};
      return sub_.move({m, lane_}, sources, to, after);
    });
  }

  void finish_own(std::int64_t loop) {
    step(loop, [&](std::size_t m, std::span<const OpId> after) {
      const Slice sources[] = {in(m, m), staged(m, m)};
      const Slice to = piece(sub_.member(m).out);
      return sub_.move({m, lane_}, sources, std::span(&to, 1), after);
    });
  }

  void first_parts(std::int64_t loop) {
    step(loop, [&](std::size_t m, std::span<const OpId>) {
      const Slice from = piece(sub_.member(m).in);
      const Slice to[] = {out(m, m), staged(sub_.right(m), m)};
      return sub_.move({m, lane_}, std::span(&from, 1), to, {});
    });
  }

  // The last one to see a part only copies it out.
  void all_gather(std::int64_t loop) {
    const std::size_t shift = call_.operation == Operation::all_reduce ? n() - 1 : 0;
    for (std::size_t t = 1; t < n(); ++t)
      step(loop, [&](std::size_t m, std::span<const OpId> after) {
        const std::size_t c = back(m, (t + shift) % n());
        const Slice from = staged(m, c);
        const Slice to[] = {out(m, c), staged(sub_.right(m), c)};
        return sub_.move({m, lane_}, std::span(&from, 1), std::span(to, t + 1 < n() ? 2 : 1),
                         after);
      });
  }

  NcclSubplan sub_;
  NcclCall& call_;
  Cut cut_;
  std::vector<BufferId> staging_;
  std::vector<Bytes> offsets_;
  std::vector<OpId> before_;  // the step before, by member and slice
  int lane_ = 0;
  std::int64_t piece_ = 0;
};

// From the first member to the last, chunk behind chunk.
class Chain {
 public:
  Chain(Plan& plan, NcclCall& call) : sub_(plan, call, {call.choice.channels}) {
    const Bytes whole = call.members[0].in.size;
    const std::int64_t bytes = ceil_div(whole.count, sub_.lanes());
    const std::int64_t chunk = std::max<std::int64_t>(1, call.choice.chunk.count);
    pieces_ = std::max<std::int64_t>(1, ceil_div(bytes, chunk));
    for (std::size_t m = 0; m < sub_.size(); ++m) {
      const BufferId staging = m == 0 ? BufferId{} : sub_.add_staging(m, whole, "nccl buffers");
      from_.push_back(m == 0 ? sub_.member(0).in : Slice{staging, 0, {}, whole});
    }
  }

  void run() {
    for (int lane = 0; lane < sub_.lanes(); ++lane)
      for (std::int64_t p = 0; p < pieces_; ++p) {
        OpId before;
        for (std::size_t m = 0; m < sub_.size(); ++m) before = carry({m, lane}, p, before);
      }
    sub_.finish();
  }

 private:
  OpId carry(const NcclSubplan::Place& place, std::int64_t p, const OpId& before) {
    const auto piece = [&](const Slice& whole) {
      return sub_.part(sub_.part(whole, place.lane, sub_.lanes()), p, pieces_);
    };
    const std::size_t m = place.member;
    const Slice from = piece(from_[m]);
    std::vector<Slice> to{piece(sub_.member(m).out)};
    if (m + 1 < sub_.size()) to.push_back(piece(from_[m + 1]));
    return sub_.move(place, std::span(&from, 1), to, std::span(&before, m == 0 ? 0 : 1));
  }

  NcclSubplan sub_;
  std::int64_t pieces_ = 1;
  std::vector<Slice> from_;  // the first member's input, the others' staging
};

std::int64_t largest_part(const NcclCall& call) {
  std::int64_t most = 0;
  for (const CallMember& member : call.members) most = std::max(most, member.in.size.count);
  const auto parts = static_cast<std::int64_t>(call.members.size());
  return call.operation == Operation::all_gather ? most : ceil_div(most, parts);
}

}  // namespace

void lower_ring(Plan& plan, NcclCall& call) {
  if (call.operation == Operation::broadcast) return Chain(plan, call).run();
  const auto members = static_cast<std::int64_t>(call.members.size());
  const int channels = call.choice.channels;
  const Cut cut = cut_of(call, ceil_div(largest_part(call), channels));
  // Channels are alike, so several of them can be one wider lane.
  const std::int64_t ops = 2 * members * members * cut.pieces();
  const std::int64_t most = std::max<std::int64_t>(1, NcclSubplan::kMostOps / ops);
  const int lanes = static_cast<int>(std::min<std::int64_t>(channels, most));
  const int ctas = static_cast<int>(ceil_div(channels, lanes));
  Ring(plan, call, cut, static_cast<int>(ceil_div(channels, ctas)), ctas).run();
}

}  // namespace twinlink::models

#include "scenarios/fitting/piece_plans.h"

#include <array>

namespace twinlink::scenarios {
namespace {

using models::Dep;
using models::Edge;
using models::ElementType;
using models::LaneShape;
using models::PlanBuilder;
using models::Slice;

class Bench {
 public:
  Bench() : builder_("piece", 2) {}

  OpId add(const PieceOfWork& work, Rank me, std::span<const Dep> deps = {}) {
    const LaneId lane = lane_of(work, me);
    const Rank other{1 - me.value};
    const auto at = [&](Rank rank) { return slice(rank, work.bytes); };
    switch (work.kind) {
      case Piece::pull: return builder_.copy(lane, at(other), at(me), deps);
      case Piece::push: return builder_.copy(lane, at(me), at(other), deps);
      case Piece::local: return builder_.copy(lane, at(me), at(me), deps);
      case Piece::read: return move(lane, {at(me)}, {}, deps);
      case Piece::write: return move(lane, {}, {at(me)}, deps);
      case Piece::fold: return move(lane, {at(me), at(me)}, {at(me)}, deps);
      case Piece::product: return builder_.compute(lane, work.product, {}, {}, deps);
      case Piece::launch:
      case Piece::flag:
      case Piece::event:
      case Piece::barrier_relaxed:
      case Piece::barrier_fenced: break;
    }
    return move(lane, {}, {}, deps);
  }

  // Two meetings: the second follows the first at once.
  std::array<OpId, 2> meet_twice(const PieceOfWork& work) {
    const Edge edge = work.kind == Piece::barrier_relaxed ? Edge::flag_relaxed : Edge::flag_fenced;
    const GroupId group = builder_.add_group({Rank{0}, Rank{1}});
    const std::array lanes{lane_of(work, Rank{0}), lane_of(work, Rank{1})};
    std::array<OpId, 2> met;
    for (OpId& one : met) {
      const std::uint32_t rendezvous = builder_.add_rendezvous({group, edge});
      for (const LaneId lane : lanes) one = builder_.barrier(lane, rendezvous, {});
    }
    return met;
  }

  // Pieces one after the other, each a kernel or an op of the same copy queue; the last one.
  OpId chain(const PieceOfWork& work, int pieces) {
    const bool engine = is_engine(work);
    std::optional<LaneId> queue;
    if (engine) queue = lane_of(work, Rank{0});
    OpId last;
    for (int i = 0; i < pieces; ++i) {
      const std::array after{models::dep(last, Edge::graph)};
      const std::span<const Dep> deps{after.data(), last.valid() && !engine ? 1U : 0U};
      fixed_lane_ = queue;
      last = add(work, Rank{0}, deps);
    }
    fixed_lane_.reset();
    return last;
  }

  static bool is_engine(const PieceOfWork& work) {
    const bool moves =
        work.kind == Piece::pull || work.kind == Piece::push || work.kind == Piece::local;
    return moves && work.shape.ctas == 0;
  }

  models::Plan finish() { return builder_.finish(); }

 private:
  Slice slice(Rank rank, Bytes size) {
    const BufferId buffer =
        builder_.add_buffer({rank, models::BufferRole::scratch, ElementType::fp32, size, "piece"});
    return {buffer, 0, {}, size};
  }

  LaneId lane_of(const PieceOfWork& work, Rank me) {
    if (fixed_lane_) return *fixed_lane_;
    if (is_engine(work)) return builder_.add_copy_lane(me, queue_++, work.launch);
    LaneShape shape = work.shape;
    if (shape.ctas == 0) shape = {1, 32, 16, 1};
    return builder_.add_sm_lane(builder_.add_kernel({me, work.launch, "piece"}), shape);
  }

  OpId move(LaneId lane, const std::vector<Slice>& sources, const std::vector<Slice>& destinations,
            std::span<const Dep> deps) {
    return builder_.reduce(lane, models::Operator::sum, sources, destinations, deps);
  }

  PlanBuilder builder_;
  std::int32_t queue_ = 0;
  std::optional<LaneId> fixed_lane_;  // of a chain's pieces
};

// Whether it takes all SMs, so that what runs beside it takes turns with it.
bool fills(const PieceOfWork& work) {
  return work.kind == Piece::product || (work.kind == Piece::local && Bench::is_engine(work));
}

PieceOfWork outlasting(PieceOfWork work) {
  work.bytes.count *= kOutlast;
  work.product.flops *= static_cast<double>(kOutlast);
  work.product.hbm_bytes.count *= kOutlast;
  return work;
}

// One piece on GPU 0 and, after an edge of this kind, one on GPU 1.
TimedPlan across(const PieceOfWork& work, Edge edge) {
  Bench bench;
  const OpId first = bench.add(work, Rank{0});
  const std::array deps{models::dep(first, edge)};
  const OpId last = bench.add(work, Rank{1}, deps);
  return {bench.finish(), first, last, edge == Edge::event};
}

}  // namespace

TimedPlan piece_plan(const PieceCase& work) {
  const PieceOfWork& timed = work.timed;
  if (timed.kind == Piece::flag) return across(timed, Edge::flag_relaxed);
  if (timed.kind == Piece::event) return across(timed, Edge::event);
  Bench bench;
  if (timed.kind == Piece::barrier_relaxed || timed.kind == Piece::barrier_fenced) {
    const auto [first, last] = bench.meet_twice(timed);
    return {bench.finish(), first, last};
  }
  if (work.beside && (fills(timed) || fills(*work.beside))) {
    const OpId last = bench.chain(timed, work.pieces);
    bench.chain(*work.beside, static_cast<int>(kOutlast));
    return {bench.finish(), OpId{}, last, true, work.pieces};
  }
  const OpId op = bench.add(timed, Rank{0});
  if (work.both_ways) bench.add(timed, Rank{1});
  if (work.beside) bench.add(outlasting(*work.beside), Rank{0});
  return {bench.finish(), OpId{}, work.both_ways ? OpId{} : op, true};
}

}  // namespace twinlink::scenarios

#include "models/library/definition_plan.h"

namespace twinlink::models {
namespace {

using Slices = std::vector<Slice>;

// One member's side of a call.
struct Side {
  OpId op;
  Slice in, out;
};

class Definer {
 public:
  explicit Definer(const Plan& plan) : plan_(plan), sides_(plan.library_calls.size()) {
    // Tables only; the ops follow.
    result_.plan.name = plan.name;
    result_.plan.gpu_of_rank = plan.gpu_of_rank;
    result_.plan.groups = plan.groups;
    result_.plan.claims = plan.claims;
    result_.plan.buffers = plan.buffers;
    result_.plan.kernels = plan.kernels;
    result_.plan.lanes = plan.lanes;
    result_.plan.computes = plan.computes;
    result_.plan.rendezvous = plan.rendezvous;
    for (std::size_t c = 0; c < sides_.size(); ++c) sides_[c].resize(members_of(c).size());
  }

  DefinedPlan run() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const Op& op = plan_.ops[i];
      if (op.kind == OpKind::library)
        arrive(OpId{i});
      else
        emit(OpId{i}, op, plan_.sources(OpId{i}), plan_.destinations(OpId{i}));
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] const std::vector<Rank>& members_of(std::size_t call) const {
    return plan_.groups[plan_.library_calls[call].group.index()].members;
  }

  void emit(OpId origin, Op op, std::span<const Slice> sources,
            std::span<const Slice> destinations) {
    Plan& plan = result_.plan;
    op.first_slice = static_cast<std::uint32_t>(plan.slices.size());
    op.first_dep = 0;
    op.sources = static_cast<std::uint32_t>(sources.size());
    plan.slices.insert(plan.slices.end(), sources.begin(), sources.end());
    plan.slices.insert(plan.slices.end(), destinations.begin(), destinations.end());
    plan.ops.push_back(op);
    result_.origin.push_back(origin);
  }

  void arrive(OpId id) {
    const std::uint32_t call = plan_.op(id).detail;
    std::vector<Side>& sides = sides_[call];
    const std::vector<Rank>& members = members_of(call);
    std::size_t left = 0;
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (members[m] == plan_.rank_of(id))
        sides[m] = {id, plan_.sources(id)[0], plan_.destinations(id)[0]};
      if (!sides[m].op.valid()) ++left;
    }
    if (left == 0) define(id, plan_.library_calls[call].operation, sides);
  }

  void define(OpId last, Operation operation, const std::vector<Side>& sides) {
    switch (operation) {
      case Operation::all_reduce: return all_reduce(last, sides);
      case Operation::reduce_scatter: return reduce_scatter(last, sides);
      case Operation::all_gather: return all_gather(last, sides);
      case Operation::all_to_all: return all_to_all(last, sides);
      case Operation::broadcast: return broadcast(last, sides);
      case Operation::sendrecv: return sendrecv(last, sides);
      case Operation::scan:
      case Operation::exscan: return;  // check_structure refuses them
    }
  }

  void sum(OpId last, const Slices& from, const Slices& to) {
    emit(last, {.kind = OpKind::reduce, .oper = Operator::sum, .lane = plan_.op(last).lane}, from,
         to);
  }
  void move(OpId last, const Slices& from, const Slices& to) {
    emit(last, {.kind = OpKind::copy, .lane = plan_.op(last).lane}, from, to);
  }

  void all_reduce(OpId last, const std::vector<Side>& sides) {
    Slices from, to;
    for (const Side& side : sides) from.push_back(side.in), to.push_back(side.out);
    sum(last, from, to);
  }

  // A run of elements of a slice.
  [[nodiscard]] Slice part(const Slice& whole, const Share& elements) const {
    const std::int64_t size = size_of(plan_.buffer(whole.buffer).element);
    return {whole.buffer, 0, whole.offset + Bytes{elements.begin * size}, {elements.count * size}};
  }
  [[nodiscard]] Share block(const Slice& whole, std::size_t i, std::size_t parts) const {
    const std::int64_t n = whole.size.count / size_of(plan_.buffer(whole.buffer).element);
    return share(static_cast<std::int64_t>(i), static_cast<std::int64_t>(parts), n);
  }

  void reduce_scatter(OpId last, const std::vector<Side>& sides) {
    for (std::size_t r = 0; r < sides.size(); ++r) {
      Slices from;
      for (const Side& side : sides) from.push_back(part(side.in, block(side.in, r, sides.size())));
      sum(last, from, {sides[r].out});
    }
  }

  void all_gather(OpId last, const std::vector<Side>& sides) {
    Bytes begin;
    for (const Side& from : sides) {
      Slices to;
      for (const Side& side : sides)
        to.push_back({side.out.buffer, 0, side.out.offset + begin, from.in.size});
      move(last, {from.in}, to);
      begin += from.in.size;
    }
  }

  void all_to_all(OpId last, const std::vector<Side>& sides) {
    for (std::size_t r = 0; r < sides.size(); ++r) {
      Bytes begin;
      Slices from, to;
      for (const Side& side : sides) {
        from.push_back(part(side.in, block(side.in, r, sides.size())));
        to.push_back({sides[r].out.buffer, 0, sides[r].out.offset + begin, from.back().size});
        begin += from.back().size;
      }
      move(last, from, to);
    }
  }

  void broadcast(OpId last, const std::vector<Side>& sides) {
    Slices to;
    for (const Side& side : sides) to.push_back(side.out);
    move(last, {sides[0].in}, to);
  }

  void sendrecv(OpId last, const std::vector<Side>& sides) {
    for (std::size_t r = 0; r < sides.size(); ++r)
      move(last, {sides[(r + sides.size() - 1) % sides.size()].in}, {sides[r].out});
  }

  const Plan& plan_;
  DefinedPlan result_;
  std::vector<std::vector<Side>> sides_;  // by call and member
};

}  // namespace

DefinedPlan define_library_calls(const Plan& plan) { return Definer(plan).run(); }

}  // namespace twinlink::models

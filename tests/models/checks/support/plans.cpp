#include "tests/models/checks/support/plans.h"

#include <cctype>

namespace twinlink::models::test {
namespace {

constexpr std::int64_t kFp32 = 4;

std::int64_t output_elements(const FrameShape& shape, int rank) {
  if (shape.operation != Operation::all_to_all) return shape.elements;
  return share(rank, shape.ranks, shape.elements).count * shape.ranks;
}

int wrap(int rank, int ranks) { return ((rank % ranks) + ranks) % ranks; }

}  // namespace

Slice part(BufferId buffer, const Share& elements, std::int32_t decay_power) {
  return {buffer, decay_power, {elements.begin * kFp32}, {elements.count * kFp32}};
}

Frame::Frame(const FrameShape& s) : builder("test", s.ranks), shape(s) {
  std::vector<Rank> members;
  for (int r = 0; r < s.ranks; ++r) {
    members.push_back(Rank{r});
    const BufferRole role = s.in_place ? BufferRole::inout : BufferRole::input;
    inputs.push_back(
        builder.add_buffer({Rank{r}, role, ElementType::fp32, {s.elements * kFp32}, "input"}));
    const Bytes size{output_elements(s, r) * kFp32};
    outputs.push_back(s.in_place ? inputs.back()
                                 : builder.add_buffer({Rank{r}, BufferRole::output,
                                                       ElementType::fp32, size, "output"}));
    kernels.push_back(builder.add_kernel({Rank{r}, LaunchMode::graph, "kernel"}));
    lanes.push_back(builder.add_sm_lane(kernels.back(), {}));
  }
  group = builder.add_group(members);
  builder.add_claim({s.operation, s.suffix, group, 1, inputs, outputs});
}

Slice Frame::whole(BufferId buffer, std::int32_t decay_power) const {
  return part(buffer, {0, shape.elements}, decay_power);
}

BufferId Frame::scratch(int rank) {
  return builder.add_buffer(
      {Rank{rank}, BufferRole::scratch, ElementType::fp32, {shape.elements * kFp32}, "scratch"});
}

OpId Frame::fold(int rank, Operator oper, const std::vector<Slice>& sources,
                 const Slice& destination, const std::vector<Dep>& deps) {
  return builder.reduce(lane(rank), oper, sources, std::span(&destination, 1), deps);
}

OpId Frame::copy(int rank, const Slice& source, const Slice& destination,
                 const std::vector<Dep>& deps) {
  return builder.copy(lane(rank), source, destination, deps);
}

Plan ring_all_reduce(int ranks, std::int64_t elements, bool in_place) {
  Frame f({Operation::all_reduce, ranks, elements, false, in_place});
  if (ranks == 1 && !in_place) f.copy(0, f.whole(f.input(0)), f.whole(f.output(0)));
  const auto steps = static_cast<std::size_t>(2 * (ranks - 1) * ranks);
  f.builder.reserve_ops({steps, steps / 2 * 5, steps});
  for (int s = 0; s < 2 * (ranks - 1); ++s) {
    for (int r = 0; r < ranks; ++r) {
      const int left = wrap(r - 1, ranks);
      const Share chunk = f.block(wrap(r - 1 - s, ranks));
      const Dep after = dep(OpId{(s - 1) * ranks + left});
      const std::span<const Dep> deps(&after, s == 0 ? 0 : 1);
      const Slice from = part(s == 0 ? f.input(left) : f.output(left), chunk);
      const Slice to = part(f.output(r), chunk);
      const Slice both[] = {from, part(f.input(r), chunk)};
      if (s < ranks - 1)
        f.builder.reduce(f.lane(r), Operator::sum, both, std::span(&to, 1), deps);
      else
        f.builder.copy(f.lane(r), from, to, deps);
    }
  }
  return f.builder.finish();
}

Plan chain_exscan(int ranks, std::int64_t elements, bool suffix) {
  Frame f({Operation::exscan, ranks, elements, suffix});
  const auto at = [&](int position) { return suffix ? ranks - 1 - position : position; };
  f.fold(at(0), Operator::decay_sum, {}, f.whole(f.output(at(0))));
  if (ranks > 1) f.copy(at(1), f.whole(f.input(at(0))), f.whole(f.output(at(1))));
  for (int p = 2; p < ranks; ++p) {
    const BufferId before = f.output(at(p - 1));
    f.fold(at(p), Operator::decay_sum, {f.whole(before, 1), f.whole(f.input(at(p - 1)))},
           f.whole(f.output(at(p))), {dep(OpId{p - 1})});
  }
  return f.builder.finish();
}

Plan lasp_tree(int ranks, bool suffix) {
  Frame f({Operation::exscan, ranks, 4, suffix});
  const auto at = [&](int p) { return suffix ? ranks - 1 - p : p; };
  struct State {
    BufferId buffer;
    OpId made;
  };
  std::vector<State> value;
  for (int p = 0; p < ranks; ++p) value.push_back({f.input(at(p)), {}});
  const std::vector<State> input = value;
  // Sender's value, times decay^power, plus what the receiver has.
  const auto send = [&](int from, int to, const State& own) {
    const State& sent = value[static_cast<std::size_t>(from)];
    const std::int32_t power = to - from;  // members in the receiver's value
    std::vector<Dep> deps;
    for (const State* s : {&sent, &own})
      if (s->made.valid()) deps.push_back(dep(s->made));
    const BufferId made = f.scratch(at(to));
    const OpId op = f.fold(at(to), Operator::decay_sum,
                           {f.whole(sent.buffer, power), f.whole(own.buffer)}, f.whole(made), deps);
    value[static_cast<std::size_t>(to)] = {made, op};
  };
  int top = 1;
  for (; top < ranks; top *= 2)
    for (int r = top - 1; r + top < ranks; r += 2 * top)
      send(r, r + top, value[static_cast<std::size_t>(r + top)]);
  for (int stride = top / 2; stride >= 1; stride /= 2)
    for (int r = stride - 1; r + 1 < ranks; r += 2 * stride)
      send(r, r + 1, input[static_cast<std::size_t>(r + 1)]);
  f.fold(at(0), Operator::decay_sum, {}, f.whole(f.output(at(0))));
  for (int p = 1; p < ranks; ++p) {
    const State& before = value[static_cast<std::size_t>(p - 1)];
    std::vector<Dep> deps;
    if (before.made.valid()) deps.push_back(dep(before.made));
    f.copy(at(p), f.whole(before.buffer), f.whole(f.output(at(p))), deps);
  }
  return f.builder.finish();
}

Plan direct_all_to_all(int ranks, std::int64_t elements) {
  Frame f({Operation::all_to_all, ranks, elements});
  for (int s = 0; s < ranks; ++s) {
    for (int k = 0; k < ranks; ++k) {
      const int to = wrap(s + 1 + k, ranks);
      const Share block = f.block(to);
      const LaneId lane = f.builder.add_sm_lane(f.kernels[static_cast<std::size_t>(s)], {1});
      f.builder.copy(lane, part(f.input(s), block),
                     part(f.output(to), {s * block.count, block.count}), {});
    }
  }
  return f.builder.finish();
}

Plan two_shot_all_reduce(int ranks, std::int64_t elements, Edge second_meeting) {
  Frame f({Operation::all_reduce, ranks, elements});
  const auto meet = [&](Edge edge) {
    const std::uint32_t rendezvous = f.builder.add_rendezvous({f.group, edge});
    for (int r = 0; r < ranks; ++r) f.builder.barrier(f.lane(r), rendezvous, {});
  };
  meet(Edge::flag_relaxed);
  for (int r = 0; r < ranks; ++r) {
    std::vector<Slice> sources;
    for (int s = 0; s < ranks; ++s)
      sources.push_back(part(f.input(wrap(r + s, ranks)), f.block(r)));
    f.fold(r, Operator::sum, sources, part(f.output(r), f.block(r)));
  }
  meet(second_meeting);
  for (int r = 0; r < ranks; ++r) {
    for (int k = 1; k < ranks; ++k) {
      const int owner = wrap(r + k, ranks);
      f.copy(r, part(f.output(owner), f.block(owner)), part(f.output(r), f.block(owner)));
    }
  }
  return f.builder.finish();
}

void drop_first_dep(Plan& plan, int op) {
  const auto index = static_cast<std::size_t>(op);
  plan.deps.erase(plan.deps.begin() + static_cast<std::ptrdiff_t>(plan.ops[index].first_dep));
  for (std::size_t i = index + 1; i < plan.ops.size(); ++i) --plan.ops[i].first_dep;
}

bool names(const Finding& finding, int rank, int op) {
  const auto has = [&](const std::string& word) {
    const std::size_t at = finding.message.find(word);
    const std::size_t end = at + word.size();
    return at != std::string::npos &&
           (end == finding.message.size() || std::isdigit(finding.message[end]) == 0);
  };
  return finding.rank == Rank{rank} && has("rank " + std::to_string(rank)) &&
         has("op " + std::to_string(op));
}

bool mentions(const Finding& finding, const std::string& words) {
  return finding.message.find(words) != std::string::npos;
}

std::string text_of(const Proof& proof) {
  std::string text;
  for (const Finding& finding : proof.findings)
    text += std::string(name_of(finding.check)) + ": " + finding.message + "\n";
  return text;
}

}  // namespace twinlink::models::test

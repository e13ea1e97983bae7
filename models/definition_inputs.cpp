// Inputs, decays and the shapes of states.
#include <algorithm>
#include <cmath>
#include <string>

#include "models/definition.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

// Sums of integers stay exact up to here in every element type: 8 bits of bf16.
constexpr std::int64_t kExactSum = 256;

// Finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit changes half of the output.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E37'79B9'7F4A'7C15;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return x ^ (x >> 31);
}

std::uint64_t bits_of(const Inputs& inputs, std::int64_t stream, std::int64_t counter) {
  const std::uint64_t key = mixed(mixed(inputs.seed) + static_cast<std::uint64_t>(stream));
  return mixed(key + static_cast<std::uint64_t>(counter));
}

// Uniform integer in [-limit, limit].
double integer_within(std::int64_t limit, std::uint64_t bits) {
  const auto choices = static_cast<std::uint64_t>(2 * limit + 1);
  return static_cast<double>(static_cast<std::int64_t>((bits & 0xFFFF'FFFF) % choices) - limit);
}

// |x| <= 256 / P keeps any partial sum within 256. Beyond 256 members an input is -1, 0 or 1, and
// not 0 with probability at most 256 / P: a partial sum then has a standard deviation below 16, and
// leaves +-256 with a probability below 2 exp(-16^2 / 2) = 5e-56.
double summand(std::int64_t members, std::uint64_t bits) {
  const auto drawn = static_cast<std::int64_t>(bits >> 32);
  if (drawn * members >= kExactSum << 32) return 0;
  return integer_within(std::max<std::int64_t>(1, kExactSum / members), bits);
}

double in_unit_interval(std::uint64_t bits) {
  return std::ldexp(static_cast<double>(bits >> 40), -23) - 1;
}

// Decays are streams of their own, apart from those of the ranks.
constexpr std::int64_t kDecayStream = -1;

// Joins what a claim says of a buffer with what others said: disagreement gives {0, 0}.
class Shapes {
 public:
  explicit Shapes(std::size_t buffers) : shapes_(buffers), known_(buffers, false) {}
  void set(std::size_t b, const StateShape& shape) {
    const StateShape& old = shapes_[b];
    const bool same = old.elements == shape.elements && old.heads == shape.heads;
    shapes_[b] = !known_[b] || same ? shape : StateShape{};
    known_[b] = true;
  }
  [[nodiscard]] bool known(std::size_t b) const { return known_[b]; }
  std::vector<StateShape> take() { return std::move(shapes_); }

 private:
  std::vector<StateShape> shapes_;
  std::vector<bool> known_;
};

struct RankState {
  Rank rank;
  StateShape shape;
};

// States that the scan claims keep on each rank, ordered by rank.
std::vector<RankState> name_claimed(const Plan& plan, Shapes& shapes) {
  std::vector<RankState> states;
  for (const Claim& claim : plan.claims) {
    if (!is_scan(claim.operation)) continue;
    for (const std::vector<BufferId>* side : {&claim.inputs, &claim.outputs})
      for (const BufferId b : *side)
        shapes.set(b.index(), {elements_of(plan.buffer(b)), claim.heads});
    for (const BufferId b : claim.inputs)
      states.push_back({plan.buffer(b).rank, {elements_of(plan.buffer(b)), claim.heads}});
  }
  std::stable_sort(states.begin(), states.end(),
                   [](const RankState& a, const RankState& b) { return a.rank < b.rank; });
  return states;
}

}  // namespace

double input_value(const Claim& claim, const Inputs& inputs, Rank rank, std::int64_t element) {
  const std::uint64_t bits = bits_of(inputs, rank.value, element);
  const auto members = static_cast<std::int64_t>(claim.inputs.size());
  switch (claim.operation) {
    case Operation::all_reduce:
    case Operation::reduce_scatter: return summand(members, bits);
    case Operation::all_gather:
    case Operation::all_to_all:
    case Operation::broadcast:
    case Operation::sendrecv: return static_cast<double>(bits >> 56) - 128;
    case Operation::scan:
    case Operation::exscan: return in_unit_interval(bits);
  }
  return 0;
}

std::uint32_t exact_input(const Inputs& inputs, Rank rank, std::int64_t element) {
  return static_cast<std::uint32_t>(bits_of(inputs, rank.value, element) >> 32);
}

double decay(const Inputs& inputs, std::int32_t head) {
  if (inputs.decays.empty()) return 1;
  const auto h = static_cast<std::size_t>(head);
  if (h >= inputs.decays.size())
    throw InputError("head " + std::to_string(head) + " has no decay: " +
                     std::to_string(inputs.decays.size()) + " decays are given, one per head");
  const double a = inputs.decays[h];
  if (!(a >= 0 && a <= 1))
    throw InputError("decay of head " + std::to_string(head) + " is " + std::to_string(a) +
                     "; it must lie between 0 and 1");
  return static_cast<double>(static_cast<float>(a));
}

std::uint32_t exact_decay(const Inputs& inputs, std::int32_t head) {
  const auto bits = static_cast<std::uint32_t>(bits_of(inputs, kDecayStream, head) >> 32);
  return (bits & ~7U) | 5U;  // 5 modulo 8: multiplicative order 2^30, the largest there is
}

float decay_factor(double decay, std::int32_t power) {
  return static_cast<float>(std::pow(decay, power));  // pow(0, 0) is 1
}

std::uint32_t exact_decay_factor(std::uint32_t decay, std::int32_t power) {
  std::uint32_t factor = 1;
  for (; power > 0; power >>= 1, decay *= decay)
    if ((power & 1) != 0) factor *= decay;
  return factor;
}

std::int64_t elements_of(const Buffer& buffer) {
  return buffer.size.count / size_of(buffer.element);
}

std::vector<StateShape> state_shapes(const Plan& plan) {
  Shapes shapes(plan.buffers.size());
  const std::vector<RankState> states = name_claimed(plan, shapes);
  std::vector<std::size_t> unclaimed;
  for (std::size_t b = 0; b < plan.buffers.size(); ++b)
    if (!shapes.known(b)) unclaimed.push_back(b);
  for (const std::size_t b : unclaimed) {
    const Rank rank = plan.buffers[b].rank;
    auto state = std::partition_point(states.begin(), states.end(),
                                      [&](const RankState& s) { return s.rank < rank; });
    for (; state != states.end() && state->rank == rank; ++state)
      if (state->shape.elements == elements_of(plan.buffers[b])) shapes.set(b, state->shape);
  }
  return shapes.take();
}

}  // namespace twinlink::models

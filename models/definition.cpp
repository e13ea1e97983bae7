#include "models/definition.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "models/definition_elements.h"
#include "models/element_ranges.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

// An earlier claim, and which of its outputs a buffer is; no claim: the buffer is given.
struct Giver {
  const Claim* claim = nullptr;
  std::size_t member = 0;
};

// By buffer: the first claim before `to` whose output it is. Claims of the same inputs are other
// parts of the same step.
std::vector<Giver> givers_before(const Plan& plan, const Claim& to) {
  std::vector<Giver> givers(plan.buffers.size());
  for (const Claim& claim : plan.claims) {
    if (&claim == &to) break;
    if (claim.inputs == to.inputs) continue;
    for (std::size_t m = 0; m < claim.outputs.size(); ++m) {
      Giver& giver = givers[claim.outputs[m].index()];
      if (giver.claim == nullptr) giver = {&claim, m};
    }
  }
  return givers;
}

// What a claim's inputs are made by. Each earlier claim is computed once, when first asked for.
template <class Value>
class EarlierClaims {
 public:
  using Outputs = std::vector<std::vector<Value>>;
  EarlierClaims(const Plan& plan, const Claim& to) : givers_(givers_before(plan, to)) {}
  [[nodiscard]] const Giver& giver(BufferId buffer) const { return givers_[buffer.index()]; }
  template <class Compute>
  const Outputs& outputs(const Claim& claim, const Compute& compute) const {
    const auto known = computed_.find(&claim);
    return known != computed_.end() ? known->second
                                    : computed_.emplace(&claim, compute()).first->second;
  }

 private:
  std::vector<Giver> givers_;
  mutable std::map<const Claim*, Outputs> computed_;
};

// The arithmetic of a definition: what an input is and how a head decays.
class ElementRules {
 public:
  using Value = double;
  ElementRules(const Plan& plan, const Claim& claim, const Inputs& inputs)
      : plan_(plan), claim_(claim), inputs_(inputs), earlier_(plan, claim) {}
  [[nodiscard]] Value input(const Buffer& buffer, std::int64_t e) const {
    return stored(buffer.element, input_value(claim_, inputs_, buffer.rank, e));
  }
  [[nodiscard]] Value decay_of(std::int32_t head, std::int32_t power) const {
    return power == 1 ? decay(inputs_, head) : std::pow(decay(inputs_, head), power);
  }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] const Claim& claim() const { return claim_; }
  [[nodiscard]] const EarlierClaims<Value>& earlier() const { return earlier_; }
  [[nodiscard]] ElementRules of(const Claim& claim) const { return {plan_, claim, inputs_}; }

 private:
  const Plan& plan_;
  const Claim& claim_;
  const Inputs& inputs_;
  EarlierClaims<Value> earlier_;
};

class ExactRules {
 public:
  using Value = std::uint32_t;
  ExactRules(const Plan& plan, const Claim& claim, const Inputs& inputs)
      : plan_(plan), claim_(claim), inputs_(inputs), earlier_(plan, claim) {}
  [[nodiscard]] Value input(const Buffer& buffer, std::int64_t e) const {
    return exact_input(inputs_, buffer.rank, e);
  }
  [[nodiscard]] Value decay_of(std::int32_t head, std::int32_t power) const {
    return exact_decay_factor(exact_decay(inputs_, head), power);
  }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] const Claim& claim() const { return claim_; }
  [[nodiscard]] const EarlierClaims<Value>& earlier() const { return earlier_; }
  [[nodiscard]] ExactRules of(const Claim& claim) const { return {plan_, claim, inputs_}; }

 private:
  const Plan& plan_;
  const Claim& claim_;
  const Inputs& inputs_;
  EarlierClaims<Value> earlier_;
};

template <class Rules>
using Array = std::vector<typename Rules::Value>;
template <class Rules>
using Arrays = std::vector<Array<Rules>>;

template <class Rules>
std::vector<std::vector<typename Rules::Value>> define(const Rules& rules);

// A member's input: as fed, or what an earlier claim of the plan makes of its own.
template <class Rules>
Array<Rules> input_of(const Rules& rules, std::size_t member) {
  const BufferId id = rules.claim().inputs[member];
  const Giver& giver = rules.earlier().giver(id);
  if (giver.claim != nullptr)
    return rules.earlier().outputs(*giver.claim,
                                   [&] { return define(rules.of(*giver.claim)); })[giver.member];
  const Buffer& buffer = rules.plan().buffer(id);
  Array<Rules> values(static_cast<std::size_t>(elements_of(buffer)));
  for_element_ranges(elements_of(buffer), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e)
      values[static_cast<std::size_t>(e)] = rules.input(buffer, e);
  });
  return values;
}

// Every member of an operation on one common size must have it.
void need_equal_sizes(const Plan& plan, const Claim& claim) {
  const std::int64_t first = elements_of(plan.buffer(claim.inputs.front()));
  for (const BufferId b : claim.inputs)
    if (elements_of(plan.buffer(b)) != first)
      throw InputError("claim " + std::string(name_of(claim.operation)) +
                       ": inputs differ in size; buffer " + plan.buffer(b).name + " has " +
                       std::to_string(elements_of(plan.buffer(b))) + " elements, the first has " +
                       std::to_string(first));
}

template <class Rules>
Array<Rules> sum_of_inputs(const Rules& rules) {
  need_equal_sizes(rules.plan(), rules.claim());
  Array<Rules> sum = input_of(rules, 0);
  for (std::size_t m = 1; m < rules.claim().inputs.size(); ++m) {
    const Array<Rules> input = input_of(rules, m);
    for (std::size_t e = 0; e < sum.size(); ++e) sum[e] += input[e];
  }
  return sum;
}

template <class T>
std::vector<T> block(const std::vector<T>& values, std::size_t i, std::size_t parts) {
  const Share s = share(static_cast<std::int64_t>(i), static_cast<std::int64_t>(parts),
                        static_cast<std::int64_t>(values.size()));
  return {values.begin() + s.begin, values.begin() + s.begin + s.count};
}

// The elements of the sum that member m gets.
template <class Rules>
Array<Rules> part_of(const Rules& rules, const Array<Rules>& sum, std::size_t m) {
  const Claim& claim = rules.claim();
  if (claim.starts.empty()) return block(sum, m, claim.inputs.size());
  const std::int64_t start = claim.starts[m];
  const std::int64_t count = elements_of(rules.plan().buffer(claim.outputs[m]));
  if (start < 0 || start + count > static_cast<std::int64_t>(sum.size()))
    throw InputError("claim reduce_scatter: elements " + std::to_string(start) + " to " +
                     std::to_string(start + count - 1) + " of member " + std::to_string(m) +
                     " lie outside the sum of " + std::to_string(sum.size()));
  return {sum.begin() + start, sum.begin() + start + count};
}

template <class Rules>
Arrays<Rules> reduce_scatter(const Rules& rules) {
  const Array<Rules> sum = sum_of_inputs(rules);
  const std::size_t members = rules.claim().inputs.size();
  Arrays<Rules> outputs;
  for (std::size_t m = 0; m < members; ++m) outputs.push_back(part_of(rules, sum, m));
  return outputs;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& values) {
  to.insert(to.end(), values.begin(), values.end());
}

template <class Rules>
Arrays<Rules> all_gather(const Rules& rules) {
  const std::size_t members = rules.claim().inputs.size();
  Array<Rules> all;
  for (std::size_t m = 0; m < members; ++m) append(all, input_of(rules, m));
  return Arrays<Rules>(members, all);
}

// By counts: blocks one after the other, as large as the claim says.
template <class Rules>
void append_blocks(const Rules& rules, std::size_t from, Arrays<Rules>& outputs) {
  const Array<Rules> input = input_of(rules, from);
  auto begin = input.begin();
  for (std::size_t to = 0; to < outputs.size(); ++to) {
    const auto end = begin + rules.claim().count(from, to);
    outputs[to].insert(outputs[to].end(), begin, end);
    begin = end;
  }
}

template <class Rules>
Arrays<Rules> all_to_all(const Rules& rules) {
  const std::size_t members = rules.claim().inputs.size();
  Arrays<Rules> outputs(members);
  for (std::size_t from = 0; from < members; ++from) {
    if (!rules.claim().counts.empty()) {
      append_blocks(rules, from, outputs);
      continue;
    }
    const Array<Rules> input = input_of(rules, from);
    for (std::size_t to = 0; to < members; ++to) append(outputs[to], block(input, to, members));
  }
  return outputs;
}

template <class Rules>
Arrays<Rules> sendrecv(const Rules& rules) {
  const std::size_t members = rules.claim().inputs.size();
  Arrays<Rules> outputs(members);
  for (std::size_t m = 0; m < members; ++m) outputs[(m + 1) % members] = input_of(rules, m);
  return outputs;
}

// Powers of the decay that a member's input stands for.
std::int32_t length_of(const Claim& claim, std::size_t member) {
  return claim.lengths.empty() ? 1 : claim.lengths[member];
}

// state <- decay^length state + input of the member, head by head.
template <class Rules>
void advance(const Rules& rules, std::size_t member, Array<Rules>& state) {
  const Array<Rules> input = input_of(rules, member);
  const auto n = static_cast<std::int64_t>(state.size());
  const std::int32_t heads = rules.claim().heads;
  for (std::int32_t h = 0; h < heads && n > 0; ++h) {
    const typename Rules::Value a = rules.decay_of(h, length_of(rules.claim(), member));
    const auto end = static_cast<std::size_t>(head_begin(h + 1, n, heads));
    for (auto e = static_cast<std::size_t>(head_begin(h, n, heads)); e < end; ++e)
      state[e] = a * state[e] + input[e];
  }
}

// Elements of head h of a state of n.
template <class Rules>
struct HeadRange {
  std::size_t begin, end;
  HeadRange(const Rules& rules, std::int32_t h, std::int64_t n)
      : begin(static_cast<std::size_t>(head_begin(h, n, rules.claim().heads))),
        end(static_cast<std::size_t>(head_begin(h + 1, n, rules.claim().heads))) {}
};

// Head by head, from the first member within the horizon on: P H n operations.
template <class Rules>
Arrays<Rules> scan_within_horizons(const Rules& rules) {
  const Claim& claim = rules.claim();
  const auto members = static_cast<std::int64_t>(claim.inputs.size());
  const std::int64_t own = claim.operation == Operation::scan ? 1 : 0;
  const auto at = [&](std::int64_t p) {
    return static_cast<std::size_t>(claim.suffix ? members - 1 - p : p);
  };
  Arrays<Rules> inputs;  // by position
  for (std::int64_t p = 0; p < members; ++p) inputs.push_back(input_of(rules, at(p)));
  const std::size_t n = inputs.front().size();
  Arrays<Rules> outputs(claim.inputs.size(), Array<Rules>(n, 0));
  for (std::int64_t p = 0; p < members; ++p) {
    Array<Rules>& state = outputs[at(p)];
    for (std::int32_t h = 0; h < claim.heads && n > 0; ++h) {
      const HeadRange range(rules, h, static_cast<std::int64_t>(n));
      const std::int64_t horizon = claim.horizons[static_cast<std::size_t>(h)];
      for (std::int64_t j = std::max<std::int64_t>(0, p - horizon); j < p + own; ++j) {
        const typename Rules::Value a = rules.decay_of(h, length_of(claim, at(j)));
        for (std::size_t e = range.begin; e < range.end; ++e)
          state[e] = a * state[e] + inputs[static_cast<std::size_t>(j)][e];
      }
    }
  }
  return outputs;
}

// One pass over the members: P n operations.
template <class Rules>
Arrays<Rules> scan(const Rules& rules) {
  const std::size_t members = rules.claim().inputs.size();
  const bool inclusive = rules.claim().operation == Operation::scan;
  Arrays<Rules> outputs(members);
  Array<Rules> state(input_of(rules, 0).size(), 0);
  for (std::size_t step = 0; step < members; ++step) {
    const std::size_t m = rules.claim().suffix ? members - 1 - step : step;
    if (!inclusive) outputs[m] = state;
    advance(rules, m, state);
    if (inclusive) outputs[m] = state;
  }
  return outputs;
}

template <class Rules>
Arrays<Rules> define(const Rules& rules) {
  const Claim& claim = rules.claim();
  if (claim.inputs.empty()) return {};
  switch (claim.operation) {
    case Operation::all_reduce: return Arrays<Rules>(claim.inputs.size(), sum_of_inputs(rules));
    case Operation::reduce_scatter: return reduce_scatter(rules);
    case Operation::all_gather: return all_gather(rules);
    case Operation::all_to_all: return all_to_all(rules);
    case Operation::broadcast: return Arrays<Rules>(claim.inputs.size(), input_of(rules, 0));
    case Operation::sendrecv: return sendrecv(rules);
    case Operation::scan:
    case Operation::exscan:
      need_equal_sizes(rules.plan(), claim);
      return claim.horizons.empty() ? scan(rules) : scan_within_horizons(rules);
  }
  return {};
}

}  // namespace

Values expected_outputs(const Plan& plan, const Claim& claim, const Inputs& inputs) {
  return define(ElementRules(plan, claim, inputs));
}

ExactValues expected_outputs_exact(const Plan& plan, const Claim& claim, const Inputs& inputs) {
  return define(ExactRules(plan, claim, inputs));
}

}  // namespace twinlink::models

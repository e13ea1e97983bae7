#include "models/definition_buffers.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "models/definition_elements.h"
#include "models/element_ranges.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

// Two claims may feed one buffer only with the same values: input_value depends on these two.
bool feed_alike(const Claim& a, const Claim& b, Arithmetic arithmetic) {
  return arithmetic == Arithmetic::exact ||
         (a.operation == b.operation && a.inputs.size() == b.inputs.size());
}

void check_claim(const Plan& plan, const Claim& claim, const Inputs& inputs) {
  if (inputs.arithmetic == Arithmetic::exact || !is_scan(claim.operation)) return;
  for (std::int32_t h = 0; h < claim.heads; ++h) decay(inputs, h);  // throws when missing or bad
  for (const BufferId b : claim.inputs)
    if (plan.buffer(b).element == ElementType::u32)
      throw InputError("buffer " + plan.buffer(b).name +
                       ": a scan of u32 elements runs in exact arithmetic only");
}

void put_exact(std::uint32_t value, std::byte* at) { std::memcpy(at, &value, sizeof value); }

std::vector<double> decode(const Buffer& buffer, std::span<const std::byte> bytes) {
  std::vector<double> values(static_cast<std::size_t>(elements_of(buffer)));
  const auto width = static_cast<std::size_t>(size_of(buffer.element));
  for_element_ranges(elements_of(buffer), [&](std::int64_t begin, std::int64_t end) {
    for (auto e = static_cast<std::size_t>(begin); e < static_cast<std::size_t>(end); ++e)
      values[e] = load(buffer.element, bytes.data() + e * width);
  });
  return values;
}

std::vector<std::uint32_t> decode_exact(const Buffer& buffer, std::span<const std::byte> bytes) {
  std::vector<std::uint32_t> values(static_cast<std::size_t>(elements_of(buffer)));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(values[0]));
  return values;
}

Numbers verify_claim(const Plan& plan, const Claim& claim, const Inputs& inputs,
                     const ReadableBytes& memory) {
  if (inputs.arithmetic == Arithmetic::exact) {
    ExactValues got;
    for (const BufferId b : claim.outputs) got.push_back(decode_exact(plan.buffer(b), memory(b)));
    return compare_exact(plan, claim, got, expected_outputs_exact(plan, claim, inputs));
  }
  Values got;
  for (const BufferId b : claim.outputs) got.push_back(decode(plan.buffer(b), memory(b)));
  return compare(plan, claim, got, expected_outputs(plan, claim, inputs));
}

}  // namespace

Bytes storage_bytes(const Buffer& buffer, Arithmetic arithmetic) {
  return Bytes{size_of(storage_type(buffer, arithmetic))} * elements_of(buffer);
}

FirstBytes::FirstBytes(const Plan& plan, const Inputs& inputs)
    : plan_(plan), inputs_(inputs), fed_by_(plan.buffers.size(), nullptr) {
  for (const Claim& claim : plan.claims) {
    check_claim(plan, claim, inputs);
    for (const BufferId b : claim.inputs) {
      const Claim*& by = fed_by_[b.index()];
      if (by != nullptr && !feed_alike(*by, claim, inputs.arithmetic))
        throw InputError("buffer " + plan.buffer(b).name + " is the input of two claims, " +
                         std::string(name_of(by->operation)) + " and " +
                         std::string(name_of(claim.operation)) + ", that need different values");
      by = &claim;
    }
  }
}

void FirstBytes::fill(BufferId buffer, std::span<std::byte> bytes) const {
  const Buffer& b = plan_.buffer(buffer);
  const ElementType type = storage_type(b, inputs_.arithmetic);
  const Claim* claim = fed_by_[buffer.index()];
  if (claim == nullptr) return poison(type, bytes);
  const auto width = static_cast<std::size_t>(size_of(type));
  for_element_ranges(elements_of(b), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      std::byte* at = bytes.data() + static_cast<std::size_t>(e) * width;
      if (inputs_.arithmetic == Arithmetic::exact)
        put_exact(exact_input(inputs_, b.rank, e), at);
      else
        store(type, input_value(*claim, inputs_, b.rank, e), at);
    }
  });
}

Numbers verify(const Plan& plan, const Inputs& inputs, const ReadableBytes& memory) {
  Numbers all{true, 0, {}};
  for (const Claim& claim : plan.claims) {
    const Numbers one = verify_claim(plan, claim, inputs, memory);
    if (all.correct) all.reason = one.reason;
    all.correct = all.correct && one.correct;
    all.max_error = std::max(all.max_error, one.max_error);
    std::vector<Rank> ranks;
    std::set_union(all.wrong_ranks.begin(), all.wrong_ranks.end(), one.wrong_ranks.begin(),
                   one.wrong_ranks.end(), std::back_inserter(ranks));
    all.wrong_ranks = std::move(ranks);
  }
  return all;
}

Bytes verify_bytes(const Plan& plan, const Inputs& inputs) {
  const std::int64_t width =
      inputs.arithmetic == Arithmetic::exact ? sizeof(std::uint32_t) : sizeof(double);
  Bytes most;
  for (const Claim& claim : plan.claims) {
    std::int64_t elements = 0;
    for (const BufferId b : claim.outputs) elements += elements_of(plan.buffer(b));
    most = std::max(most, Bytes{2 * width} * elements);  // got and want
  }
  return most;
}

}  // namespace twinlink::models

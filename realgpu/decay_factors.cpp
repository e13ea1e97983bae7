#include "realgpu/decay_factors.h"

#include <span>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Slice;

// Factors in the arithmetic of the element type: [source][head].
template <class Number, class Factor>
std::vector<std::byte> table(std::span<const Slice> sources, std::int32_t heads,
                             const Factor& factor) {
  std::vector<std::byte> bytes(sources.size() * static_cast<std::size_t>(heads) * sizeof(Number));
  auto* at = reinterpret_cast<Number*>(bytes.data());
  for (const Slice& source : sources)
    for (std::int32_t h = 0; h < heads; ++h) *at++ = factor(h, source.decay_power);
  return bytes;
}

std::vector<std::byte> factor_table(const models::Inputs& inputs, models::ElementType type,
                                    std::span<const Slice> sources, std::int32_t heads) {
  const auto real = [&](std::int32_t h, std::int32_t power) {
    return models::decay_factor(models::decay(inputs, h), power);
  };
  const auto exact = [&](std::int32_t h, std::int32_t power) {
    return models::exact_decay_factor(models::exact_decay(inputs, h), power);
  };
  switch (scalar_of(type)) {
    case Scalar::fp64: return table<double>(sources, heads, real);
    case Scalar::u32: return table<std::uint32_t>(sources, heads, exact);
    case Scalar::fp32:
    case Scalar::bf16:
    case Scalar::fp16: return table<float>(sources, heads, real);
  }
  return {};
}

}  // namespace

Scalar scalar_of(models::ElementType type) {
  switch (type) {
    case models::ElementType::fp32: return Scalar::fp32;
    case models::ElementType::fp64: return Scalar::fp64;
    case models::ElementType::bf16: return Scalar::bf16;
    case models::ElementType::fp16: return Scalar::fp16;
    case models::ElementType::u32: return Scalar::u32;
  }
  return Scalar::fp32;
}

DecayFactors::DecayFactors(const models::Plan& plan, const models::Inputs& inputs,
                           const PlanMemory& memory)
    : shapes_(models::state_shapes(plan)), tables_(plan.ops.size()) {
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].oper == models::Operator::decay_sum &&
        memory.is_here(plan.gpu_of(plan.rank_of(OpId{i}))))
      make(plan, inputs, memory, OpId{i});
}

void DecayFactors::make(const models::Plan& plan, const models::Inputs& inputs,
                        const PlanMemory& memory, OpId op) {
  const auto sources = plan.sources(op);
  if (sources.empty() || sources.front().size.count == 0) return;
  const models::StateShape shape = shapes_[sources.front().buffer.index()];
  const std::int64_t first = memory.first_element(sources.front());
  for (const Slice& source : sources) {
    const models::StateShape other = shapes_[source.buffer.index()];
    if (other.heads == 0 || other.heads != shape.heads || other.elements != shape.elements ||
        (shape.heads > 1 && memory.first_element(source) != first))
      throw UnsupportedError("op " + std::to_string(op.value) +
                             ": decay_sum of slices at different places of their states");
  }
  const models::ElementType type = memory.type(sources.front().buffer);
  const std::vector<std::byte> bytes = factor_table(inputs, type, sources, shape.heads);
  buffers_.emplace_back(plan.gpu_of(plan.rank_of(op)), static_cast<std::int64_t>(bytes.size()));
  buffers_.back().upload(bytes.data(), buffers_.back().bytes());
  tables_[op.index()] = {buffers_.back().data(), shape.heads, first, shape.elements};
}

}  // namespace twinlink::realgpu

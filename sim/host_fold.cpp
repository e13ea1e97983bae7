#include "sim/host_fold.h"

#include <Eigen/Core>
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "models/definition_elements.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

using models::ElementType;
using models::Slice;

template <class Number>
using Array = Eigen::Array<Number, Eigen::Dynamic, 1>;

template <class Number>
Array<Number> read(std::span<const std::byte> bytes) {
  Array<Number> values(static_cast<Eigen::Index>(bytes.size() / sizeof(Number)));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <class Number>
void write(const Array<Number>& values, std::span<std::byte> bytes) {
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
}

// 16-bit types: held as fp32 while they are summed.
template <float (*from_bits)(std::uint16_t)>
Array<float> widen(std::span<const std::byte> bytes) {
  return read<std::uint16_t>(bytes).unaryExpr([](std::uint16_t b) { return from_bits(b); });
}

template <std::uint16_t (*to_bits)(float)>
void narrow(const Array<float>& values, std::span<std::byte> bytes) {
  write<std::uint16_t>(values.unaryExpr([](float v) { return to_bits(v); }), bytes);
}

template <class Number>
Array<Number> load_array(ElementType type, std::span<const std::byte> bytes) {
  if constexpr (std::is_same_v<Number, float>) {
    if (type == ElementType::bf16) return widen<models::from_bf16>(bytes);
    if (type == ElementType::fp16) return widen<models::from_fp16>(bytes);
  }
  return read<Number>(bytes);
}

template <class Number>
void store_array(ElementType type, const Array<Number>& values, std::span<std::byte> bytes) {
  if constexpr (std::is_same_v<Number, float>) {
    if (type == ElementType::bf16) return narrow<models::to_bf16>(values, bytes);
    if (type == ElementType::fp16) return narrow<models::to_fp16>(values, bytes);
  }
  write<Number>(values, bytes);
}

template <class Number>
std::span<Number> span_of(Array<Number>& values) {
  return {values.data(), static_cast<std::size_t>(values.size())};
}

// Calls run(head, first, count) for each stretch of one head; first counts from the slice's start.
template <class Run>
void for_each_head(const models::StateShape& shape, std::int64_t begin, std::int64_t count,
                   const Run& run) {
  for (std::int64_t e = begin; e < begin + count;) {
    const std::int32_t head = models::head_of(e, shape.elements, shape.heads);
    const std::int64_t end =
        std::min(begin + count, models::head_begin(head + 1, shape.elements, shape.heads));
    run(head, e - begin, end - e);
    e = end;
  }
}

}  // namespace

HostFold::HostFold(const models::Plan& plan, const models::Inputs& inputs, HostMemory& memory)
    : plan_(plan), inputs_(inputs), memory_(memory), shapes_(state_shapes(plan)) {}

template <class Number>
Number HostFold::factor(std::int32_t head, std::int32_t power) const {
  if constexpr (std::is_same_v<Number, std::uint32_t>)
    return models::exact_decay_factor(models::exact_decay(inputs_, head), power);
  else
    return models::decay_factor(models::decay(inputs_, head), power);
}

template <class Number>
void HostFold::fold(OpId op) {
  const auto destinations = plan_.destinations(op);
  const ElementType type = memory_.type(destinations.front().buffer);
  const auto width = static_cast<std::size_t>(models::size_of(type));
  const std::size_t elements = memory_.bytes(destinations.front()).size() / width;
  Array<Number> sum = Array<Number>::Zero(static_cast<Eigen::Index>(elements));
  for (const Slice& source : plan_.sources(op)) {
    Array<Number> values = load_array<Number>(type, memory_.bytes(source));
    if (plan_.op(op).oper == models::Operator::decay_sum)
      decay_values<Number>(source, source.decay_power, span_of(values));
    sum += values;
  }
  for (const Slice& to : destinations) store_array<Number>(type, sum, memory_.bytes(to));
}

template <class Number>
void HostFold::scan(OpId op) {
  const auto sources = plan_.sources(op);
  const auto destinations = plan_.destinations(op);
  const ElementType type = memory_.type(destinations.front().buffer);
  const auto width = static_cast<std::size_t>(models::size_of(type));
  const std::size_t elements = memory_.bytes(destinations.front()).size() / width;
  std::vector<Array<Number>> prefixes;
  prefixes.push_back(Array<Number>::Zero(static_cast<Eigen::Index>(elements)));
  for (const Slice& source : sources) {
    Array<Number> next = prefixes.back();
    if (plan_.op(op).oper == models::Operator::decay_sum)
      decay_values<Number>(source, source.decay_power, span_of(next));
    prefixes.push_back(next + load_array<Number>(type, memory_.bytes(source)));
  }
  const std::size_t skipped = prefixes.size() - destinations.size();
  for (std::size_t d = 0; d < destinations.size(); ++d)
    store_array<Number>(type, prefixes[skipped + d], memory_.bytes(destinations[d]));
}

template <class Number>
void HostFold::decay_values(const Slice& slice, std::int32_t power,
                            std::span<Number> values) const {
  for_each_head(shapes_[slice.buffer.index()], memory_.first_element(slice),
                static_cast<std::int64_t>(values.size()),
                [&](std::int32_t head, std::int64_t first, std::int64_t count) {
                  const Number by = factor<Number>(head, power);
                  for (Number& value : values.subspan(static_cast<std::size_t>(first),
                                                      static_cast<std::size_t>(count)))
                    value *= by;
                });
}

void HostFold::run(OpId op) {
  const bool scans = plan_.op(op).kind == models::OpKind::scan_reduce;
  switch (memory_.type(plan_.destinations(op).front().buffer)) {
    case ElementType::fp32:
    case ElementType::bf16:
    case ElementType::fp16: return scans ? scan<float>(op) : fold<float>(op);
    case ElementType::fp64: return scans ? scan<double>(op) : fold<double>(op);
    case ElementType::u32: return scans ? scan<std::uint32_t>(op) : fold<std::uint32_t>(op);
  }
}

}  // namespace twinlink::sim

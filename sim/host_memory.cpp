#include "sim/host_memory.h"

#include <cstdio>
#include <cstring>
#include <string>

#include "models/definition_buffers.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

using models::Op;
using models::OpKind;
using models::Plan;
using models::Slice;

std::string in_gib(Bytes size) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(size.count) * 0x1p-30);
  return text;
}

void refuse_too_large(const Plan& plan, const models::Inputs& inputs) {
  Bytes needed = verify_bytes(plan, inputs);
  for (const models::Buffer& b : plan.buffers) needed += storage_bytes(b, inputs.arithmetic);
  if (needed > kHostLimit)
    throw InputError("plan " + plan.name + " needs " + in_gib(needed) +
                     " of host memory to compute its numbers, the limit is " + in_gib(kHostLimit) +
                     "; take fewer ranks or bytes, or executor sim");
}

[[noreturn]] void refuse(const Plan& plan, OpId id, const std::string& what) {
  throw InputError("plan " + plan.name + ": op " + std::to_string(id.value) + " on rank " +
                   std::to_string(plan.rank_of(id).value) + ": " + what);
}

void check_slice(const Plan& plan, OpId id, const Slice& slice) {
  if (!slice.buffer.valid() || slice.buffer.index() >= plan.buffers.size())
    refuse(plan, id, "a slice names no buffer");
  const models::Buffer& buffer = plan.buffer(slice.buffer);
  const std::int64_t width = models::size_of(buffer.element);
  if (slice.offset.count < 0 || slice.size.count < 0 || slice.offset > buffer.size ||
      slice.size > buffer.size - slice.offset)
    refuse(plan, id, "a slice lies outside buffer " + buffer.name);
  if (slice.offset.count % width != 0 || slice.size.count % width != 0)
    refuse(plan, id, "a slice of buffer " + buffer.name + " is not whole elements");
}

void check_alike(const Plan& plan, OpId id, const Slice& a, const Slice& b) {
  if (plan.buffer(a.buffer).element != plan.buffer(b.buffer).element)
    refuse(plan, id, "slices of different element types");
  if (a.size != b.size) refuse(plan, id, "slices of different sizes");
}

void check_copy(const Plan& plan, OpId id) {
  const auto from = plan.sources(id);
  const auto to = plan.destinations(id);
  if (from.size() != 1 && from.size() != to.size())
    refuse(plan, id, "a copy needs one destination per source, or one source");
  for (std::size_t i = 0; i < to.size(); ++i)
    check_alike(plan, id, from[from.size() == 1 ? 0 : i], to[i]);
}

void check_reduce(const Plan& plan, OpId id, const std::vector<models::StateShape>& shapes) {
  const auto to = plan.destinations(id);
  if (to.empty()) refuse(plan, id, "a reduce needs a destination");
  for (const Slice& s : to) check_alike(plan, id, to.front(), s);
  for (const Slice& s : plan.sources(id)) {
    check_alike(plan, id, to.front(), s);
    if (plan.op(id).oper != models::Operator::decay_sum) continue;
    if (shapes[s.buffer.index()].heads == 0)
      refuse(plan, id,
             "decay_sum reads buffer " + plan.buffer(s.buffer).name +
                 ", which is not the state of one scan claim");
    if (s.decay_power < 0) refuse(plan, id, "negative decay power");
  }
  if (plan.op(id).kind == OpKind::scan_reduce && to.size() > plan.sources(id).size() + 1)
    refuse(plan, id, "more destinations than prefixes");
  if (plan.op(id).oper == models::Operator::none) refuse(plan, id, "a reduce needs an operator");
}

void check_claim(const Plan& plan, const models::Claim& claim) {
  const std::string name = "plan " + plan.name + ": claim " + std::string(name_of(claim.operation));
  if (claim.heads < 1)
    throw InputError(name + ": " + std::to_string(claim.heads) + " heads; at least 1 is needed");
  if (claim.inputs.size() != claim.outputs.size())
    throw InputError(name + ": " + std::to_string(claim.inputs.size()) + " inputs but " +
                     std::to_string(claim.outputs.size()) + " outputs");
  for (const std::vector<BufferId>* side : {&claim.inputs, &claim.outputs})
    for (const BufferId b : *side)
      if (!b.valid() || b.index() >= plan.buffers.size())
        throw InputError(name + ": buffer " + std::to_string(b.value) + " does not exist");
}

}  // namespace

HostMemory::HostMemory(const Plan& plan, const models::Inputs& inputs)
    : plan_(plan), inputs_(inputs) {
  refuse_too_large(plan, inputs);
  const models::FirstBytes first(plan, inputs);
  arrays_.resize(plan.buffers.size());
  for (std::size_t b = 0; b < arrays_.size(); ++b) {
    const Bytes size = storage_bytes(plan.buffers[b], inputs.arithmetic);
    arrays_[b].resize(static_cast<std::size_t>(size.count));
    first.fill(BufferId{b}, arrays_[b]);
  }
}

models::ElementType HostMemory::type(BufferId buffer) const {
  return storage_type(plan_.buffer(buffer), inputs_.arithmetic);
}

std::int64_t HostMemory::first_element(const Slice& slice) const {
  return slice.offset.count / models::size_of(plan_.buffer(slice.buffer).element);
}

std::span<std::byte> HostMemory::bytes(const Slice& slice) {
  const std::int64_t width = models::size_of(type(slice.buffer));
  const std::int64_t elements =
      slice.size.count / models::size_of(plan_.buffer(slice.buffer).element);
  return bytes(slice.buffer)
      .subspan(static_cast<std::size_t>(first_element(slice) * width),
               static_cast<std::size_t>(elements * width));
}

void HostMemory::copy(std::span<const Slice> from, std::span<const Slice> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::span<std::byte> source = bytes(from[from.size() == 1 ? 0 : i]);
    if (!source.empty()) std::memmove(bytes(to[i]).data(), source.data(), source.size());
  }
}

void check_runnable(const Plan& plan) {
  for (const models::Claim& claim : plan.claims) check_claim(plan, claim);
  const std::vector<models::StateShape> shapes = state_shapes(plan);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpId id{i};
    for (const Slice& s : plan.sources(id)) check_slice(plan, id, s);
    for (const Slice& s : plan.destinations(id)) check_slice(plan, id, s);
    switch (plan.op(id).kind) {
      case OpKind::copy:
      case OpKind::multimem_store: check_copy(plan, id); break;
      case OpKind::reduce:
      case OpKind::multimem_reduce:
      case OpKind::scan_reduce: check_reduce(plan, id, shapes); break;
      case OpKind::compute:
      case OpKind::barrier:
      case OpKind::library: break;
    }
  }
}

}  // namespace twinlink::sim

#include <nlohmann/json.hpp>

#include "scenarios/files/plan_json_parts.h"

namespace twinlink::scenarios {
namespace {

using models::Plan;

std::size_t index_of_next(const Plan& plan) { return plan.ops.size(); }

bool has_size(const Value& value, std::size_t min, std::size_t max, const char* what) {
  if (value.node->is_array() && value.node->size() >= min && value.node->size() <= max) return true;
  value.complain(std::string("expected ") + what + "; found " +
                 (value.node->is_array() ? "a list of " + std::to_string(value.node->size())
                                         : describe(*value.node)));
  return false;
}

void check_inside(const Plan& plan, const models::Slice& slice, const Value& value) {
  const Bytes size = plan.buffer(slice.buffer).size;
  if (slice.offset <= size && slice.size <= size - slice.offset) return;
  value.complain("bytes " + std::to_string(slice.offset.count) + " to " +
                 std::to_string(slice.offset.count + slice.size.count) + " are outside buffer " +
                 std::to_string(slice.buffer.value) + ", which has " + std::to_string(size.count));
}

void read_slice(Plan& plan, const Value& value) {
  if (!has_size(value, 3, 4, "[buffer, offset, bytes] or [buffer, offset, bytes, decay power]"))
    return;
  const std::vector<Value> parts = elements(value);
  const auto buffer = read_id(parts[0], "buffer", plan.buffers.size());
  const auto offset = read_integer(parts[1], {0, std::int64_t{1} << 42});
  const auto size = read_integer(parts[2], {0, std::int64_t{1} << 42});
  std::int32_t power = 0;
  if (parts.size() == 4)
    set(power, parts[3], [](const Value& v) { return read_integer(v, {0, 0x7FFF'FFFF}); });
  if (!buffer || !offset || !size) return;
  const models::Slice slice{BufferId{*buffer}, power, {*offset}, {*size}};
  check_inside(plan, slice, value);
  plan.slices.push_back(slice);
}

void read_slices(Plan& plan, const std::optional<Value>& value) {
  if (!value) return;
  for (const Value& element : elements(*value)) read_slice(plan, element);
}

void read_dep(Plan& plan, const Value& value) {
  if (!has_size(value, 3, 3, "[op, edge, scope]")) return;
  const std::vector<Value> parts = elements(value);
  const auto op = read_integer(parts[0], {0, models::kPlanLimits.ops - 1});
  const auto edge = read_word<models::Edge>(parts[1], "edge");
  const auto scope = read_word<models::Scope>(parts[2], "scope");
  if (!op || !edge || !scope) return;
  if (static_cast<std::size_t>(*op) >= index_of_next(plan))
    return parts[0].complain("op " + std::to_string(index_of_next(plan)) + " depends on op " +
                             std::to_string(*op) +
                             ": cyclic or forward dependency; an op depends on earlier ones only");
  plan.deps.push_back({static_cast<std::uint32_t>(*op) & 0x3FF'FFFF,
                       static_cast<std::uint32_t>(*edge) & 0xF,
                       static_cast<std::uint32_t>(*scope) & 0x3});
}

void read_detail(const Plan& plan, models::Op& op, ObjectReader& object) {
  const auto set_detail = [&](const char* name, std::size_t count) {
    const auto value = object.required(name);
    set(op.detail, value, [&](const Value& v) { return read_id(v, name, count); });
  };
  switch (op.kind) {
    case models::OpKind::copy:
    case models::OpKind::multimem_store: break;
    case models::OpKind::reduce:
    case models::OpKind::scan_reduce:
    case models::OpKind::multimem_reduce:
      set(op.oper, object.required("operator"),
          [](const Value& v) { return read_word<models::Operator>(v, "operator"); });
      break;
    case models::OpKind::compute: set_detail("compute", plan.computes.size()); break;
    case models::OpKind::barrier: set_detail("rendezvous", plan.rendezvous.size()); break;
    case models::OpKind::library: set_detail("library_call", plan.library_calls.size()); break;
  }
}

void read_layout(const Plan& plan, models::Op& op, ObjectReader& object) {
  if (const auto v = object.required("lane"))
    if (const auto id = read_id(*v, "lane", plan.lanes.size())) op.lane = LaneId{*id};
  set(op.split, object.optional("split"),
      [](const Value& v) { return read_word<models::Split>(v, "split"); });
  set(op.order, object.optional("order"),
      [](const Value& v) { return read_word<models::LoadOrder>(v, "load order"); });
}

void read_work(Plan& plan, models::Op& op, ObjectReader& object) {
  op.first_slice = static_cast<std::uint32_t>(plan.slices.size());
  op.first_dep = static_cast<std::uint32_t>(plan.deps.size());
  read_slices(plan, object.optional("from"));
  op.sources = static_cast<std::uint32_t>(plan.slices.size()) - op.first_slice;
  read_slices(plan, object.optional("to"));
  if (const auto after = object.optional("after"))
    for (const Value& dep : elements(*after)) read_dep(plan, dep);
}

bool is_within_limits(const Plan& plan, const Value& value) {
  if (static_cast<std::int64_t>(plan.ops.size()) < models::kPlanLimits.ops &&
      static_cast<std::int64_t>(plan.slices.size()) < models::kPlanLimits.slices)
    return true;
  value.complain("the plan is over its limit of " + std::to_string(models::kPlanLimits.ops) +
                 " ops or " + std::to_string(models::kPlanLimits.slices) + " slices");
  value.document->throw_if_any();
  return false;
}

}  // namespace

void read_plan_op(Plan& plan, const Value& value) {
  if (!is_within_limits(plan, value)) return;
  ObjectReader object(value);
  models::Op op{};
  const auto kind = object.required("op");
  set(op.kind, kind, [](const Value& v) { return read_word<models::OpKind>(v, "kind of op"); });
  read_layout(plan, op, object);
  read_work(plan, op, object);
  if (kind) read_detail(plan, op, object);
  object.finish();
  plan.ops.push_back(op);  // also after a complaint, so that ids of later ops stay right
}

}  // namespace twinlink::scenarios

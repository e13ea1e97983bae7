#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/files/plan_json.h"
#include "scenarios/files/plan_json_parts.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

using models::Plan;

constexpr std::int64_t kMaxBuffer = std::int64_t{1} << 42;
constexpr std::int64_t kMostFixedPs = 1'000'000'000'000'000;  // 1000 s
constexpr std::int64_t kMostInProduct = std::int64_t{1} << 30;
constexpr std::int64_t kMostWeightSources = 1 << 20;
constexpr std::int32_t kMaxGpu = 65'535;

std::vector<Value> rows_of(ObjectReader& object, const char* name) {
  const auto value = object.required(name);
  return value ? elements(*value) : std::vector<Value>();
}

template <class Tag>
void set_id(Id<Tag>& id, const std::optional<Value>& value, const char* what, std::size_t count) {
  if (!value) return;
  if (const auto got = read_id(*value, what, count)) id = Id<Tag>(*got);
}

void set_rank(Rank& rank, const std::optional<Value>& value, const Plan& plan) {
  set_id(rank, value, "rank", plan.gpu_of_rank.size());
}

void set_launch(models::LaunchMode& launch, const std::optional<Value>& value) {
  set(launch, value,
      [](const Value& v) { return read_word<models::LaunchMode>(v, "launch mode"); });
}

auto integer_between(std::int64_t min, std::int64_t max) {
  return [=](const Value& v) { return read_integer(v, {min, max}); };
}

void read_mapping(Plan& plan, ObjectReader& object) {
  const auto value = object.required("gpu_of_rank");
  if (!value) return;
  set_many(plan.gpu_of_rank, value, integer_between(0, kMaxGpu));
  if (plan.ranks() > models::kPlanLimits.ranks)
    value->complain(std::to_string(plan.ranks()) + " ranks; at most " +
                    std::to_string(models::kPlanLimits.ranks));
}

models::Group read_group(const Plan& plan, const Value& value) {
  models::Group group;
  std::set<std::int32_t> seen;
  for (const Value& member : elements(value)) {
    const auto rank = read_id(member, "rank", plan.gpu_of_rank.size());
    if (rank && !seen.insert(*rank).second)
      member.complain("rank " + std::to_string(*rank) + " is twice in this group");
    group.members.emplace_back(rank.value_or(-1));  // counted even if wrong
  }
  if (group.members.empty()) value.complain("the group is empty");
  return group;
}

void read_buffers_of_claim(const Plan& plan, const models::Claim& claim, std::vector<BufferId>& ids,
                           const std::optional<Value>& value) {
  if (!value) return;
  for (const Value& element : elements(*value))
    set_id(ids.emplace_back(), element, "buffer", plan.buffers.size());
  if (!claim.group.valid()) return;
  const std::size_t members = plan.groups[claim.group.index()].members.size();
  if (value->node->is_array() && ids.size() != members)
    value->complain(std::to_string(ids.size()) + " buffers for a group of " +
                    std::to_string(members) + " members; expected one each");
}

models::Claim read_claim(const Plan& plan, const Value& value) {
  ObjectReader object(value);
  models::Claim claim{};
  set(claim.operation, object.required("operation"),
      [](const Value& v) { return read_word<models::Operation>(v, "operation"); });
  set(claim.suffix, object.optional("suffix"), read_bool);
  set_id(claim.group, object.required("group"), "group", plan.groups.size());
  set(claim.heads, object.optional("heads"), integer_between(1, 1 << 20));
  const auto horizons = object.optional("horizons");
  set_many(claim.horizons, horizons, integer_between(1, INT32_MAX));
  if (horizons && claim.horizons.size() != static_cast<std::size_t>(claim.heads))
    horizons->complain(std::to_string(claim.horizons.size()) + " horizons for " +
                       std::to_string(claim.heads) + " heads");
  set_many(claim.lengths, object.optional("lengths"), integer_between(1, INT32_MAX));
  set_many(claim.starts, object.optional("starts"), integer_between(0, kMaxBuffer));
  const auto counts = object.optional("counts");
  set_many(claim.counts, counts, integer_between(0, kMaxBuffer));
  const std::size_t members =
      claim.group.valid() ? plan.groups[claim.group.index()].members.size() : 0;
  if (counts && claim.group.valid() && claim.counts.size() != members * members)
    counts->complain(std::to_string(claim.counts.size()) + " counts for a group of " +
                     std::to_string(members) + " members; expected one for each pair");
  read_buffers_of_claim(plan, claim, claim.inputs, object.required("inputs"));
  read_buffers_of_claim(plan, claim, claim.outputs, object.required("outputs"));
  object.finish();
  return claim;
}

models::Buffer read_buffer(const Plan& plan, const Value& value) {
  ObjectReader object(value);
  models::Buffer buffer{};
  set_rank(buffer.rank, object.required("rank"), plan);
  set(buffer.name, object.required("name"), read_string);
  set(buffer.role, object.required("role"),
      [](const Value& v) { return read_word<models::BufferRole>(v, "buffer role"); });
  set(buffer.element, object.required("element"),
      [](const Value& v) { return read_word<models::ElementType>(v, "element type"); });
  set(buffer.size.count, object.required("bytes"), integer_between(0, kMaxBuffer));
  object.finish();
  return buffer;
}

models::Kernel read_kernel(const Plan& plan, const Value& value) {
  ObjectReader object(value);
  models::Kernel kernel{};
  set_rank(kernel.rank, object.required("rank"), plan);
  set(kernel.name, object.required("name"), read_string);
  set_launch(kernel.launch, object.required("launch"));
  object.finish();
  return kernel;
}

void read_sm_lane(const Plan& plan, models::Lane& lane, ObjectReader& object) {
  set_id(lane.kernel, object.required("kernel"), "kernel", plan.kernels.size());
  set(lane.ctas, object.required("ctas"), integer_between(1, 65'535));
  set(lane.threads, object.required("threads"), integer_between(1, 1'024));
  set(lane.vector_bytes, object.required("vector_bytes"), integer_between(1, 32));
  set(lane.loads_in_flight, object.required("loads_in_flight"), integer_between(1, 1'024));
  if (!lane.kernel.valid()) return;
  lane.rank = plan.kernels[lane.kernel.index()].rank;
  lane.launch = plan.kernels[lane.kernel.index()].launch;
}

void read_queue_lane(const Plan& plan, models::Lane& lane, ObjectReader& object) {
  set_rank(lane.rank, object.required("rank"), plan);
  set(lane.queue, object.required("queue"), integer_between(0, 1'023));
  set_launch(lane.launch, object.required("launch"));
}

models::Lane read_lane(const Plan& plan, const Value& value) {
  ObjectReader object(value);
  models::Lane lane{};
  std::optional<models::Engine> engine;
  if (const auto v = object.required("engine")) engine = read_word<models::Engine>(*v, "engine");
  if (!engine) return lane;
  lane.engine = *engine;
  switch (*engine) {
    case models::Engine::sm: read_sm_lane(plan, lane, object); break;
    case models::Engine::copy:
    case models::Engine::nic:
    case models::Engine::library: read_queue_lane(plan, lane, object); break;
  }
  object.finish();
  return lane;
}

models::Product read_product(const Value& value) {
  std::vector<std::int64_t> row;
  set_many(row, value, integer_between(0, kMostInProduct));
  if (row.size() == 4) return {row[0], row[1], row[2], row[3]};
  value.complain("a product is [m, n, k, count]");
  return {};
}

models::Compute read_compute(const Value& value) {
  ObjectReader object(value);
  models::Compute compute;
  set(compute.kernel, object.required("kernel"), read_string);
  set(compute.flops, object.required("flops"), [](const Value& v) {
    return read_number(v, {0, 1e21});
  });
  set(compute.hbm_bytes.count, object.required("hbm_bytes"), integer_between(0, kMaxBuffer));
  set(compute.work, object.optional("work"),
      [](const Value& v) { return read_word<models::WorkKind>(v, "kind of work"); });
  set(compute.precision, object.optional("precision"),
      [](const Value& v) { return read_word<models::Precision>(v, "precision"); });
  set(compute.fixed.ps, object.optional("fixed_ps"), integer_between(0, kMostFixedPs));
  if (const auto products = object.optional("products"))
    for (const Value& v : elements(*products)) compute.products.push_back(read_product(v));
  set(compute.weight_sources, object.optional("weight_sources"),
      integer_between(0, kMostWeightSources));
  object.finish();
  return compute;
}

models::Rendezvous read_rendezvous(const Plan& plan, const Value& value) {
  ObjectReader object(value);
  models::Rendezvous rendezvous;
  set_id(rendezvous.group, object.required("group"), "group", plan.groups.size());
  set(rendezvous.edge, object.required("edge"), [](const Value& v) {
    const auto name = read_name(v, "edge of a rendezvous", {"flag_relaxed", "flag_fenced"});
    return name ? models::parse<models::Edge>(*name) : std::nullopt;
  });
  object.finish();
  return rendezvous;
}

models::LibraryCall read_library_call(const Plan& plan, const Value& value) {
  ObjectReader object(value);
  models::LibraryCall call;
  set_id(call.group, object.required("group"), "group", plan.groups.size());
  set(call.operation, object.required("operation"),
      [](const Value& v) { return read_word<models::Operation>(v, "operation"); });
  set(call.library, object.required("library"),
      [](const Value& v) { return read_name(v, "library", {"nccl"}); });
  object.finish();
  return call;
}

}  // namespace

std::optional<std::int32_t> read_id(const Value& value, const char* what, std::size_t count) {
  const auto id = read_integer(value, {});
  if (!id) return std::nullopt;
  if (*id >= 0 && *id < static_cast<std::int64_t>(count)) return static_cast<std::int32_t>(*id);
  const std::string have = count == 0   ? "none"
                           : count == 1 ? "only 0"
                                        : "0 to " + std::to_string(count - 1);
  value.complain(std::string(what) + " " + std::to_string(*id) + " does not exist; the plan has " +
                 have);
  return std::nullopt;
}

void read_plan_lists(Plan& plan, ObjectReader& object) {
  set(plan.name, object.required("name"), read_string);
  read_mapping(plan, object);
  for (const Value& v : rows_of(object, "groups")) plan.groups.push_back(read_group(plan, v));
  for (const Value& v : rows_of(object, "buffers")) plan.buffers.push_back(read_buffer(plan, v));
  for (const Value& v : rows_of(object, "claims")) plan.claims.push_back(read_claim(plan, v));
  for (const Value& v : rows_of(object, "kernels")) plan.kernels.push_back(read_kernel(plan, v));
  for (const Value& v : rows_of(object, "lanes")) plan.lanes.push_back(read_lane(plan, v));
  for (const Value& v : rows_of(object, "computes")) plan.computes.push_back(read_compute(v));
  for (const Value& v : rows_of(object, "rendezvous"))
    plan.rendezvous.push_back(read_rendezvous(plan, v));
  if (const auto calls = object.optional("library_calls"))
    for (const Value& v : elements(*calls))
      plan.library_calls.push_back(read_library_call(plan, v));
}

Plan read_plan(const std::string& text, const std::string& file) {
  Document document(text, file, {.bytes = kMaxPlanText, .rows = "ops"});
  ObjectReader object(document.root());
  check_schema(object, "plan", 1);
  Plan plan;
  read_plan_lists(plan, object);
  if (const auto ops = object.required("ops"); ops && !ops->node->is_array())
    ops->complain("expected a list; found " + describe(*ops->node));
  object.finish();
  document.throw_if_any();
  document.for_each_row([&](const Value& op) { read_plan_op(plan, op); });
  document.throw_if_any();
  return plan;
}

}  // namespace twinlink::scenarios

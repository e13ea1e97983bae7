#include "scenarios/workloads/dwdp_settings.h"

#include <algorithm>
#include <array>

#include "models/workloads/layer_stages.h"
#include "scenarios/files/model_json.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

constexpr std::int64_t kMost = 1'000'000'000;

std::optional<std::int64_t> read_count(const Value& value) {
  return read_integer(value, {1, kMost});
}
std::optional<std::int64_t> read_small(const Value& value) {
  return read_integer(value, {1, 4096});
}
std::optional<double> read_share(const Value& value) { return read_number(value, {0, 1}); }
std::optional<double> read_factor(const Value& value) { return read_number(value, {0, 1000}); }

std::optional<models::PullOrder> read_order(const Value& value) {
  const auto name = read_name(value, "order", {"fixed", "rotated", "random"});
  if (!name) return std::nullopt;
  if (*name == "fixed") return models::PullOrder::fixed;
  return *name == "rotated" ? models::PullOrder::rotated : models::PullOrder::random;
}

std::optional<DwdpVariant> read_variant(const Value& value) {
  std::vector<std::string> names;
  for (const DwdpVariant variant : kDwdpVariants) names.emplace_back(name_of(variant));
  const auto name = read_name(value, "variant", names);
  if (!name) return std::nullopt;
  for (const DwdpVariant variant : kDwdpVariants)
    if (name_of(variant) == *name) return variant;
  return std::nullopt;
}

void read_shape(DwdpSettings& settings, ObjectReader& object) {
  const auto value = object.required("model");
  if (!value) return;
  const auto name = read_string(*value);
  if (!name) return;
  try {
    settings.shape = find_model(*name, {});
  } catch (const InputError& error) {
    value->complain(error.issues().front().message);
  }
}

void read_crossed(DwdpSettings& settings, ObjectReader& object) {
  set_many(settings.groups, object.optional("group"), read_small);
  set_many(settings.isls, object.required("isl"), read_count);
  set_many(settings.ratios, object.optional("isl_ratio"), read_share);
  set_many(settings.mnts, object.optional("mnt"), read_count);
  set_many(settings.variants, object.optional("variants"), read_variant);
  if (settings.groups.empty()) settings.groups = {4};
  if (settings.ratios.empty()) settings.ratios = {1};
  if (settings.mnts.empty()) settings.mnts = {32'768};
  if (settings.variants.empty())
    settings.variants.assign(std::begin(kDwdpVariants), std::end(kDwdpVariants));
}

void read_requests(DwdpSettings& settings, ObjectReader& object) {
  set(settings.requests.max_requests, object.optional("max_requests"), read_count);
  set(settings.requests.arrived, object.optional("arrived"), read_share);
  set(settings.requests.seed, object.optional("seed"), read_count);
  set(settings.forwards, object.optional("forwards"), read_small);
  settings.pulls.seed = settings.loads.seed = settings.requests.seed;
}

void read_pulls(DwdpSettings& settings, ObjectReader& object) {
  const auto small = [](const Value& v) { return read_integer(v, {1, 64}); };
  set(settings.pulls.order, object.optional("order"), read_order);
  set(settings.pulls.buffers, object.optional("buffers"), small);
  settings.pulls.depth = settings.pulls.buffers;
  set(settings.pulls.depth, object.optional("prefetch_depth"), small);
  set(settings.pulls.submit, object.optional("submit"), read_duration);
  set(settings.slice, object.optional("slice"), read_bytes);
  set(settings.slice_issue, object.optional("slice_issue"), read_duration);
  set(settings.slices_in_flight, object.optional("in_flight"), small);
  std::int64_t count = 0;
  if (const auto value = object.optional("local_experts")) {
    set(count, value, read_count);
    settings.local_experts = count;
  }
  if (const auto value = object.optional("prefetch_experts")) {
    set(count, value, [](const Value& v) { return read_integer(v, {0, kMost}); });
    settings.prefetch_experts = count;
  }
}

void read_costs(DwdpSettings& settings, ObjectReader& object) {
  const auto at_least_one = [](const Value& v) { return read_number(v, {1, 1e9}); };
  set(settings.loads.alpha, object.optional("skew_alpha"), read_factor);
  set(settings.loads.spread, object.optional("skew_spread"), at_least_one);
  set(settings.quantised_dispatch, object.optional("quantised_dispatch"), read_bool);
  settings.a2a_wire = 1;
  set(settings.a2a_wire, object.optional("a2a_wire"), at_least_one);
  set(settings.host, object.optional("host"), read_duration);
  set(settings.attention_residual, object.optional("attention_residual"), read_factor);
  set(settings.shape.elementwise, object.optional("elementwise"), at_least_one);
  set(settings.hbm_capacity, object.optional("hbm_capacity"), read_bytes);
}

void read_overlap_loss(DwdpSettings& settings, ObjectReader& object) {
  const auto value = object.optional("overlap_loss");
  if (!value) return;
  ObjectReader fields(*value);
  for (const char* name :
       {models::kAttention, models::kGroupedGemm, models::kDenseGemm, models::kOthers})
    set(settings.overlap_loss[name], fields.optional(name), read_factor);
  fields.finish();
}

void read_efficiencies(DwdpSettings& settings, ObjectReader& object) {
  const auto value = object.optional("efficiency");
  if (!value) return;
  ObjectReader fields(*value);
  for (const char* name : {"attention", "grouped_gemm", "dense_gemm", "memory"})
    set(settings.efficiencies[std::string(name) + "_efficiency"], fields.optional(name),
        read_share);
  fields.finish();
  std::erase_if(settings.efficiencies, [](const auto& entry) { return entry.second <= 0; });
}

}  // namespace

std::string_view name_of(DwdpVariant variant) {
  switch (variant) {
    case DwdpVariant::dep: return "dep";
    case DwdpVariant::naive: return "dwdp_naive";
    case DwdpVariant::merge_elim: return "dwdp_merge_elim";
    case DwdpVariant::full: return "dwdp_full";
  }
  return "?";
}

std::string shown_name(DwdpVariant variant, std::int64_t group) {
  std::string name(name_of(variant));
  const std::size_t end = std::min(name.find('_'), name.size());
  return name.insert(end, std::to_string(group));
}

bool DwdpSettings::slows_beside_pulls() const {
  return attention_residual > 0 ||
         std::ranges::any_of(overlap_loss, [](const auto& entry) { return entry.second > 0; });
}

std::vector<DwdpPoint> DwdpSettings::points() const {
  std::vector<DwdpPoint> result;
  for (const std::int64_t group : groups)
    for (const std::int64_t isl : isls)
      for (const double ratio : ratios)
        for (const std::int64_t mnt : mnts) result.push_back({group, isl, mnt, ratio});
  return result;
}

models::ExpertPlacement DwdpSettings::placement(std::int64_t group) const {
  models::ExpertPlacement result = models::even_placement(shape.routed, group);
  if (prefetch_experts) result.prefetch = *prefetch_experts;
  if (prefetch_experts) result.local = shape.routed - (group - 1) * result.prefetch;
  if (local_experts) result.local = *local_experts;
  return result;
}

std::unique_ptr<DwdpSettings> read_dwdp_settings(ObjectReader& object) {
  auto settings = std::make_unique<DwdpSettings>();
  read_shape(*settings, object);
  read_crossed(*settings, object);
  read_requests(*settings, object);
  read_pulls(*settings, object);
  read_costs(*settings, object);
  read_overlap_loss(*settings, object);
  read_efficiencies(*settings, object);
  if (object.value().document->has_issues()) return nullptr;
  return settings;
}

}  // namespace twinlink::scenarios

#include "scenarios/workloads/serving_settings.h"

#include <charconv>

namespace twinlink::scenarios {
namespace {

constexpr std::int64_t kMostServed = 1'000'000;
constexpr double kLargest = 1e12;

std::optional<std::int64_t> read_served_count(const Value& value) {
  return read_integer(value, {1, kMostServed});
}
std::optional<double> read_positive(const Value& value) {
  return read_number(value, {1e-9, kLargest});
}

std::optional<UserRange> read_range(const Value& value) {
  const auto text = read_string(value);
  if (!text) return std::nullopt;
  UserRange range{*text};
  const char* const end = text->data() + text->size();
  const auto low = std::from_chars(text->data(), end, range.low);
  const bool dash = low.ec == std::errc{} && low.ptr != end && *low.ptr == '-';
  const auto high = std::from_chars(dash ? low.ptr + 1 : end, end, range.high);
  if (dash && high.ec == std::errc{} && high.ptr == end && range.low < range.high) return range;
  value.complain("\"" + *text + "\" is no range such as \"20-30\"");
  return std::nullopt;
}

std::optional<Deployment> read_deployment(const Value& value) {
  ObjectReader fields(value);
  Deployment result;
  set_many(result.context_gpus, fields.required("context_gpus"), read_served_count);
  set_many(result.concurrency, fields.required("concurrency"), read_served_count);
  set(result.generation_gpus, fields.required("generation_gpus"), read_served_count);
  set(result.generation_servers, fields.optional("generation_servers"), read_served_count);
  set(result.generation_batch, fields.required("generation_batch"), read_served_count);
  set(result.drafts, fields.optional("drafts"), [](const Value& v) {
    return read_integer(v, {0, 16});
  });
  set(result.tokens_per_step, fields.optional("tokens_per_step"), [](const Value& v) {
    return read_number(v, {1, 17});
  });
  fields.finish();
  return result;
}

std::optional<ServingTarget> read_target(const Value& value) {
  ObjectReader fields(value);
  ServingTarget result;
  set(result.tokens_per_s, fields.required("output_tokens_per_s"), read_positive);
  set(result.ttft_ms, fields.optional("ttft_ms"), read_positive);
  set(result.itl_ms, fields.optional("itl_ms"), read_positive);
  fields.finish();
  return result;
}

void check_context(const DwdpSettings& context, const ObjectReader& object) {
  if (context.points().size() != 1)
    object.value().complain("group, isl, isl_ratio and mnt take one value each in \"serving\"");
}

void check_groups(const ServingSettings& settings, const ObjectReader& object) {
  const std::int64_t group = settings.context->groups.front();
  for (const Deployment& deployment : settings.deployments)
    for (const std::int64_t gpus : deployment.context_gpus)
      if (gpus % group != 0)
        object.value().complain("context_gpus " + std::to_string(gpus) +
                                " are no whole groups of " + std::to_string(group));
}

}  // namespace

std::unique_ptr<ServingSettings> read_serving_settings(ObjectReader& object) {
  auto settings = std::make_unique<ServingSettings>();
  settings->context = read_dwdp_settings(object);
  set_many(settings->deployments, object.required("deployments"), read_deployment);
  set(settings->osl, object.optional("osl"), read_served_count);
  set(settings->decode_kernel, object.optional("decode_kernel"), read_duration);
  set(settings->decode_host, object.optional("decode_host"), read_duration);
  set_many(settings->ranges, object.optional("ranges"), read_range);
  if (const auto value = object.optional("overall")) settings->overall = read_range(*value);
  set_many(settings->targets, object.optional("targets"), read_target);
  if (const auto value = object.optional("rows")) {
    const auto rows = read_name(*value, "rows", {"all", "answers"});
    settings->all_rows = !rows || *rows == "all";
  }
  if (settings->context == nullptr) return nullptr;
  check_context(*settings->context, object);
  check_groups(*settings, object);
  if (object.value().document->has_issues()) return nullptr;
  return settings;
}

}  // namespace twinlink::scenarios

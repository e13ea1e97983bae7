#include "scenarios/workloads/dp_attention_spec.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace twinlink::scenarios {
namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 26;

// Published configurations (config.json of each model): hidden size and layers.
struct KnownModel {
  const char* name;
  std::int64_t hidden;
  std::int32_t layers;
};
constexpr std::array kModels{
    KnownModel{"deepseek-r1", 7168, 61},
    KnownModel{"llama-3.1-70b", 8192, 80},
    KnownModel{"llama-3.1-405b", 16384, 126},
    KnownModel{"qwen3-235b", 4096, 94},
};

auto integer_between(std::int64_t min, std::int64_t max) {
  return [=](const Value& v) { return read_integer(v, {min, max}); };
}

ModelShape named_model(const Value& value) {
  std::vector<std::string> names;
  for (const KnownModel& model : kModels) names.emplace_back(model.name);
  const auto name = read_name(value, "model", names);
  for (const KnownModel& model : kModels)
    if (name == model.name) return {model.name, model.hidden, model.layers};
  return {};
}

ModelShape read_model(const Value& value) {
  if (text_of(value) != nullptr) return named_model(value);
  ObjectReader object(value);
  ModelShape model;
  set(model.hidden, object.required("hidden"), integer_between(1, 1 << 20));
  set(model.layers, object.required("layers"), integer_between(1, 1000));
  set(model.element, object.optional("element"),
      [](const Value& v) { return read_word<models::ElementType>(v, "element type"); });
  object.finish();
  return model;
}

ServingSpec read_serving(const Value& value) {
  ObjectReader object(value);
  ServingSpec serving;
  set(serving.requests, object.required("requests"), integer_between(1, kMostTokens));
  set(serving.input_tokens, object.required("input_tokens"), integer_between(1, 1 << 20));
  set(serving.output_tokens, object.required("output_tokens"), integer_between(1, 1 << 20));
  set(serving.chunk, object.required("chunk"), integer_between(1, kMostTokens));
  set(serving.prefill_compute, object.required("prefill_compute"), read_duration);
  set(serving.decode_compute, object.required("decode_compute"), read_duration);
  object.finish();
  return serving;
}

std::optional<models::Padding> read_padding(const Value& value) {
  const auto name = read_name(value, "padding", {"automatic", "max_len", "sum_len"});
  if (!name) return std::nullopt;
  if (*name == "automatic") return models::Padding::automatic;
  return *name == "max_len" ? models::Padding::max_len : models::Padding::sum_len;
}

void read_spread(DpAttentionSpec& spec, const std::optional<Value>& value) {
  if (!value) return;
  for (const Value& list : elements(*value)) {
    std::vector<std::int64_t>& tokens = spec.spread.emplace_back();
    set_many(tokens, list, integer_between(0, kMostTokens));
    for (const std::int32_t dp : spec.dp)
      if (tokens.size() != static_cast<std::size_t>(dp))
        list.complain(std::to_string(tokens.size()) + " numbers of tokens for " +
                      std::to_string(dp) + " attention groups");
  }
}

void read_work(DpAttentionSpec& spec, ObjectReader& object) {
  set_many(spec.tokens, object.optional("tokens"), integer_between(1, kMostTokens));
  read_spread(spec, object.optional("spread"));
  if (const auto serving = object.optional("serving")) spec.serving = read_serving(*serving);
  const int ways =
      (spec.tokens.empty() ? 0 : 1) + (spec.spread.empty() ? 0 : 1) + (spec.serving ? 1 : 0);
  if (ways != 1)
    object.value().complain("needs one of \"tokens\", \"spread\" and \"serving\"; found " +
                            std::to_string(ways));
}

void read_ranks(DpAttentionSpec& spec, ObjectReader& object) {
  set(spec.tp, object.required("tp"), integer_between(1, models::kPlanLimits.ranks));
  const auto dp = object.required("dp");
  set_many(spec.dp, dp, integer_between(1, models::kPlanLimits.ranks));
  for (const std::int32_t groups : spec.dp)
    if (spec.tp > 0 && spec.tp % groups != 0)
      dp->complain(std::to_string(groups) + " attention groups cannot share " +
                   std::to_string(spec.tp) + " ranks evenly: dp must divide tp");
}

}  // namespace

DpAttentionSpec read_dp_attention_spec(ObjectReader& object) {
  DpAttentionSpec spec;
  if (const auto model = object.required("model")) spec.model = read_model(*model);
  read_ranks(spec, object);
  set_many(spec.algorithms, object.required("algorithms"), [](const Value& v) {
    return read_name(v, "algorithm", {"ring", "direct", "nccl"});
  });
  read_work(spec, object);
  set(spec.padding, object.optional("padding"), read_padding);
  set(spec.shape.ctas, object.optional("ctas"), integer_between(1, 65'535));
  set(spec.channels, object.optional("channels"), integer_between(1, 64));
  set(spec.nvls, object.optional("nvls"), read_bool);
  if (const auto ring = object.optional("nccl_ring")) {
    spec.nccl_ring = read_bandwidth(*ring);
    if (spec.nccl_ring && spec.nccl_ring->bytes_per_s <= 0) ring->complain("must be above 0 GB/s");
  }
  return spec;
}

}  // namespace twinlink::scenarios

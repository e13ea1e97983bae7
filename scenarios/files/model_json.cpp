#include "scenarios/files/model_json.h"

#include <nlohmann/json.hpp>

#include "scenarios/files/read_file.h"
#include "scenarios/json/object_reader.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::AttentionKind;
using models::AttentionShape;
using models::Precision;
using models::TransformerShape;
using models::WeightFormat;

constexpr std::int64_t kMost = 1'000'000'000;

std::optional<std::int64_t> read_count(const Value& value) {
  return read_integer(value, {1, kMost});
}
std::optional<std::int64_t> read_maybe(const Value& value) {
  return read_integer(value, {0, kMost});
}
std::optional<double> read_weight_bytes(const Value& value) { return read_number(value, {0, 8}); }
std::optional<Precision> read_precision(const Value& value) {
  return read_word<Precision>(value, "precision");
}

void read_format(WeightFormat& format, const std::optional<Value>& value) {
  if (!value) return;
  ObjectReader object(*value);
  format = {Precision::bf16, 0, 0};
  set(format.precision, object.required("precision"), read_precision);
  set(format.value_bytes, object.required("value_bytes"), read_weight_bytes);
  set(format.scale_bytes, object.optional("scale_bytes"), read_weight_bytes);
  object.finish();
}

void read_formats(TransformerShape& shape, const Value& value) {
  ObjectReader object(value);
  set(shape.attention_precision, object.required("attention"), read_precision);
  read_format(shape.projection, object.required("projection"));
  read_format(shape.output, object.required("output"));
  read_format(shape.feed_forward, object.required("feed_forward"));
  object.finish();
}

void read_attention(AttentionShape& attention, const Value& value) {
  ObjectReader object(value);
  std::string kind;
  set(kind, object.required("kind"), [](const Value& v) {
    return read_name(v, "kind of attention", {"gqa", "mla"});
  });
  attention.kind = kind == "mla" ? AttentionKind::mla : AttentionKind::gqa;
  set(attention.heads, object.required("heads"), read_count);
  set(attention.kv_heads, object.optional("kv_heads"), read_count);
  set(attention.qk_head, object.required("qk_head"), read_count);
  set(attention.v_head, object.required("v_head"), read_count);
  set(attention.q_lora, object.optional("q_lora"), read_count);
  set(attention.kv_lora, object.optional("kv_lora"), read_count);
  set(attention.rope, object.optional("rope"), read_maybe);
  object.finish();
}

void read_dimensions(TransformerShape& shape, ObjectReader& object) {
  set(shape.layers, object.required("layers"), read_count);
  set(shape.dense_layers, object.optional("dense_layers"), read_maybe);
  set(shape.hidden, object.required("hidden"), read_count);
  set(shape.dense_inter, object.optional("dense_inter"), read_maybe);
  set(shape.expert_inter, object.required("expert_inter"), read_count);
  set(shape.routed, object.required("routed_experts"), read_count);
  set(shape.shared, object.optional("shared_experts"), read_maybe);
  set(shape.top_k, object.required("top_k"), read_count);
  set(shape.vocabulary, object.required("vocabulary"), read_count);
  set(shape.kv_bytes_per_element, object.optional("kv_bytes_per_element"), read_count);
}

}  // namespace

TransformerShape read_model(const std::string& text, const std::string& file) {
  Document document(text, file);
  ObjectReader object(document.root());
  check_schema(object, "model", 1);
  TransformerShape shape;
  set(shape.name, object.required("name"), read_string);
  object.optional("about");
  object.required("source");
  read_dimensions(shape, object);
  if (const auto value = object.required("attention")) read_attention(shape.attention, *value);
  if (const auto value = object.required("formats")) read_formats(shape, *value);
  object.finish();
  document.throw_if_any();
  try {
    models::check_shape(shape);
  } catch (const InputError& error) {
    for (const InputIssue& issue : error.issues()) document.complain(issue.pointer, issue.message);
  }
  document.throw_if_any();
  return shape;
}

TransformerShape find_model(const std::string& name, const std::filesystem::path& beside) {
  namespace fs = std::filesystem;
  if (is_file_name(name)) {
    const fs::path near = beside / name;
    const fs::path path = fs::exists(near) ? near : fs::path(name);
    return read_model(read_file(path), path.string());
  }
  const fs::path path = find_data(fs::path("profiles/models") / (name + ".json"));
  if (path.empty())
    throw InputError("unknown model \"" + name + "\"." +
                     did_you_mean(name, data_names("profiles/models")));
  return read_model(read_file(path), path.string());
}

}  // namespace twinlink::scenarios

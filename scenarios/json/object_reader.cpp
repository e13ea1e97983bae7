#include "scenarios/json/object_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/json/located_text.h"
#include "scenarios/scenario.h"

namespace twinlink::scenarios {
namespace {

using nlohmann::json;

std::string allowed_range(const IntegerRange& range) {
  if (range.max == IntegerRange{}.max) return "at least " + std::to_string(range.min);
  return std::to_string(range.min) + " to " + std::to_string(range.max);
}

std::string short_number(double number) {
  std::string text = json(number).dump();
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string allowed_range(const NumberRange& range) {
  if (range.max == NumberRange{}.max) return "at least " + short_number(range.min);
  return short_number(range.min) + " to " + short_number(range.max);
}

// Reads text with a unit by `parse`, which throws an InputError without a location.
template <class Parse>
auto read_quantity(const Value& value, const std::string& example, Parse parse)
    -> std::optional<decltype(parse(std::string()))> {
  if (!value.node->is_string()) {
    value.complain("expected text with a unit, as in " + quote(example) + "; found " +
                   describe(*value.node));
    return std::nullopt;
  }
  try {
    return parse(value.node->get<std::string>());
  } catch (const InputError& error) {
    value.complain(error.issues().front().message);
    return std::nullopt;
  }
}

bool is_too_large(const json& node) {
  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (node.is_number_unsigned()) return node.get<std::uint64_t>() > limit;
  return node.is_number_float() && std::abs(node.get<double>()) >= 9.2e18;
}

}  // namespace

ObjectReader::ObjectReader(Value object)
    : object_(std::move(object)), is_object_(object_.node->is_object()) {
  if (!is_object_) object_.complain("expected an object; found " + describe(*object_.node));
}

std::optional<Value> ObjectReader::optional(const std::string& name) {
  known_.push_back(name);
  if (!is_object_) return std::nullopt;
  const auto found = object_.node->find(name);
  if (found == object_.node->end()) return std::nullopt;
  return Value{object_.document, &*found, object_.pointer + "/" + pointer_step(name)};
}

std::optional<Value> ObjectReader::required(const std::string& name) {
  std::optional<Value> value = optional(name);
  if (!value && is_object_) object_.complain(quote(name) + " is missing");
  return value;
}

void ObjectReader::finish() {
  if (!is_object_) return;
  for (const auto& [key, unused] : object_.node->items()) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    std::string message = "unknown key " + describe(json(key));
    const std::string hint = did_you_mean(key, known_);
    message += hint.empty() ? "; allowed are " + join(known_) : "." + hint;
    object_.document->complain_at_key(object_.pointer + "/" + pointer_step(key), message);
  }
}

const std::string* text_of(const Value& value) { return value.node->get_ptr<const std::string*>(); }

std::optional<std::string> read_string(const Value& value) {
  if (value.node->is_string()) return value.node->get<std::string>();
  value.complain("expected text; found " + describe(*value.node));
  return std::nullopt;
}

std::optional<bool> read_bool(const Value& value) {
  if (value.node->is_boolean()) return value.node->get<bool>();
  value.complain("expected true or false; found " + describe(*value.node));
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const Value& value, const IntegerRange& range) {
  const json& node = *value.node;
  if (is_too_large(node)) {
    value.complain(describe(node) + " is too large; allowed is " + allowed_range(range));
    return std::nullopt;
  }
  if (!node.is_number_integer()) {
    value.complain("expected a whole number; found " + describe(node));
    return std::nullopt;
  }
  const auto number = node.get<std::int64_t>();
  if (number >= range.min && number <= range.max) return number;
  value.complain(describe(node) + " is out of range; allowed is " + allowed_range(range));
  return std::nullopt;
}

std::optional<double> read_number(const Value& value, const NumberRange& range) {
  if (!value.node->is_number()) {
    value.complain("expected a number; found " + describe(*value.node));
    return std::nullopt;
  }
  const auto number = value.node->get<double>();
  if (std::isfinite(number) && number >= range.min && number <= range.max) return number;
  value.complain(describe(*value.node) + " is out of range; allowed is " + allowed_range(range));
  return std::nullopt;
}

std::optional<Bytes> read_bytes(const Value& value) {
  return read_quantity(value, "64 MiB", parse_bytes);
}

std::optional<Bandwidth> read_bandwidth(const Value& value) {
  return read_quantity(value, "450 GB/s", parse_bandwidth);
}

std::optional<Duration> read_duration(const Value& value) {
  return read_quantity(value, "0.65 us", parse_duration);
}

std::optional<std::string> read_name(const Value& value, const std::string& what,
                                     const std::vector<std::string>& allowed) {
  const std::optional<std::string> name = read_string(value);
  if (!name || std::ranges::find(allowed, *name) != allowed.end()) return name;
  std::string message = describe(*value.node) + " is not a known " + what;
  const std::string hint = did_you_mean(*name, allowed);
  value.complain(message + (hint.empty() ? "; known are " + join(allowed) : "." + hint));
  return std::nullopt;
}

std::optional<Provenance> read_provenance(const Value& value) {
  constexpr std::array kAll{Provenance::measured, Provenance::fitted, Provenance::published,
                            Provenance::datasheet, Provenance::assumed};
  std::vector<std::string> names;
  for (const Provenance one : kAll) names.emplace_back(name_of(one));
  const std::optional<std::string> name = read_name(value, "provenance", names);
  for (const Provenance one : kAll)
    if (name && name_of(one) == *name) return one;
  return std::nullopt;
}

std::vector<Value> elements(const Value& value) {
  std::vector<Value> found;
  if (!value.node->is_array()) {
    value.complain("expected a list; found " + describe(*value.node));
    return found;
  }
  found.reserve(value.node->size());
  for (const json& element : *value.node)
    found.push_back({value.document, &element, value.pointer + "/" + std::to_string(found.size())});
  return found;
}

std::vector<Value> one_or_many(const Value& value) {
  if (!value.node->is_array()) return {value};
  if (value.node->empty()) value.complain("the list is empty");
  return elements(value);
}

void check_schema(ObjectReader& object, const std::string& kind, int version) {
  const std::string prefix = "twinlink." + kind + "/";
  const std::string wanted = prefix + std::to_string(version);
  object.optional("$schema");
  const std::optional<Value> value = object.optional("schema");
  Document& document = *object.value().document;
  document.throw_if_any();
  if (!value) {
    object.value().complain("\"schema\" is missing; expected \"schema\": " + quote(wanted));
    document.throw_if_any();
  }
  const std::optional<std::string> name = read_string(*value);
  document.throw_if_any();
  if (*name == wanted) return;
  int found = 0;
  const char* end = name->data() + name->size();
  const bool numbered = name->starts_with(prefix) &&
                        std::from_chars(name->data() + prefix.size(), end, found).ptr == end &&
                        found > version;
  value->complain(numbered ? describe(*value->node) + " needs a newer twinlink; this one reads " +
                                 quote(wanted)
                           : describe(*value->node) + " is not " + quote(wanted));
  document.throw_if_any();
}

}  // namespace twinlink::scenarios

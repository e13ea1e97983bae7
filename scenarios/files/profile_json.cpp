#include "scenarios/files/profile_json.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "scenarios/json/object_reader.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

using models::CalibrationProfile;
using models::Constant;
using models::ConstantTraits;

// A number in the constant's unit: text with a unit, or a bare number if it has none.
std::optional<double> read_in_unit(const Value& value, std::string_view unit) {
  if (unit.empty()) return read_number(value, {0, 1e18});
  if (!value.node->is_string()) {
    value.complain("expected text with a unit, as in \"1.5 " + std::string(unit) + "\"; found " +
                   describe(*value.node));
    return std::nullopt;
  }
  try {
    return parse_quantity(value.node->get<std::string>(), unit);
  } catch (const InputError& error) {
    value.complain(error.issues().front().message);
    return std::nullopt;
  }
}

Constant read_constant(const Value& value, const ConstantTraits& traits) {
  ObjectReader object(value);
  Constant constant;
  const auto in_unit = [&](const Value& v) { return read_in_unit(v, traits.unit); };
  set(constant.value, object.required("value"), in_unit);
  set(constant.spread, object.optional("spread"), in_unit);
  set(constant.provenance, object.required("provenance"), read_provenance);
  const auto source = object.required("source");
  set(constant.source, source, read_string);
  if (source && source->node->is_string() && constant.source.empty())
    source->complain("a constant needs a source in words");
  object.finish();
  return constant;
}

void read_constants(CalibrationProfile& profile, const Value& value) {
  ObjectReader object(value);
  std::vector<std::string> missing;
  for (const ConstantTraits& traits : models::constant_table()) {
    const std::string name(traits.name);
    const auto constant = object.optional(name);
    if (constant)
      profile.*traits.field = read_constant(*constant, traits);
    else if (traits.optional)
      profile.*traits.field = {0, 0, Provenance::assumed, "not known apart"};
    else
      missing.push_back(name);
  }
  object.finish();
  if (!missing.empty() && value.node->is_object())
    value.complain("constants are missing: " + join(missing));
}

void read_calibrated(CalibrationProfile& profile, const Value& value) {
  ObjectReader object(value);
  set(profile.calibrated_ranks, object.required("ranks"), [](const Value& v) {
    return read_integer(v, {0, 1'000'000});
  });
  set(profile.calibrated_bytes_min, object.required("bytes_min"), read_bytes);
  const auto max = object.required("bytes_max");
  set(profile.calibrated_bytes_max, max, read_bytes);
  object.finish();
  if (max && profile.calibrated_bytes_max < profile.calibrated_bytes_min)
    max->complain("\"bytes_max\" is below \"bytes_min\"");
}

// Shortest decimal that reads back as the same double, without an exponent.
std::string decimal(double value) {
  std::array<char, 400> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end.ptr};
}

std::string in_unit(double value, std::string_view unit) {
  if (unit.empty()) return decimal(value);
  return "\"" + decimal(value) + " " + std::string(unit) + "\"";
}

std::string constant_line(const CalibrationProfile& profile, const ConstantTraits& traits) {
  const Constant& constant = profile.*traits.field;
  return "    \"" + std::string(traits.name) +
         "\": {\"value\": " + in_unit(constant.value, traits.unit) +
         ", \"spread\": " + in_unit(constant.spread, traits.unit) + ", \"provenance\": \"" +
         std::string(name_of(constant.provenance)) +
         "\", \"source\": " + nlohmann::json(constant.source).dump() + "}";
}

}  // namespace

CalibrationProfile read_profile(const std::string& text, const std::string& file) {
  Document document(text, file);
  ObjectReader object(document.root());
  check_schema(object, "profile", 1);
  CalibrationProfile profile;
  set(profile.name, object.required("name"), read_string);
  set(profile.about, object.optional("about"), read_string);
  if (const auto value = object.optional("calibrated")) read_calibrated(profile, *value);
  if (const auto value = object.required("constants")) read_constants(profile, *value);
  object.finish();
  document.throw_if_any();
  return profile;
}

std::string write_profile(const CalibrationProfile& profile) {
  const auto text = [](const std::string& s) { return nlohmann::json(s).dump(); };
  std::string constants;
  for (const ConstantTraits& traits : models::constant_table())
    constants += (constants.empty() ? "" : ",\n") + constant_line(profile, traits);
  return "{\n  \"schema\": \"twinlink.profile/1\",\n  \"name\": " + text(profile.name) +
         ",\n  \"about\": " + text(profile.about) +
         ",\n  \"calibrated\": {\"ranks\": " + std::to_string(profile.calibrated_ranks) +
         ", \"bytes_min\": \"" + to_text(profile.calibrated_bytes_min) + "\", \"bytes_max\": \"" +
         to_text(profile.calibrated_bytes_max) + "\"},\n  \"constants\": {\n" + constants +
         "\n  }\n}\n";
}

}  // namespace twinlink::scenarios

#pragma once
// Field by field out of a JSON object: each reader returns the value or adds an issue that says
// what was found and what is allowed. Unknown keys are issues too (finish()).
//
// A reader returns nullopt after it has complained; callers then keep their default and go on, so
// that one pass finds every error.
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/plan/vocabulary.h"
#include "scenarios/json/document.h"
#include "topology/provenance.h"
#include "topology/units.h"

namespace twinlink::scenarios {

class ObjectReader {
 public:
  // Complains if the value is no object; all fields are then absent.
  explicit ObjectReader(Value object);
  std::optional<Value> optional(const std::string& name);
  // Complains if absent (not if the object itself is none).
  std::optional<Value> required(const std::string& name);
  [[nodiscard]] const Value& value() const { return object_; }
  // Complains about every key that nobody asked for.
  void finish();

 private:
  Value object_;
  bool is_object_;
  std::vector<std::string> known_;
};

struct IntegerRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct NumberRange {
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
};

std::optional<std::string> read_string(const Value& value);
std::optional<bool> read_bool(const Value& value);
std::optional<std::int64_t> read_integer(const Value& value, const IntegerRange& range);
std::optional<double> read_number(const Value& value, const NumberRange& range);
std::optional<Bytes> read_bytes(const Value& value);
std::optional<Bandwidth> read_bandwidth(const Value& value);
std::optional<Duration> read_duration(const Value& value);
std::optional<Provenance> read_provenance(const Value& value);
// One of `allowed`; `what` names the vocabulary: "operation".
std::optional<std::string> read_name(const Value& value, const std::string& what,
                                     const std::vector<std::string>& allowed);

// The text of a value, or null if it is none.
const std::string* text_of(const Value& value);

// The elements of a list; complains if it is none.
std::vector<Value> elements(const Value& value);
// The elements of a list that must not be empty, or the single value itself.
std::vector<Value> one_or_many(const Value& value);

// Checks "schema": "twinlink.<kind>/<version>" (and allows "$schema"). Throws at once if it is
// wrong: nothing else in such a file means what we think.
void check_schema(ObjectReader& object, const std::string& kind, int version);

template <class Enum>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const models::Word<Enum>& word : models::words(Enum{})) names.emplace_back(word.name);
  return names;
}

template <class Enum>
std::optional<Enum> read_word(const Value& value, const char* what) {
  if (const std::string* text = text_of(value))  // the usual case: no list of names is made
    if (const auto word = models::parse<Enum>(*text)) return word;
  const std::optional<std::string> name = read_name(value, what, names_of<Enum>());
  return name ? models::parse<Enum>(*name) : std::nullopt;
}

// target = read(*value) if there is a value and it is right.
template <class T, class Read>
void set(T& target, const std::optional<Value>& value, Read read) {
  if (!value) return;
  if (auto got = read(*value)) target = static_cast<T>(*std::move(got));
}

// Every right element of a list or a single value.
template <class T, class Read>
void set_many(std::vector<T>& target, const std::optional<Value>& value, Read read) {
  if (!value) return;
  for (const Value& element : one_or_many(*value))
    if (auto got = read(element)) target.push_back(static_cast<T>(*std::move(got)));
}

}  // namespace twinlink::scenarios

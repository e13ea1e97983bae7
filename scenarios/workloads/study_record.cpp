#include "scenarios/workloads/study_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using PlainJson = nlohmann::json;
using Value = decltype(Field::value);

Value value_of(const PlainJson& json) {
  if (json.is_string()) return json.get<std::string>();
  return json.get<double>();
}

StudyRecord::Row to_row(const PlainJson& json, const std::vector<std::string>& keys) {
  StudyRecord::Row row;
  for (const std::string& key : keys) row.keys.push_back({key, value_of(json.at(key))});
  for (const auto& [name, value] : json.items()) {
    const bool is_key = std::ranges::find(keys, name) != keys.end();
    if (!is_key && value.is_number()) row.figures.push_back({name, value.get<double>()});
  }
  return row;
}

StudyRecord to_record(const PlainJson& json) {
  StudyRecord record;
  record.name = json.at("name").get<std::string>();
  record.source = json.at("source").get<std::string>();
  record.kind = json.at("kind").get<std::string>();
  record.workload = json.at("workload").get<std::string>();
  record.machine = json.at("machine").get<std::string>();
  record.unmodelled = json.at("unmodelled").get<std::vector<std::string>>();
  const auto keys = json.at("keys").get<std::vector<std::string>>();
  for (const PlainJson& row : json.at("rows")) record.rows.push_back(to_row(row, keys));
  return record;
}

std::optional<Value> key_of(const Result& result, const std::string& name) {
  if (name == "variant") return result.variant;
  if (name == "algorithm") return result.algorithm;
  if (name == "ranks") return static_cast<double>(result.ranks);
  if (name == "bytes") return static_cast<double>(result.bytes.count);
  const auto found = std::ranges::find(result.keys, name, &Field::name);
  return found == result.keys.end() ? std::nullopt : std::optional(found->value);
}

bool belongs(const StudyRecord::Row& row, const Result& result) {
  return std::ranges::all_of(
      row.keys, [&](const Field& key) { return key_of(result, key.name) == key.value; });
}

Published to_published(const StudyRecord& record, const StudyRecord::Row& row) {
  Published out;
  out.kind = record.kind;
  out.unmodelled = record.unmodelled;
  out.record = record.name;
  for (const Field& figure : row.figures)
    out.fields.emplace_back(figure.name, std::get<double>(figure.value));
  return out;
}

// Another table of the same set-up: figures that the first does not have.
void add(Published& found, const Published& more) {
  const auto has = [&](const std::string& name) {
    return std::ranges::any_of(found.fields, [&](const auto& f) { return f.first == name; });
  };
  for (const auto& field : more.fields)
    if (!has(field.first)) found.fields.push_back(field);
  found.unmodelled.insert(found.unmodelled.end(), more.unmodelled.begin(), more.unmodelled.end());
  found.record += ", " + more.record;
}

}  // namespace

bool is_study_record(const std::string& text) {
  const PlainJson json = PlainJson::parse(text, nullptr, false);
  return json.is_object() && json.contains("workload");
}

StudyRecord read_study_record(const std::string& text, const std::string& file) {
  try {
    return to_record(PlainJson::parse(text));
  } catch (const PlainJson::exception& error) {
    throw InputError({InputIssue{"", error.what(), file}});
  }
}

std::vector<StudyRecord> study_records() {
  std::vector<StudyRecord> records;
  for (const std::string& name : data_names("profiles/published")) {
    const auto path = find_data("profiles/published/" + name + ".json");
    const std::string text = read_file(path);
    if (is_study_record(text)) records.push_back(read_study_record(text, path.string()));
  }
  return records;
}

std::optional<Published> find_published(const std::vector<StudyRecord>& records,
                                        const Result& result) {
  std::optional<Published> found;
  for (const StudyRecord& record : records) {
    if (record.workload != result.workload || record.machine != result.machine) continue;
    const auto row = std::ranges::find_if(
        record.rows, [&](const StudyRecord::Row& r) { return belongs(r, result); });
    if (row == record.rows.end()) continue;
    if (found)
      add(*found, to_published(record, *row));
    else
      found = to_published(record, *row);
  }
  return found;
}

}  // namespace twinlink::scenarios

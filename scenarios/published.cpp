#include "scenarios/published.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "scenarios/workloads/study_record.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using PlainJson = nlohmann::json;

void add_aliases(PublishedRecord& record, const PlainJson& table, bool nearest) {
  for (const auto& [ours, theirs] : table.items())
    record.aliases.push_back({ours, theirs.get<std::string>(), nearest});
}

PublishedRow to_row(const PlainJson& row, const PlainJson& machines) {
  return {machines.at(row.at(0).get<std::string>()).get<std::string>(),
          row.at(3).get<std::string>(), row.at(1).get<int>(), Bytes{row.at(2).get<std::int64_t>()},
          row.at(4).get<double>()};
}

PublishedRecord to_record(const PlainJson& object) {
  PublishedRecord record;
  record.name = object.at("name").get<std::string>();
  record.source = object.at("source").get<std::string>();
  record.kind = object.at("kind").get<std::string>();
  record.step_us = object.value("step_us", 0.0);
  record.operation = models::parse<models::Operation>(object.at("operation").get<std::string>())
                         .value_or(models::Operation::all_reduce);
  record.unmodelled = object.at("unmodelled").get<std::vector<std::string>>();
  add_aliases(record, object.at("names"), false);
  add_aliases(record, object.at("nearest"), true);
  for (const PlainJson& row : object.at("rows"))
    record.rows.push_back(to_row(row, object.at("machines")));
  return record;
}

const PublishedRow* find_row(const PublishedRecord& record, const Result& result,
                             const std::string& algorithm) {
  for (const PublishedRow& row : record.rows)
    if (row.machine == result.machine && row.ranks == result.ranks && row.bytes == result.bytes &&
        row.algorithm == algorithm)
      return &row;
  return nullptr;
}

Published to_published(const PublishedRecord& record, const Result& result,
                       const PublishedRow& row) {
  Published out;
  out.kind = record.kind;
  out.unmodelled = record.unmodelled;
  out.record = record.name + ": " + row.algorithm;
  out.fields.emplace_back("time_us", row.time_us);
  const PublishedRow* nccl = find_row(record, result, "pynccl");
  if (nccl != nullptr)
    out.fields.emplace_back("speedup_vs_nccl", std::round(nccl->time_us / row.time_us * 1e4) / 1e4);
  return out;
}

std::optional<Published> match(const PublishedRecord& record, const Result& result) {
  if (record.operation != result.operation) return std::nullopt;
  if (const PublishedRow* row = find_row(record, result, result.algorithm))
    return to_published(record, result, *row);
  for (const PublishedRecord::Alias& alias : record.aliases) {
    if (alias.ours != result.algorithm) continue;
    const PublishedRow* row = find_row(record, result, alias.theirs);
    if (row == nullptr) continue;
    Published out = to_published(record, result, *row);
    if (alias.nearest) out.record += " (the nearest kernel to " + alias.ours + ", not the same)";
    return out;
  }
  return std::nullopt;
}

}  // namespace

PublishedRecord read_published(const std::string& text, const std::string& file) {
  try {
    return to_record(PlainJson::parse(text));
  } catch (const PlainJson::exception& error) {
    throw InputError({InputIssue{"", error.what(), file}});
  }
}

std::vector<PublishedRecord> published_records() {
  std::vector<PublishedRecord> records;
  for (const std::string& name : data_names("profiles/published")) {
    const auto path = find_data("profiles/published/" + name + ".json");
    const std::string text = read_file(path);
    if (!is_study_record(text)) records.push_back(read_published(text, path.string()));
  }
  return records;
}

std::optional<Published> find_published(const std::vector<PublishedRecord>& records,
                                        const Result& result) {
  if (!result.variant.empty()) return std::nullopt;  // a degraded machine is another machine
  for (const PublishedRecord& record : records)
    if (std::optional<Published> found = match(record, result)) return found;
  return std::nullopt;
}

}  // namespace twinlink::scenarios

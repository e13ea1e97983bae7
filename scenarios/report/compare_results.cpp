#include "scenarios/report/compare_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace twinlink::scenarios {
namespace {

using Json = nlohmann::ordered_json;
using analysis::Change;

analysis::Timing timing(const Result& row) {
  return {*row.time_us, row.time_us_p10, row.time_us_p90};
}

bool comparable(const Result& row) { return row.time_us.value_or(0) > 0; }

ComparedRow compared_row(const Result& a, const Result& b, double threshold) {
  ComparedRow out{&a, &b, {}, a.correct.value_or(false) && !b.correct.value_or(true)};
  if (comparable(a) && comparable(b))
    out.times = analysis::compare(timing(a), timing(b), threshold);
  return out;
}

std::string label(const Result& row) {
  std::string text = fmt::format("{} {} ", row.machine, operation_name(row)) + row_name(row);
  if (row.executor != ExecutorKind::sim) text += fmt::format(" ({})", name_of(row.executor));
  return text;
}

Json row_json(const Result& row) {
  const Json whole = to_json(row);
  Json out;
  for (const char* name :
       {"scenario", "variant", "operation", "algorithm", "machine", "executor", "ranks", "bytes"})
    out[name] = whole.at(name);
  for (const Field& key : row.keys) out[key.name] = whole.at(key.name);
  return out;
}

Json list_json(const std::vector<const Result*>& rows) {
  Json out = Json::array();
  for (const Result* row : rows) out.push_back(row_json(*row));
  return out;
}

Json compared_json(const ComparedRow& row) {
  Json out = row_json(*row.a);
  out["time_us"] = {*row.a->time_us, *row.b->time_us};
  out["verdict"] = name_of(row.times.change);
  out["ratio"] = row.times.ratio;
  out["ratio_low"] = row.times.low;
  out["ratio_high"] = row.times.high;
  out["became_wrong"] = row.became_wrong;
  return out;
}

std::string line(const ComparedRow& row) {
  const analysis::Comparison& c = row.times;
  std::string text = fmt::format("{:8} {:>7.3f}", name_of(c.change), c.ratio);
  text += c.low < c.high ? fmt::format(" ({:.3f} to {:.3f})", c.low, c.high) : "";
  text += fmt::format("  {:.6g} -> {:.6g} us  {}", *row.a->time_us, *row.b->time_us, label(*row.a));
  return text + (row.became_wrong ? "  WAS RIGHT, IS WRONG\n" : "\n");
}

std::string summary(const ComparedResults& all, double threshold) {
  std::string text =
      fmt::format("{} rows: {} faster, {} slower, {} same (within {:.6g}%), {} unclear",
                  all.rows.size(), all.count(Change::faster), all.count(Change::slower),
                  all.count(Change::same), 100 * threshold, all.count(Change::unclear));
  if (!all.untimed.empty()) text += fmt::format("; {} without a time", all.untimed.size());
  if (!all.only_a.empty()) text += fmt::format("; {} only in the first", all.only_a.size());
  if (!all.only_b.empty()) text += fmt::format("; {} only in the second", all.only_b.size());
  if (all.became_wrong() > 0) text += fmt::format("; {} became wrong", all.became_wrong());
  return text + "\n";
}

}  // namespace

std::string match_key(const Result& row, bool with_executor) {
  // JSON quotes its parts, so that no two rows have one text by accident.
  Json parts{row.scenario, row.variant, operation_name(row), row.algorithm,
             row.machine,  row.ranks,   row.bytes.count};
  if (with_executor) parts.push_back(name_of(row.executor));
  for (const Field& key : row.keys) {
    parts.push_back(key.name);
    std::visit([&](const auto& value) { parts.push_back(value); }, key.value);
  }
  return parts.dump(-1, ' ', true, Json::error_handler_t::replace);
}

int ComparedResults::count(Change change) const {
  return static_cast<int>(std::ranges::count_if(
      rows, [change](const ComparedRow& row) { return row.times.change == change; }));
}

int ComparedResults::became_wrong() const {
  const auto wrong = [](const ComparedRow& row) { return row.became_wrong; };
  return static_cast<int>(std::ranges::count_if(rows, wrong) +
                          std::ranges::count_if(untimed, wrong));
}

ComparedResults compare_results(const std::vector<Result>& a, const std::vector<Result>& b,
                                double threshold) {
  ComparedResults out;
  std::multimap<std::string, const Result*> left;  // of b, equal keys in their order
  for (const Result& row : b) left.emplace(match_key(row, true), &row);
  for (const Result& row : a) {
    const auto found = left.lower_bound(match_key(row, true));
    if (found == left.end() || found->first != match_key(row, true)) {
      out.only_a.push_back(&row);
      continue;
    }
    const bool timed = comparable(row) && comparable(*found->second);
    (timed ? out.rows : out.untimed).push_back(compared_row(row, *found->second, threshold));
    left.erase(found);
  }
  for (const Result& row : b)
    if (std::ranges::any_of(left, [&](const auto& entry) { return entry.second == &row; }))
      out.only_b.push_back(&row);
  return out;
}

std::string comparison_text(const ComparedResults& compared, double threshold) {
  std::string text;
  for (const ComparedRow& row : compared.rows) text += line(row);
  for (const ComparedRow& row : compared.untimed)
    text += fmt::format("no time  {}{}\n", label(*row.a),
                        row.became_wrong ? "  WAS RIGHT, IS WRONG" : "");
  for (const Result* row : compared.only_a) text += "only in the first: " + label(*row) + "\n";
  for (const Result* row : compared.only_b) text += "only in the second: " + label(*row) + "\n";
  return text + summary(compared, threshold);
}

std::string comparison_json(const ComparedResults& compared, double threshold) {
  Json out;
  out["schema"] = "twinlink.comparison/1";
  out["threshold"] = threshold;
  for (const Change change : {Change::faster, Change::slower, Change::same, Change::unclear})
    out[std::string(analysis::name_of(change))] = compared.count(change);
  out["became_wrong"] = compared.became_wrong();
  out["rows"] = Json::array();
  for (const ComparedRow& row : compared.rows) out["rows"].push_back(compared_json(row));
  out["untimed"] = Json::array();
  for (const ComparedRow& row : compared.untimed) {
    out["untimed"].push_back(row_json(*row.a));
    out["untimed"].back()["became_wrong"] = row.became_wrong;
  }
  out["only_in_first"] = list_json(compared.only_a);
  out["only_in_second"] = list_json(compared.only_b);
  return out.dump(2) + "\n";
}

}  // namespace twinlink::scenarios

// The tables of a report.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analysis/error_summary.h"
#include "scenarios/report/report.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "";
}

// Plain digits where exponents would be hard to read beside other times.
std::string time(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", *value) : "";
}

std::string yes_no(const std::optional<bool>& correct) {
  return !correct ? "not checked" : *correct ? "yes" : "**no**";
}

std::string spread(const Result& row) {
  if (!row.time_us_p10 || !row.time_us_p90) return "";
  return fmt::format(" ({:.2f} to {:.2f})", *row.time_us_p10, *row.time_us_p90);
}

// Every figure that is claimed and published; rows without one have one line.
std::string lines_of(const Result& row) {
  const std::string name = row.workload.empty() ? fmt::format("{} | {} | {}", cell(row.algorithm),
                                                              row.ranks, to_text(row.bytes))
                                                : cell(row_name(row));
  const std::string variant = row.workload.empty() && !row.variant.empty() ? row.variant + " " : "";
  const std::string begin = fmt::format("| {}{} | {} | ", cell(variant), name, yes_no(row.correct));
  std::string out;
  bool timed = false;
  for (const auto& [field, error] : published_errors(row)) {
    const auto& fields = row.published->fields;
    const auto theirs = std::ranges::find(fields, field, &std::pair<std::string, double>::first);
    out += begin + fmt::format("{} | {} | {} | {:+.1f}% |\n", field, number(figure(row, field)),
                               number(theirs->second), error);
    timed = timed || field == "time_us";
  }
  const std::string own = fmt::format("time_us | {}{} | | |\n", time(row.time_us), spread(row));
  return (timed ? "" : begin + own) + out;
}

std::string header(const Result& row) {
  return row.workload.empty()
             ? "| algorithm | ranks | size | correct | figure | predicted | published | error |\n"
               "| --- | ---: | ---: | --- | --- | ---: | ---: | ---: |\n"
             : "| row | correct | figure | predicted | published | error |\n"
               "| --- | --- | --- | ---: | ---: | ---: |\n";
}

}  // namespace

std::string cell(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r' || c == '|'; }, ' ');
  return text;
}

std::string error_section(const std::vector<Pair>& pairs) {
  if (pairs.empty()) return "";
  std::map<std::string, std::vector<double>> errors;
  for (const Pair& pair : pairs)
    errors[fmt::format("{} | {} | {}", pair.row->scenario, pair.row->machine, pair.figure)]
        .push_back(pair.error);
  std::string out =
      "## Errors\n\nOf absolute errors in per cent; bias is the mean error, positive where the "
      "prediction is larger.\n\n| scenario | machine | figure | n | median | p90 | max | bias |\n"
      "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (const auto& [key, of_key] : errors) {
    const analysis::ErrorSummary s = analysis::summarise_errors(of_key);
    out += fmt::format("| {} | {} | {:.1f} | {:.1f} | {:.1f} | {:+.1f} |\n", key, s.n, s.median,
                       s.p90, s.max, s.bias);
  }
  return out + "\n";
}

std::string table_section(const std::vector<Result>& rows) {
  std::map<std::string, std::string> tables;
  for (const Result& row : rows) {
    const std::string real =
        row.executor == ExecutorKind::sim ? "" : fmt::format(" ({})", name_of(row.executor));
    std::string& table =
        tables[fmt::format("{}: {} on {}{}", row.scenario, operation_name(row), row.machine, real)];
    if (table.empty()) table = header(row);
    table += lines_of(row);
  }
  std::string out;
  for (const auto& [title, table] : tables) out += "## " + title + "\n\n" + table + "\n";
  return out;
}

std::string verdict_section(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return "";
  std::string out =
      "## Validation\n\n| suite | split | model | n | median | p90 | max | bias |\n"
      "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (const Verdict& v : verdicts)
    out +=
        fmt::format("| {} | {} | {} | {} | {:.1f} | {:.1f} | {:.1f} | {:+.1f} |\n", cell(v.suite),
                    cell(v.split), cell(v.model), v.accuracy.n, v.accuracy.median_ape,
                    v.accuracy.p90_ape, v.accuracy.max_ape, v.accuracy.bias);
  return out + "\n";
}

}  // namespace twinlink::scenarios

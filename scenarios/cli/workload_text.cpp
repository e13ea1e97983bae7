#include "scenarios/cli/workload_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "scenarios/cli/layout.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios::cli {
namespace {

// Four significant digits, never an exponent below a million.
std::string number(double value) {
  if (value == 0 || std::abs(value) >= 1e6) return fmt::format("{:.4g}", value);
  const int digits = 3 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::clamp(digits, 0, 4));
}

std::string key_text(const std::variant<double, std::string>& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return fmt::format("{}", std::get<double>(value));
}

struct Column {
  std::string head;
  std::vector<std::string> cells;  // two lines per row: ours, published
  std::size_t width = 0;
};

void measure(Column& column) {
  column.width = column.head.size();
  for (const std::string& cell : column.cells) column.width = std::max(column.width, cell.size());
}

// Names of fields in the order in which rows first have them.
std::vector<std::string> names(const std::vector<Result>& rows, std::vector<Field> Result::*list) {
  std::vector<std::string> out;
  for (const Result& row : rows)
    for (const Field& field : row.*list)
      if (std::ranges::find(out, field.name) == out.end()) out.push_back(field.name);
  return out;
}

std::string cell_of(const std::vector<Field>& fields, const std::string& name) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  if (found == fields.end()) return "-";
  const double* value = std::get_if<double>(&found->value);
  return value != nullptr ? number(*value) : key_text(found->value);
}

Column key_column(const std::vector<Result>& rows, const std::string& head,
                  const std::function<std::string(const Result&)>& text) {
  Column column{head, {}};
  for (const Result& row : rows) {
    column.cells.push_back(text(row));
    column.cells.emplace_back();
  }
  measure(column);
  return column;
}

std::vector<Column> key_columns(const std::vector<Result>& rows) {
  std::vector<Column> columns;
  const auto add = [&](const std::string& head, auto text) {
    const bool any = std::ranges::any_of(rows, [&](const Result& r) { return !text(r).empty(); });
    if (any) columns.push_back(key_column(rows, head, text));
  };
  const auto other = [&](const Result& r) { return r.machine != rows.front().machine; };
  if (std::ranges::any_of(rows, other)) add("machine", [](const Result& r) { return r.machine; });
  add("variant", [](const Result& r) { return r.variant; });
  add("algorithm", [](const Result& r) { return r.algorithm; });
  add("ranks", [](const Result& r) { return r.ranks > 0 ? std::to_string(r.ranks) : ""; });
  add("bytes", [](const Result& r) { return r.bytes.count > 0 ? to_text(r.bytes) : ""; });
  for (const std::string& name : names(rows, &Result::keys))
    add(name, [&](const Result& r) {
      const auto found = std::ranges::find(r.keys, name, &Field::name);
      return found == r.keys.end() ? std::string() : key_text(found->value);
    });
  return columns;
}

std::string published_text(const Result& row, const std::string& name) {
  if (!row.published) return "";
  const auto& fields = row.published->fields;
  const auto found = std::ranges::find(fields, name, &std::pair<std::string, double>::first);
  if (found == fields.end()) return "";
  const auto errors = published_errors(row);
  const auto error = std::ranges::find(errors, name, &std::pair<std::string, double>::first);
  const std::string theirs = number(found->second);
  return error == errors.end() ? theirs : fmt::format("{} {:+.1f}%", theirs, error->second);
}

Column figure_column(const std::vector<Result>& rows, const std::string& name) {
  Column column{name, {}};
  for (const Result& row : rows) {
    const auto ours = name == "time_us" ? figure(row, name) : std::nullopt;
    column.cells.push_back(ours ? number(*ours) : cell_of(row.figures, name));
    column.cells.push_back(published_text(row, name));
  }
  measure(column);
  return column;
}

Column correct_column(const std::vector<Result>& rows) {
  Column column{"correct", {}};
  for (const Result& row : rows) {
    column.cells.emplace_back(!row.correct ? "-" : *row.correct ? "yes" : "NO");
    column.cells.emplace_back();
  }
  measure(column);
  return column;
}

std::vector<Column> figure_columns(const std::vector<Result>& rows) {
  std::vector<Column> columns;
  if (std::ranges::any_of(rows, [](const Result& r) { return r.time_us.has_value(); }))
    columns.push_back(figure_column(rows, "time_us"));
  for (const std::string& name : names(rows, &Result::figures))
    columns.push_back(figure_column(rows, name));
  if (std::ranges::any_of(rows, [](const Result& r) { return r.correct.has_value(); }))
    columns.push_back(correct_column(rows));
  return columns;
}

std::size_t width_of(const std::vector<Column>& columns) {
  std::size_t width = 0;
  for (const Column& column : columns) width += column.width + 1;
  return width;
}

std::string padded(const std::string& cell, std::size_t width, bool left) {
  return left ? fmt::format("{:<{}} ", cell, width) : fmt::format("{:>{}} ", cell, width);
}

std::string without_trail(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string table(const std::vector<Column>& keys, const std::vector<Column>& figures) {
  const std::size_t lines = keys.empty() ? figures.front().cells.size() : keys[0].cells.size();
  std::string head;
  for (const Column& column : keys) head += padded(column.head, column.width, true);
  for (const Column& column : figures) head += padded(column.head, column.width, false);
  std::string out = without_trail(head);
  for (std::size_t i = 0; i < lines; ++i) {
    std::string line;
    for (const Column& column : keys) line += padded(column.cells[i], column.width, true);
    for (const Column& column : figures) line += padded(column.cells[i], column.width, false);
    // A row that was not published has no second line.
    if (i % 2 == 0 || line.find_first_not_of(' ') != std::string::npos) out += without_trail(line);
  }
  return out;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// Keys that are the same in all of several rows, taken out of the columns: "ranks 4, isl 8192".
std::string take_common(std::vector<Column>& columns, std::size_t rows) {
  if (rows < 2) return "";
  std::string common;
  std::erase_if(columns, [&](const Column& column) {
    for (std::size_t i = 2; i < column.cells.size(); i += 2)
      if (column.cells[i] != column.cells[0]) return false;
    common += fmt::format("{}{} {}", common.empty() ? "" : ", ", column.head, column.cells[0]);
    return true;
  });
  return common;
}

}  // namespace

std::string workload_tables(const std::vector<Result>& results) {
  if (results.empty()) return "";
  std::vector<Column> keys = key_columns(results);
  const std::string common = take_common(keys, results.size());
  const std::size_t left = width_of(keys);
  std::vector<Column> part;
  std::string out = common.empty() ? "" : wrapped("All rows: " + common + ".") + "\n";
  for (Column& column : figure_columns(results)) {
    if (!part.empty() && left + width_of(part) + column.width > kColumns) {
      out += table(keys, part) + "\n";
      part.clear();
    }
    part.push_back(std::move(column));
  }
  return out + table(keys, part);
}

std::vector<std::string> workload_answer(const std::vector<Result>& results) {
  std::map<std::string, std::vector<double>> errors;
  for (const Result& result : results)
    for (const auto& [name, error] : published_errors(result))
      errors[name].push_back(std::abs(error));
  std::vector<std::string> out;
  for (const auto& [name, all] : errors)
    out.push_back(fmt::format("{}: {} published figure{}, error median {:.1f} %, largest {:.1f} %.",
                              name, all.size(), all.size() == 1 ? "" : "s", median(all),
                              *std::ranges::max_element(all)));
  return out;
}

}  // namespace twinlink::scenarios::cli

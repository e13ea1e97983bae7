#include "scenarios/report/stored_results.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "scenarios/json/object_reader.h"
#include "scenarios/report/stored_row.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using nlohmann::json;

Verdict read_verdict(const Value& value) {
  ObjectReader object(value);
  Verdict out;
  set(out.suite, object.required("suite"), read_string);
  set(out.split, object.required("split"), read_string);
  set(out.model, object.required("model"), read_string);
  const auto count = [](const Value& v) {
    return read_integer(v, {0, std::numeric_limits<int>::max()});
  };
  const auto number = [](const Value& v) { return read_number(v, {}); };
  analysis::Accuracy& a = out.accuracy;
  set(a.n, object.required("n"), count);
  set(a.median_ape, object.required("median_ape"), number);
  set(a.p90_ape, object.required("p90_ape"), number);
  set(a.max_ape, object.required("max_ape"), number);
  set(a.bias, object.required("bias"), number);
  return out;
}

// Row `order`: the same object with its keys in the order of the file.
void add_object(const Value& value, const nlohmann::ordered_json& order, StoredResults& out) {
  if (value.node->is_object() && value.node->contains("suite"))
    out.verdicts.push_back(read_verdict(value));
  else
    out.rows.push_back(read_stored_row(value, order));
}

void read_one(const std::string& text, const std::string& file, StoredResults& out) {
  Document document(text, file);
  const auto order = nlohmann::ordered_json::parse(text, nullptr, true, true);
  const Value root = document.root();
  if (!root.node->is_object() || !root.node->contains("results")) {
    add_object(root, order, out);
  } else {
    ObjectReader object(root);
    const std::vector<Value> rows = elements(*object.required("results"));
    if (rows.empty() && !document.has_issues()) root.complain("there is no result in it");
    for (std::size_t i = 0; i < rows.size(); ++i)
      add_object(rows[i], order.at("results").at(i), out);
  }
  document.throw_if_any();
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// The lines of the text; more than one of them with an object of its own: one object per line.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool is_object_per_line(const std::vector<std::string>& lines) {
  const auto used = std::ranges::count_if(lines, [](const auto& line) { return !is_blank(line); });
  const auto first = std::ranges::find_if(lines, [](const auto& line) { return !is_blank(line); });
  return used > 1 && first->front() == '{' && json::accept(*first);
}

void read_lines(const std::vector<std::string>& lines, const std::string& file,
                StoredResults& out) {
  std::vector<InputIssue> issues;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_blank(lines[i])) continue;
    try {
      read_one(lines[i], file, out);
    } catch (const InputError& error) {
      for (InputIssue issue : error.issues()) {
        issue.line += static_cast<int>(i);
        issues.push_back(std::move(issue));
      }
    }
  }
  if (!issues.empty()) throw InputError(std::move(issues));
}

}  // namespace

StoredResults read_stored_results(const std::string& text, const std::string& file) {
  StoredResults out;
  out.file = file;
  const std::vector<std::string> lines = lines_of(text);
  if (is_object_per_line(lines))
    read_lines(lines, file, out);
  else
    read_one(text, file, out);
  return out;
}

}  // namespace twinlink::scenarios

#include "scenarios/json/document.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/json/located_text.h"

namespace twinlink::scenarios {
namespace {

using nlohmann::json;

// The value at `pointer`, made of objects that did not exist; null if a step cannot be taken.
json* reach(json& tree, const std::string& pointer) {
  json* node = &tree;
  for (std::size_t at = 0; at < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    const std::string step = json::json_pointer(pointer.substr(at, end - at)).back();
    at = end;
    if (node->is_null()) *node = json::object();
    if (node->is_array()) {
      const bool number = !step.empty() && step.size() < 9 &&
                          std::ranges::all_of(step, [](char c) { return c >= '0' && c <= '9'; });
      if (!number || std::stoul(step) >= node->size()) return nullptr;
      node = &(*node)[std::stoul(step)];
    } else if (node->is_object()) {
      node = &(*node)[step];
    } else {
      return nullptr;
    }
  }
  return node;
}

bool is_below(const std::string& pointer, const std::string& ancestor) {
  return pointer.starts_with(ancestor) &&
         (pointer.size() == ancestor.size() || pointer[ancestor.size()] == '/');
}

bool stands_before(const InputIssue& a, const InputIssue& b) {
  return std::pair(a.line, a.column) < std::pair(b.line, b.column);
}

}  // namespace

void Value::complain(std::string message) const { document->complain(pointer, std::move(message)); }

Document::Document(std::string text, std::string file, const ParseLimits& limits)
    : text_(std::move(text)),
      file_(std::move(file)),
      limits_(limits),
      tree_(std::make_unique<json>(parse_json(text_, file_, limits))) {}

Document::~Document() = default;

Value Document::root() { return {this, tree_.get(), {}}; }

void Document::override_field(const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (!assignment.starts_with('/') || equals == std::string::npos)
    throw UsageError("--set " + assignment + ": expected /pointer=value, as in /ranks=[4,8]");
  const std::string pointer = assignment.substr(0, equals);
  const std::string text = assignment.substr(equals + 1);
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  overrides_[pointer] = "--set " + assignment;
  json* target = nullptr;
  try {
    target = reach(*tree_, pointer);
  } catch (const json::exception&) {
    throw UsageError("--set " + assignment + ": not a JSON pointer (~0 is ~, ~1 is /)");
  }
  if (target == nullptr)
    complain(pointer, "there is no such field to set");
  else
    *target = std::move(value);
}

void Document::complain(std::string pointer, std::string message) {
  issues_.push_back({std::move(pointer), std::move(message), file_, 0, 0});
  if (issues_.size() >= kMaxIssues) {
    issues_.push_back({{}, "too many errors; the rest is not shown", {}, 0, 0});
    throw_if_any();
  }
}

void Document::complain_at_key(std::string pointer, std::string message) {
  at_key_.insert(issues_.size());
  complain(std::move(pointer), std::move(message));
}

void Document::locate_issues() {
  std::set<std::string> wanted;
  for (const InputIssue& issue : issues_)
    for (std::string p = issue.pointer;; p = parent_pointer(p)) {
      wanted.insert(p);
      if (p.empty()) break;
    }
  const std::map<std::string, Place> places = locate(text_, wanted);
  for (std::size_t i = 0; i < issues_.size(); ++i) {
    InputIssue& issue = issues_[i];
    std::string nearest = issue.pointer;
    while (!nearest.empty() && !places.contains(nearest)) nearest = parent_pointer(nearest);
    const Place& place = places.at(nearest);
    const Position at = at_key_.contains(i) && nearest == issue.pointer ? place.key : place.value;
    issue.line = at.line;
    issue.column = at.column;
    for (const auto& [pointer, given] : overrides_)
      if (is_below(issue.pointer, pointer)) issue.file = given, issue.line = issue.column = 0;
  }
}

void Document::throw_if_any() {
  if (issues_.empty()) return;
  locate_issues();
  std::ranges::stable_sort(issues_, stands_before);
  throw InputError(std::move(issues_));
}

void Document::for_each_row(const std::function<void(const Value&)>& row) {
  parse_rows(text_, file_, limits_, [&](const json& element, std::size_t index) {
    row({this, &element, "/" + limits_.rows + "/" + std::to_string(index)});
  });
}

std::string quote(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string describe(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_null()) return "null";
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

}  // namespace twinlink::scenarios

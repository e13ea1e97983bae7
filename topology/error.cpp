#include "topology/error.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace twinlink {
namespace {

std::string join(const std::vector<InputIssue>& issues) {
  std::string text;
  for (const InputIssue& issue : issues) text += (text.empty() ? "" : "\n") + to_text(issue);
  return text;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({substituted, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

std::string to_text(const InputIssue& issue) {
  std::string text;
  if (!issue.file.empty()) {
    text += issue.file + ":";
    if (issue.line > 0) text += std::to_string(issue.line) + ":";
    if (issue.line > 0 && issue.column > 0) text += std::to_string(issue.column) + ":";
    text += " ";
  }
  if (!issue.pointer.empty()) text += issue.pointer + ": ";
  return text + issue.message;
}

InputError::InputError(std::vector<InputIssue> issues)
    : std::runtime_error(join(issues)), issues_(std::move(issues)) {}

InputError::InputError(std::string message, std::string pointer)
    : InputError(std::vector<InputIssue>{{std::move(pointer), std::move(message), {}, 0, 0}}) {}

void fail_ensure(const char* condition, const char* file, int line, const std::string& message) {
  throw InternalError(std::string(file) + ":" + std::to_string(line) +
                      ": broken promise: " + message + " (" + condition + ")");
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = name.size() / 3 + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : " Did you mean \"" + nearest + "\"?";
}

}  // namespace twinlink

#pragma once
// A JSON file that is being read: its tree, the issues found so far, and where they stand.
//
// Readers add issues by JSON pointer and go on; throw_if_any() at the end throws one InputError
// with all of them, in the order of the file, each with line and column (of the value, or of the
// key for unknown keys; of the nearest enclosing value if the pointer itself does not exist).
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "scenarios/json/parse.h"
#include "topology/error.h"

namespace twinlink::scenarios {

class Document;

// A value and where it stands. Valid as long as its Document.
struct Value {
  Document* document = nullptr;
  const nlohmann::json* node = nullptr;
  std::string pointer;
  void complain(std::string message) const;
};

class Document {
 public:
  // Throws InputError if the text is no JSON. `file` is named in messages; may be empty.
  Document(std::string text, std::string file, const ParseLimits& limits = {});
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  [[nodiscard]] Value root();
  [[nodiscard]] const nlohmann::json& tree() const { return *tree_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  // Changes a field before anything is read ("/pointer=value"); its issues then name the override
  // instead of a place in the file. Throws UsageError if it is not of that form.
  void override_field(const std::string& assignment);

  void complain(std::string pointer, std::string message);
  void complain_at_key(std::string pointer, std::string message);
  [[nodiscard]] bool has_issues() const { return !issues_.empty(); }
  void throw_if_any();
  // Every element of the top-level list named by ParseLimits::rows, in order.
  void for_each_row(const std::function<void(const Value&)>& row);

 private:
  void locate_issues();
  std::string text_, file_;
  ParseLimits limits_;
  std::unique_ptr<nlohmann::json> tree_;
  std::vector<InputIssue> issues_;
  std::set<std::size_t> at_key_;                  // indices of issues_ that stand at a key
  std::map<std::string, std::string> overrides_;  // pointer -> as given
};

// "\"name\"", and of a list: "a, b, c".
std::string quote(std::string_view text);
std::string join(const std::vector<std::string>& names);
// The value as short text, for "found ...".
std::string describe(const nlohmann::json& value);

}  // namespace twinlink::scenarios
